"""The sentences that only Slack's people read. Plain text."""

from __future__ import annotations


def writes(author: str) -> str:
    return f"{author} writes:"


def empty() -> str:
    return "(nothing to show)"


def close() -> str:
    return "Close"


def no_choice() -> str:
    return "there is nobody and nothing to choose from at the moment."


def sent_again() -> str:
    return "Sent again: Slack did not confirm the first time, so you may see this twice."


def form_too_late() -> str:
    return "Slack was too slow to open the form. Press the button again."


def open_form() -> str:
    return "Open the form"


def desk_away() -> str:
    return "The desk cannot store anything just now, so nothing was changed. Please try again in a minute."


def not_your_message() -> str:
    return "Only its author or a technician can make a ticket of a message. Write to me directly for one of your own."
