"""The sentences that only Slack's people read. Plain text."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import LARGEST_FILE, MOST_FILES


def writes(author: str) -> str:
    return f"{author} writes:"


def empty() -> str:
    return "(nothing to show)"


def close() -> str:
    return "Close"


def no_choice() -> str:
    return "there is nobody and nothing to choose from at the moment."


def one_of(names: Sequence[str]) -> str:
    return f"One of {', '.join(names)}."


def file_of(author: str, name: str) -> str:
    return f"{author} sent {name}"


def looking() -> str:
    return "is looking…"


def prompts_title() -> str:
    return "What can I do for you?"


def prompts() -> Sequence[tuple[str, str]]:
    """What can be asked with one press: its label and the message."""
    return (
        ("I cannot sign in", "I cannot sign in to my computer"),
        ("I need equipment", "I need a second monitor"),
        ("How are my tickets?", "my tickets"),
        ("Talk to a person", "talk to a person"),
    )


def events_held_back() -> str:
    return (
        "Slack is passing on only part of what is written to me at the moment. If you have no answer within a few "
        "minutes, please write again in a quarter of an hour; if it is urgent, call the IT department."
    )


def events_held_back_for_staff() -> str:
    return (
        "Slack holds back part of what is written to the desk: more than 30,000 events came within an hour. Requests may "
        "be late or missing; the help channels have been told. Whoever runs the desk should look for a channel or an "
        "app that floods it."
    )


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


def cannot_read_it() -> str:
    return "I cannot read that message. Use “Create ticket from this message” in its menu, or write to me directly."


# ------------------------------------------------------------------------------------------------------- the home tab


def home_title() -> str:
    return "IT help desk"


def how_to_ask() -> str:
    return (
        "Write under *Messages*, in your own words, what does not work or what you need. If I know the answer you have "
        "it at once; if not, a person takes it and you are told when you will hear. “Talk to a person” works at any "
        f"moment. Screenshots and other files of up to {LARGEST_FILE // 1024 // 1024} MB, {MOST_FILES} at a time, come "
        "along; never send a password."
    )


def new_request() -> str:
    return "New request"


def outages_title() -> str:
    return "Not working for many at the moment"


def tickets_title() -> str:
    return "Your tickets"


def no_tickets() -> str:
    return "You have none. What you ask for shows up here."


def more_tickets(count: int) -> str:
    return f"and {count} more"


def open_conversation() -> str:
    return "Open"


def staff_title() -> str:
    return "For technicians"


def staff_commands() -> str:
    return (
        "`/it queue` shows what waits in your queues, `/it mine` what you have, `/it oncall` who answers now."
    )


# ------------------------------------------------------------------------------------------------------ installing


def install_began_elsewhere() -> str:
    return "This did not begin in this browser, or took more than ten minutes. Please begin again at /slack/install."


def install_declined() -> str:
    return "Nothing was connected: Slack says that it was not allowed. You can begin again at /slack/install."


def install_refused(reason: str) -> str:
    return f"Slack did not connect the workspace ({reason}). Please begin again at /slack/install."


def install_of_nobody(name: str, workspace: str) -> str:
    return (
        f"{name} belongs to no organisation of this desk, so it was not connected. Whoever runs the desk adds "
        f'"{workspace}" to workspaces in the policy; then begin again at /slack/install.'
    )


def installed(name: str) -> str:
    return f"{name} is connected. Write to Firstline in Slack, and invite it into the channels that the policy names."
