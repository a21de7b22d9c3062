"""Every request as it came, for a judge who does not trust what the sandbox lets pass."""

import json
import os
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE: Final = "SYNCER_SANDBOX_RECORD"
"""Names the file to append to; in the environment, so that a sandbox which a command starts records too."""


def recorded(app: ASGIApp) -> ASGIApp:
    """Put a recorder before *app* when the environment asks for one."""
    path = os.environ.get(VARIABLE)
    return _Recorder(app, Path(path)) if path else app


class _Recorder:
    """Appends one line of JSON a request: method, target, headers and body, the body's bytes as Latin-1."""

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def heard() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    self._append(scope, bytes(body))
            return message

        await self.app(scope, heard, send)

    def _append(self, scope: Scope, body: bytes) -> None:
        query = scope["query_string"].decode("latin-1")
        line = {
            "method": scope["method"],
            "target": scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            "headers": {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            "body": body.decode("latin-1"),
        }
        # One write at the end of the file, so that lines of several processes do not mix.
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, (json.dumps(line) + "\n").encode())
        finally:
            os.close(file)
