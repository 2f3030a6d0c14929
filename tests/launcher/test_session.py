"""`session "…"` against a server that speaks the contract's paths over real HTTP."""

from __future__ import annotations

import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from launcher.arguments import parse
from launcher.client import Client
from launcher.failure import LauncherError, MisuseError
from launcher.session import client_of, run_session, show

EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("RUN_STARTED", {}),
    ("TEXT_MESSAGE_START", {"message_id": "u", "role": "user"}),
    ("TEXT_MESSAGE_CONTENT", {"message_id": "u", "role": "user", "delta": "/sh true"}),
    ("TEXT_MESSAGE_END", {"message_id": "u", "role": "user", "text": "/sh true"}),
    ("TOOL_CALL_START", {"tool": "shell"}),
    ("TOOL_CALL_RESULT", {"content": "one\ntwo\n"}),
    ("TEXT_MESSAGE_START", {"message_id": "a"}),
    ("TEXT_MESSAGE_CONTENT", {"message_id": "a", "delta": "made "}),
    ("TEXT_MESSAGE_END", {"message_id": "a", "text": "made it"}),
    ("RUN_FINISHED", {"outcome": "success"}),
]


class Api(http.server.BaseHTTPRequestHandler):
    """Three endpoints of the contract; events come two a page, as if they were just happening."""

    events: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    asked: ClassVar[list[tuple[str, str, Any]]] = []

    def do_GET(self) -> None:
        self._note(None)
        if self.path == "/livez":
            self._answer(200, {})
            return
        after = int(self.path.split("after=")[1].split("&")[0])
        page = [
            {"seq": seq, "type": kind, "run": "r" if seq > 2 else "another", "data": data}
            for seq, (kind, data) in enumerate(self.events, start=3)
            if seq > after
        ]
        self._answer(200, {"events": page[:2], "last_seq": len(self.events) + 2})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._note(body)
        if self.headers["Authorization"] != "Bearer good":
            self._answer(401, {"title": "Not signed in", "detail": "This token is unknown."})
        elif self.path == "/api/v1/sessions":
            self._answer(201, {"id": "s"})
        else:
            self._answer(202, {"id": "m", "run_id": "r", "seq": 2})

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _note(self, body: Any) -> None:
        self.asked.append((self.command, self.path, body))

    def _answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


@pytest.fixture
def api() -> Iterator[tuple[str, type[Api]]]:
    handler = type("Handler", (Api,), {"events": list(EVENTS), "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_the_agents_words_and_nothing_else_come_to_standard_output(
    api: tuple[str, type[Api]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = api

    code = run_session(parse(["session", "/sh true", "--url", url, "--token", "good"]))

    told = capsys.readouterr()
    assert (code, told.out, told.err) == (0, "made it\n", "→ shell\none\ntwo\n")
    assert handler.asked[:3] == [
        ("POST", "/api/v1/sessions", {"name": "/sh true"}),
        ("POST", "/api/v1/sessions/s/messages", {"content": "/sh true"}),
        ("GET", "/api/v1/sessions/s/events?after=2&wait=25", None),
    ]


def test_the_demo_of_the_data_directory_is_found(
    api: tuple[str, type[Api]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = {"url": api[0], "users": {"alice": {"token": "good"}}}
    (tmp_path / "demo.json").write_text(json.dumps(demo))

    code = run_session(parse(["session", "hello", "--data-dir", str(tmp_path)]))

    assert (code, capsys.readouterr().out) == (0, "made it\n")


def test_a_directory_without_demo_has_no_client(tmp_path: Path) -> None:
    assert client_of(tmp_path) is None


def test_a_failed_run_is_a_failure_with_its_reason(
    api: tuple[str, type[Api]], capsys: pytest.CaptureFixture[str]
) -> None:
    url, handler = api
    handler.events[-1] = ("RUN_ERROR", {"code": "timeout", "message": "It took too long."})

    code = run_session(parse(["session", "hello", "--url", url, "--token", "good"]))

    assert code == 1
    assert capsys.readouterr().err.endswith("quarterdeck: the run failed: It took too long.\n")


def test_a_cancelled_run_is_a_failure() -> None:
    events = [{"type": "RUN_FINISHED", "data": {"outcome": "cancelled"}}]

    assert show(events, io.StringIO()) == 1


def test_several_messages_end_in_one_newline_each() -> None:
    events = [
        {"type": "TEXT_MESSAGE_END", "data": {"message_id": "a", "text": "one"}},
        {"type": "TEXT_MESSAGE_CONTENT", "data": {"message_id": "b", "delta": "two\n"}},
        {"type": "TEXT_MESSAGE_END", "data": {"message_id": "b", "text": "two\n"}},
        {"type": "RUN_FINISHED", "data": {"outcome": "success"}},
    ]
    out = io.StringIO()

    assert show(events, out) == 0
    assert out.getvalue() == "one\ntwo\n"


def test_a_refusal_is_told_in_the_servers_words(api: tuple[str, type[Api]]) -> None:
    with pytest.raises(LauncherError) as refusal:
        run_session(parse(["session", "hello", "--url", api[0], "--token", "bad"]))

    assert str(refusal.value) == "The server refused: This token is unknown. (401)."


def test_a_url_without_a_token_is_misuse() -> None:
    with pytest.raises(MisuseError, match="--url needs --token"):
        run_session(parse(["session", "hello", "--url", "http://127.0.0.1:9"]))


def test_a_server_that_is_away_does_not_answer() -> None:
    client = Client("http://127.0.0.1:9", "good")

    assert not client.answers()
    with pytest.raises(LauncherError, match=r"^http://127\.0\.0\.1:9 does not answer: "):
        list(client.ask("hello"))
