"""As much of GitHub's runner and of its comments as action.yml needs."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support import environment

ROOT: Final = Path(__file__).parents[2]
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
TOKEN: Final = "ghs_a-token-of-the-job"
SECRETS: Final = ("username", "password")
BOT: Final = "github-actions[bot]"


@dataclass
class Job:
    """What one job left behind."""

    codes: dict[str, int] = field(default_factory=dict)  # of the steps that ran, by name
    saw: dict[str, str] = field(default_factory=dict)  # the environment of each as text, by name
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def failed(self) -> bool:
        return any(self.codes.values())


@dataclass
class Runner:
    """Runs action.yml in *repository*; artifacts live from job to job.

    The credentials of *env* are the secrets of the job: only the inputs of the step hold them.
    """

    repository: Path
    folder: Path
    env: Mapping[str, str]
    api: str = "http://127.0.0.1:9"
    jobs: int = 0

    def run(self, *, event: Mapping[str, Any] | None = None, in_last_job: bool = False, **inputs: str) -> Job:
        """Run the action once, in a fresh job: as of a push, or of the pull request of *event*.

        Args:
            event: Of a pull request.
            in_last_job: As a further step of the job before.
            inputs: Of the action.
        """
        self.jobs += not in_last_job
        temp = self.folder / f"job{self.jobs}"
        files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        temp.mkdir(parents=True, exist_ok=in_last_job)
        for file in files.values():
            file.write_text("")
        values: dict[str, str] = {
            "github.token": TOKEN,
            "github.action_path": str(ROOT),
            "github.event_name": "pull_request" if event else "push",
            "github.event.pull_request.number": str(event["pull_request"]["number"]) if event else "",
            "runner.temp": str(temp),
        }
        for name, spec in ACTION["inputs"].items():
            secret = self.env.get(f"PIPELINER_API_{name.upper()}") if name in SECRETS else None
            given = inputs.get(name.replace("-", "_"), secret or str(spec["default"]))
            values[f"inputs.{name}"] = _filled(given, values)
        variables = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "RUNNER_TEMP": str(temp),
            "GITHUB_API_URL": self.api,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "acme/deals",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
            **{name: str(file) for name, file in files.items()},
            **{name: value for name, value in self.env.items() if "_API_" not in name},
        }
        job = Job()
        for step in ACTION["runs"]["steps"]:
            if not _holds(step.get("if", ""), values, failed=job.failed) or step["name"] == "Install syncer":
                continue
            if "uses" in step:
                job.codes[step["name"]] = self._artifact(step, values)
                continue
            env = environment(variables) | {
                k: _filled(str(v), values) for k, v in step.get("env", {}).items()
            }
            job.saw[step["name"]] = repr(sorted(env.items()))
            before = len(files["GITHUB_OUTPUT"].read_text())
            ran = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.repository / _filled(step.get("working-directory", "."), values),
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
                check=False,
            )
            job.codes[step["name"]] = ran.returncode
            job.log += ran.stdout
            for line in files["GITHUB_OUTPUT"].read_text()[before:].splitlines():
                name, _, value = line.partition("=")
                values[f"steps.{step.get('id')}.outputs.{name}"] = value
        for name, spec in ACTION["outputs"].items():
            if value := _filled(spec["value"], values):
                job.outputs[name] = value
        job.summary = files["GITHUB_STEP_SUMMARY"].read_text()
        return job

    def _artifact(self, step: Mapping[str, Any], values: Mapping[str, str]) -> int:
        kept = self.folder / "artifacts" / _filled(step["with"]["name"], values)
        path = Path(_filled(step["with"]["path"], values))
        if step["uses"].startswith("actions/upload-artifact@"):
            shutil.copytree(path, kept, dirs_exist_ok=True)
        elif step["uses"].startswith("actions/download-artifact@"):
            if not kept.is_dir():
                return 1
            shutil.copytree(kept, path)
        else:
            raise AssertionError(step["uses"])
        return 0


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in expressions; what a step that did not run would have said is empty."""

    def value(match: re.Match[str]) -> str:
        return values.get(match[1], "") if match[1].startswith("steps.") else values[match[1]]

    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", value, text)


def _holds(condition: str, values: Mapping[str, str], *, failed: bool) -> bool:
    if "always()" not in condition and failed:
        return False
    python = condition.replace("always()", "True").replace("&&", "and").replace("||", "or")
    python = re.sub(r"\b(?:inputs|github)\.[\w.-]+", lambda match: repr(values[match[0]]), python)
    return bool(eval(python or "True", {"__builtins__": {}}))


class Comments:
    """The comments of one pull request, as GitHub's API keeps them."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.url = ""

    def add(self, body: str, author: str = "somebody") -> dict[str, Any]:
        row = {"id": 1000 + len(self.rows), "user": {"login": author}, "body": body}
        self.rows.append(row)
        return row


@contextmanager
def comments() -> Iterator[Comments]:
    """Serve the comments of pull request 7 of acme/deals on loopback."""
    held = Comments()

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            url = urlsplit(self.path)
            held.requests.append(f"{self.command} {self.path}")
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self._answer(401, {"message": "Bad credentials"})
            if url.path == "/repos/acme/deals/issues/7/comments":
                if self.command == "POST":
                    return self._answer(201, held.add(body["body"], BOT))
                query = parse_qs(url.query)
                size, page = int(query["per_page"][0]), int(query["page"][0])
                return self._answer(200, held.rows[size * (page - 1) : size * page])
            row = next((row for row in held.rows if url.path.endswith(f"/issues/comments/{row['id']}")), None)
            if row is None or self.command != "PATCH":
                return self._answer(404, {"message": "Not Found"})
            row["body"] = body["body"]
            return self._answer(200, row)

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815 (names of the parent)

        def _answer(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name in the parent)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
