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
from launcher.deciding import decide
from launcher.failure import LauncherError, MisuseError
from launcher.screen import show
from launcher.session import client_of, run_session

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

    assert show(events, io.StringIO(), pytest.fail) == 1


def test_several_messages_end_in_one_newline_each() -> None:
    events = [
        {"type": "TEXT_MESSAGE_END", "data": {"message_id": "a", "text": "one"}},
        {"type": "TEXT_MESSAGE_CONTENT", "data": {"message_id": "b", "delta": "two\n"}},
        {"type": "TEXT_MESSAGE_END", "data": {"message_id": "b", "text": "two\n"}},
        {"type": "RUN_FINISHED", "data": {"outcome": "success"}},
    ]
    out = io.StringIO()

    assert show(events, out, pytest.fail) == 0
    assert out.getvalue() == "one\ntwo\n"


def test_output_shown_while_a_tool_ran_is_not_shown_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    live = {"name": "tool.output", "tool_call_id": "t"}
    events = [
        {"type": "TEXT_MESSAGE_CONTENT", "data": {"message_id": "a", "delta": "I look"}},
        {"type": "TOOL_CALL_START", "data": {"tool_call_id": "t", "tool": "shell"}},
        {"type": "CUSTOM", "data": {**live, "delta": "one\n"}},
        {"type": "CUSTOM", "data": {**live, "delta": "two"}},
        {"type": "TOOL_CALL_RESULT", "data": {"tool_call_id": "t", "content": "one\ntwo\nend"}},
        {"type": "RUN_FINISHED", "data": {"outcome": "success"}},
    ]
    out = io.StringIO()

    assert show(events, out, pytest.fail) == 0
    assert out.getvalue() == "I look\n"
    assert capsys.readouterr().err == "→ shell\none\ntwo\nend\n"


ASKED = {
    "name": "approval.requested",
    "approval_id": "p",
    "tool": "shell",
    "input": {"command": "rm -rf build"},
    "reason": "It deletes files.",
}


class Terminal(io.StringIO):
    """Standard input with a person before it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "verb"), [("y\n", "approve"), ("n\n", "deny"), ("\n", "deny"), ("", "deny")]
)
def test_an_approval_is_asked_of_the_person_at_the_terminal(
    api: tuple[str, type[Api]],
    typed: str,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, handler = api
    handler.events.insert(-1, ("CUSTOM", ASKED))
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    code = run_session(parse(["session", "hi", "--url", url, "--token", "good"]))

    assert code == 0
    assert ("POST", f"/api/v1/approvals/p/{verb}", {}) in handler.asked
    assert (
        "? shell needs an approval: It deletes files.\n  rm -rf build\n  approve? [y/N] "
        in capsys.readouterr().err
    )


def test_without_a_terminal_it_is_told_where_to_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    decide(Client("http://here/", "t"), ASKED, private=False)

    told = capsys.readouterr().err
    assert "POST http://here/api/v1/approvals/p/approve or /deny" in told


def test_what_nobody_can_answer_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())

    with pytest.raises(LauncherError, match="Nobody can approve this here"):
        decide(Client("http://here", "t"), ASKED, private=True)


def test_an_interrupted_run_is_cancelled(
    api: tuple[str, type[Api]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, handler = api
    handler.events.insert(-1, ("CUSTOM", ASKED))

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("launcher.session.decide", interrupt)

    with pytest.raises(KeyboardInterrupt):
        run_session(parse(["session", "hi", "--url", url, "--token", "good"]))

    assert handler.asked[-1] == ("POST", "/api/v1/sessions/s/cancel", {})


def test_a_run_that_ended_is_not_cancelled(api: tuple[str, type[Api]]) -> None:
    url, handler = api

    run_session(parse(["session", "hi", "--url", url, "--token", "good"]))

    assert not [path for _, path, _ in handler.asked if path.endswith("/cancel")]


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
