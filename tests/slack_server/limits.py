"""What Slack refuses in blocks and views. Each finding is a sentence, as in `response_metadata.messages`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

PLAIN, MRKDWN = "plain_text", "mrkdwn"


def blocks(found: Any, most: int = 50, surface: str = "message") -> list[str]:
    if not isinstance(found, list):
        return ["blocks: must be a list"]
    problems = [f"blocks: {len(found)} are more than {most}"] if len(found) > most else []
    ids = [block.get("block_id") for block in found if block.get("block_id")]
    if len(ids) != len(set(ids)):
        problems.append("blocks: block_id is used twice")
    for position, block in enumerate(found):
        problems += [f"/blocks/{position}: {problem}" for problem in _block(block, surface)]
    return problems


def view(found: Any) -> list[str]:
    if not isinstance(found, dict) or found.get("type") not in ("modal", "home"):
        return ["view: type"]
    kind = found["type"]
    allowed = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
    allowed |= {"title", "submit", "close", "clear_on_close", "notify_on_close"} if kind == "modal" else set()
    problems = [f"view: unknown field {name}" for name in found.keys() - allowed]
    if kind == "modal":
        for part in ("title", "submit", "close"):
            if part == "title" or part in found:
                problems += _text(found.get(part), 24, (PLAIN,), part)
        needs_submit = any(block.get("type") == "input" for block in found.get("blocks", ()))
        if needs_submit and "submit" not in found:
            problems.append("view: submit is needed with input blocks")
    if len(found.get("private_metadata", "")) > 3000:
        problems.append("view: private_metadata")
    if len(found.get("callback_id", "")) > 255:
        problems.append("view: callback_id")
    return problems + blocks(found.get("blocks"), 100, kind)


def _block(block: Json, surface: str) -> Iterator[str]:
    if len(block.get("block_id", "")) > 255:
        yield "block_id too long"
    match block.get("type"):
        case "header":
            yield from _text(block.get("text"), 150, (PLAIN,), "header")
        case "section":
            if "text" not in block and "fields" not in block:
                yield "section: text or fields"
            if "text" in block:
                yield from _text(block["text"], 3000, (PLAIN, MRKDWN), "section")
            fields = block.get("fields", [{"type": PLAIN, "text": "-"}])
            if not 1 <= len(fields) <= 10:
                yield "section: 1 to 10 fields"
            for field in fields:
                yield from _text(field, 2000, (PLAIN, MRKDWN), "field")
            if "accessory" in block:
                yield from _element(block["accessory"])
        case "context":
            if not 1 <= len(block.get("elements", ())) <= 10:
                yield "context: 1 to 10 elements"
            for element in block.get("elements", ()):
                yield from _text(element, 3000, (PLAIN, MRKDWN), "context")
        case "actions":
            elements = block.get("elements", ())
            if not 1 <= len(elements) <= 25:
                yield "actions: 1 to 25 elements"
            ids = [element.get("action_id") for element in elements]
            if len(ids) != len(set(ids)):
                yield "actions: action_id is used twice"
            for element in elements:
                yield from _element(element)
        case "input":
            if surface == "message":
                yield "input: not in messages"
            yield from _text(block.get("label"), 2000, (PLAIN,), "label")
            if "hint" in block:
                yield from _text(block["hint"], 2000, (PLAIN,), "hint")
            yield from _element(block.get("element", {}))
        case "rich_text":
            if not block.get("elements"):
                yield "rich_text: elements"
            for element in block.get("elements", ()):
                yield from _rich(element)
        case "divider":
            pass
        case other:
            yield f"unsupported block {other}"


def _element(element: Json) -> Iterator[str]:
    action_id = element.get("action_id")
    if not isinstance(action_id, str) or not 1 <= len(action_id) <= 255:
        yield "action_id"
    match element.get("type"):
        case "button":
            yield from _text(element.get("text"), 75, (PLAIN,), "button")
            if len(element.get("value", "")) > 2000:
                yield "button: value"
            if element.get("style", "primary") not in ("primary", "danger"):
                yield "button: style"
            if len(element.get("accessibility_label", "")) > 75:
                yield "button: accessibility_label"
        case "overflow":
            if not 1 <= len(element.get("options", ())) <= 5:
                yield "overflow: 1 to 5 options"
            for option in element.get("options", ()):
                yield from _option(option)
        case "static_select":
            groups = element.get("option_groups")
            if groups is not None and not 1 <= len(groups) <= 100:
                yield "static_select: option_groups"
            for some in [group.get("options", ()) for group in groups or ()] or [element.get("options", ())]:
                if not 1 <= len(some) <= 100:
                    yield "static_select: 1 to 100 options"
                for option in some:
                    yield from _option(option)
            for group in groups or ():
                yield from _text(group.get("label"), 75, (PLAIN,), "group")
            if "initial_option" in element:
                options = [one for group in groups or () for one in group["options"]] or element["options"]
                if element["initial_option"] not in options:
                    yield "static_select: initial_option is none of the options"
        case "users_select":
            if element.keys() - {"type", "action_id", "initial_user", "placeholder", "focus_on_load"}:
                yield "users_select: unknown fields"
        case "datetimepicker":
            moment = element.get("initial_date_time", 1_000_000_000)
            if not (isinstance(moment, int) and len(str(moment)) == 10):
                yield "datetimepicker: initial_date_time"
        case "plain_text_input":
            longest = element.get("max_length", 3000)
            if not 1 <= longest <= 3000:
                yield "plain_text_input: max_length"
            if len(element.get("initial_value", "")) > longest:
                yield "plain_text_input: initial_value"
        case other:
            yield f"unsupported element {other}"


def _option(option: Json) -> Iterator[str]:
    yield from _text(option.get("text"), 75, (PLAIN, MRKDWN), "option")
    if not 1 <= len(option.get("value", "")) <= 150:
        yield "option: value"


def _text(text: Any, longest: int, kinds: tuple[str, ...], name: str) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"{name}: must be {' or '.join(kinds)}"
        return
    if not isinstance(text.get("text"), str) or not 1 <= len(text["text"]) <= longest:
        yield f"{name}: 1 to {longest} characters"
    allowed = {"type", "text"} | ({"emoji"} if text["type"] == PLAIN else {"verbatim"})
    if text.keys() - allowed:
        yield f"{name}: unknown fields {text.keys() - allowed}"


_RICH = ("rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")


def _rich(element: Json, inside: tuple[str, ...] = _RICH) -> Iterator[str]:
    kind = element.get("type")
    if kind not in inside:
        yield f"rich_text: {kind} is not allowed here"
        return
    if kind == "rich_text_list":
        if element.get("style") not in ("bullet", "ordered") or not 0 <= element.get("indent", 0) <= 8:
            yield "rich_text_list: style or indent"
        if not element.get("elements"):
            yield "rich_text_list: elements"
        for item in element.get("elements", ()):
            yield from _rich(item, ("rich_text_section",))
        return
    if not element.get("elements"):
        yield f"{kind}: elements"
    for inner in element.get("elements", ()):
        if inner.get("type") not in ("text", "link"):
            yield f"rich_text: unsupported {inner.get('type')}"
        elif not isinstance(inner.get("text"), str) or not inner["text"] or len(inner["text"]) > 3000:
            yield "rich_text: 1 to 3000 characters"
        elif inner["type"] == "link" and not str(inner.get("url", "")).startswith(
            ("http://", "https://", "mailto:")
        ):
            yield "rich_text: link url"
        elif inner.get("style", {}).keys() - {"bold", "italic", "code", "strike"}:
            yield "rich_text: style"
