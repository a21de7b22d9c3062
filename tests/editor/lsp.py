"""The least of a language client: one server over its standard streams."""

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Editor:
    """An editor with one YAML file open at a time."""

    def __init__(self, command: Sequence[str], root: Path) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
        )
        self._number = 0
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._root = root
        client = {"workspace": {"configuration": True}, "textDocument": {"completion": {}}}
        self._ask("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": client})
        self._send({"method": "initialized", "params": {}})

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._ask("shutdown", None)
            self._send({"method": "exit", "params": None})
        self._process.terminate()
        self._process.wait(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._reader.join(10)

    def open(self, name: str, text: str) -> str:
        """Open a file as if it were saved with *text*; return its URI."""
        path = self._root / name
        path.write_text(text, encoding="utf-8")
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return path.as_uri()

    def underlined(self, name: str, text: str) -> list[tuple[str, str]]:
        """Return (underlined text, message) of everything that is wrong in a file with *text*."""
        uri = self.open(name, text)
        found = self._until(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri
            )
        )["params"]["diagnostics"]
        lines = text.split("\n")
        return [
            (lines[begin["line"]][begin["character"] : one["range"]["end"]["character"]], one["message"])
            for one in found
            for begin in [one["range"]["start"]]
        ]

    def offered(self, name: str, text: str) -> dict[str, str]:
        """Return what completion offers at the sign | in *text*, with the words shown beside it."""
        before, _, after = text.partition("|")
        uri = self.open(name, before + after)
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        answer = self._ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
        items = answer["items"] if isinstance(answer, Mapping) else answer
        return {item["label"]: _words(item.get("documentation")) for item in items}

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        return self._until(lambda message: message.get("id") == number and "method" not in message)["result"]

    def _until(self, wanted: Any) -> dict[str, Any]:
        while True:
            message = self._messages.get(timeout=20)
            if wanted(message):
                return message
            if "id" in message and "method" in message:
                self._send({"id": message["id"], "result": self._answer(message)})

    def _answer(self, message: Mapping[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        # Nothing but the schema that the modeline names: no store on the network.
        own = {"yaml": {"schemaStore": {"enable": False}, "validate": True, "completion": True}}
        return [own.get(item.get("section"), {}) for item in message["params"]["items"]]

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while line := stream.readline():
                length = 0
                while line.strip():
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                    line = stream.readline()
                self._messages.put(json.loads(stream.read(length)))


def _words(documentation: Any) -> str:
    if isinstance(documentation, Mapping):
        return str(documentation["value"])
    return str(documentation or "")
