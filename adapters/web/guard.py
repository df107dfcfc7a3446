"""What every request passes: host, origin, token and size going in, security headers going out, and never a 500
for something that a stranger sent."""

from __future__ import annotations

import hashlib
import secrets
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlsplit

import structlog
from aiohttp import web

from adapters.web.context import WEB, Refusal
from bot.messages import DeskUnavailable

BODY_LIMIT = 1024 * 1024
TOKEN_HEADER = "X-Firstline-Token"  # noqa: S105  (its name, not a token)
RETRY_AFTER = 2
"""Seconds after which the browser may try again while the desk cannot store anything."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SAFE = ("GET", "HEAD")
_ANY_HOST = ("/healthz", "/readyz")
"""Probes come with the address of the machine, and learn nothing that is worth protecting."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers send `Origin: null` with a form.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

log = structlog.get_logger("firstline.web")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.match_info.apps[-1] is not request.app:
        return await handler(request)  # another platform's door, which has a guard of its own
    try:
        _check_host(request)
        if request.method not in _SAFE:
            _check_origin(request)
            await _check_token(request)
        return await handler(request)
    except Refusal as refusal:
        return _refused(request, refusal)
    except DeskUnavailable:
        sentence = "The desk cannot store anything just now. Nothing is lost: it is sent again by itself."
        return _refused(request, Refusal(503, sentence, retry_after=RETRY_AFTER))
    except web.HTTPRequestEntityTooLarge:
        return _refused(request, Refusal(413, "This is too long to send in one piece: 1 MiB is the most."))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _refused(request, Refusal(error.status, _SENTENCES.get(error.status, "This did not work.")))
    except ConnectionError:
        raise
    except Exception as error:
        log_failure(request, error)
        return _refused(request, Refusal(500, "Something went wrong here, and it is not your fault."))


def log_failure(request: web.Request, error: Exception) -> None:
    """Where it failed; never the message of the error, which may quote what a person wrote."""
    resource = request.match_info.route.resource
    log.error(
        "web.failed",
        route=resource.canonical if resource else "",
        error=type(error).__name__,
        stack="".join(traceback.format_tb(error.__traceback__)),
    )


_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
}


def _refused(request: web.Request, refusal: Refusal) -> web.Response:
    headers = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    if wants_page(request):
        html = request.app[WEB].renderer.page(
            "notice.html", title="That did not work", sentence=refusal.sentence
        )
        return web.Response(status=refusal.status, text=html, content_type="text/html", headers=headers)
    return web.json_response({"error": refusal.sentence}, status=refusal.status, headers=headers)


def wants_page(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "")


# ------------------------------------------------------------------------------------------------ who is asking


def is_https(request: web.Request) -> bool:
    """Also behind a proxy that says so; claiming it falsely only makes one's own cookies stricter."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _host_name(authority: str) -> str:
    try:
        return (urlsplit(f"//{authority}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _check_host(request: web.Request) -> None:
    """A name that somebody else's DNS points at us is not ours, even when the address is (DNS rebinding)."""
    hosts = request.app[WEB].hosts
    if hosts and request.path not in _ANY_HOST:
        allowed = {_host_name(host if ":" not in host or "[" in host else f"[{host}]") for host in hosts}
        if _host_name(request.host) not in allowed:
            raise Refusal(421, "This page does not answer to that name.")


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is None and origin is None:
        raise Refusal(403, "Your browser does not say which page this came from.")
    if site not in (None, "same-origin") or (origin is not None and not _is_ours(request, origin)):
        raise Refusal(403, "This came from another page, so it was not carried out.")


def _is_ours(request: web.Request, origin: str) -> bool:
    try:
        authority = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(authority) and authority.lower() == request.host.lower()


def from_elsewhere(request: web.Request) -> bool:
    """Whether another site's page asks, as far as the browser says."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")


# ------------------------------------------------------------------------------------- cookies and the page token


def cookie_name(request: web.Request, name: str) -> str:
    return f"__Host-firstline-{name}" if is_https(request) else f"firstline-{name}"


def cookie(request: web.Request, name: str) -> str:
    return request.cookies.get(cookie_name(request, name), "")


def set_cookie(
    request: web.Request, response: web.Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(request: web.Request, response: web.Response, name: str) -> None:
    response.del_cookie(
        cookie_name(request, name), path="/", secure=is_https(request), httponly=True, samesite="Lax"
    )


def page_token(request: web.Request) -> tuple[str, str | None]:
    """The token that this browser's pages carry, and the value of a visit cookie that must be set for it.

    It is derived from a cookie that no script can read and no other site can send or know.
    """
    secret = cookie(request, "session") or cookie(request, "visit")
    if secret:
        return _token_of(secret), None
    fresh = secrets.token_urlsafe(24)
    return _token_of(fresh), fresh


def _token_of(secret: str) -> str:
    return hashlib.sha256(f"firstline page token: {secret}".encode(errors="replace")).hexdigest()


async def _check_token(request: web.Request) -> None:
    secret = cookie(request, "session") or cookie(request, "visit")
    given = request.headers.get(TOKEN_HEADER) or await _token_of_form(request)
    if not secret or not secrets.compare_digest(given.encode(errors="replace"), _token_of(secret).encode()):
        raise Refusal(403, "This page is out of date. Please reload it; what you wrote is kept.")


async def _token_of_form(request: web.Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded":
        return ""
    fields = parse_qs((await request.read()).decode("ascii", "replace"), max_num_fields=20)
    return fields.get("token", [""])[0]
