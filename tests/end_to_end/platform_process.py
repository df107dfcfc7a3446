"""A chat platform that outlives every desk: it appends each delivery to a file before it answers.

`python -m tests.end_to_end.platform_process <port> <file> [<milliseconds>]`; the milliseconds pass between the note
and the answer, so that a desk is often killed just there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from itertools import count

from aiohttp import web


def platform(file: str, pause: float) -> web.Application:
    # one write of one line: it is in the kernel's hands, whatever then happens to this process or to the desk's
    log = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    numbers = count(1)

    async def deliver(request: web.Request) -> web.Response:
        delivery = await request.json()
        message_id = delivery["posted"] or f"m{next(numbers)}"
        os.write(log, json.dumps({**delivery, "message_id": message_id, "at": time.time()}).encode() + b"\n")
        if pause:
            await asyncio.sleep(pause)
        return web.json_response({"message_id": message_id})

    app = web.Application()
    app.router.add_post("/deliver", deliver)
    return app


if __name__ == "__main__":
    port, file, *pause = sys.argv[1:]
    web.run_app(
        platform(file, float(pause[0]) / 1000 if pause else 0.0),
        host="127.0.0.1",
        port=int(port),
        access_log=None,
        print=None,
    )
