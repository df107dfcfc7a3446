"""Every sentence the terminal itself says. Pure."""

from __future__ import annotations

COMMANDS = {
    "/new": "begin a new conversation",
    "/tickets": "your requests and how they stand",
    "/open T-1042": "go to where this ticket is talked about",
    "/back": "go back to where you were before",
    "/edit TEXT": "change your last message",
    "/delete": "take your last message back",
    "/help": "this list",
    "/quit": "leave; the conversation is kept",
}
FOR_TECHNICIANS = {
    "/queue": "all open tickets, what is due first",
    "/channel ID": "watch a queue's channel; without an id, list them",
}


def greeting(name: str, *, technician: bool) -> str:
    more = ", /queue and /channel are your technician's tools" if technician else ""
    return f"You are {name}. Write what is wrong or what you need. /help lists the rest{more}, /quit leaves."


def help_lines(*, technician: bool) -> list[tuple[str, str]]:
    return [
        ("1, 2, …", "press the button with this number"),
        *COMMANDS.items(),
        *(FOR_TECHNICIANS.items() if technician else ()),
    ]


def earlier() -> str:
    return "Said before:"


def new_conversation() -> str:
    return "A new conversation. What is it about?"


def elsewhere() -> str:
    return "In another conversation of yours (/back goes there):"


def in_channel(name: str) -> str:
    return f"Channel of {name}. /open T-1042 goes to a ticket, /back leaves."


def empty_channel() -> str:
    return "No tickets here yet. New ones appear by themselves."


def channels(listed: str) -> str:
    return f"Channels in the terminal: {listed}"


def no_channels() -> str:
    return 'None of your queues has its channel in the terminal; the policy would say channel = "console:channel/…".'


def unknown_channel(channel: str) -> str:
    return f"You have no channel {channel} in the terminal. /channel lists those you have."


def empty_queue() -> str:
    return "No open tickets."


def took_back(author: str) -> str:
    return f"{author} took a message back."


def changed() -> str:
    return "changed"


def no_button(number: int) -> str:
    return f"There is no button {number} here. To send it as a message, write it with a word."


def nothing_to_change() -> str:
    return "There is no message of yours here to change."


def edited() -> str:
    return "Changed."


def deleted() -> str:
    return "Taken back."


def what_text() -> str:
    return "Write the new text after it: /edit my new text"


def which_ticket() -> str:
    return "Write which one: /open T-1042"


def here_already() -> str:
    return "You are there already."


def nowhere_to_go() -> str:
    return "There is nowhere to go back to."


def unknown_command(command: str) -> str:
    return f"There is no command {command}; /help lists them. To send it as a message, put a space before it."


def too_long() -> str:
    return "This is too long to send in one piece: 1 MiB is the most."


def stored_later() -> str:
    return "The desk cannot store anything just now. Nothing is lost: it is sent again by itself."


def not_taken() -> str:
    return "The desk still cannot store anything, so this was not sent. Please try again later."


def connection_lost() -> str:
    return "The desk has gone away. Waiting for it to come back…"


def connected_again() -> str:
    return "It is back."


def desk_gone() -> str:
    return (
        "The desk has stopped. What was answered is kept; run `firstline chat` again to go on, and write again what "
        "was not answered."
    )


def other_version() -> str:
    return "The desk is of another version than this terminal. Restart the one that is older."


# ------------------------------------------------------------------------------------------------------- forms


def form_begins(title: str) -> str:
    return f"{title} (/cancel leaves it)"


MOMENT = "YYYY-MM-DD HH:MM"


def in_a_form() -> str:
    return "You are filling in a form: finish it, or leave it with /cancel. To answer with this, put a space before it."


def cancelled() -> str:
    return "Left as it was."


def needed() -> str:
    return "This is needed; /cancel leaves the form."


def not_a_choice(most: int) -> str:
    return f"Write a number from 1 to {most}."


def field_too_long(most: int) -> str:
    return f"At most {most} characters, please."


def optional() -> str:
    return "may stay empty"
