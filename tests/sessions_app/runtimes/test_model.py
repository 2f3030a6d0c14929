"""The model runtime beyond the contract: providers, errors, memory, authors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kernel.egress import Guard
from sessions_app.runtimes.base import HistoryMessage
from sessions_app.runtimes.host import ProviderConfig, RuntimeHost
from sessions_app.runtimes.memory import MemoryIO
from sessions_app.runtimes.model import ModelRuntime
from tests.sessions_app.runtimes.stages import KEY, Stage, staged
from tests.sessions_app.runtimes.turns import answering, ok, spec, turn
from tests.standins.script import Call, Fail, Say

both = pytest.mark.parametrize("name", ["model-anthropic", "model-openai"])


def said_to(stage: Stage) -> list[tuple[str, str]]:
    """The conversation as the last request carried it: role and text."""
    assert stage.server is not None
    messages = stage.server.requests[-1].body["messages"]
    return [(message["role"], _text(message["content"])) for message in messages]


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", part["type"]) for part in content or ())


@both
@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (Fail(401, "authentication_error"), "provider_authentication", "refused the key"),
        (Fail(403, "permission_error"), "provider_authentication", "refused the key"),
        (Fail(404, "not_found_error"), "not_configured", "knows no such model"),
        (Fail(429, "rate_limit_error"), "provider_rate_limited", "asks for fewer requests"),
        (Fail(529, "overloaded_error"), "provider_overloaded", "is overloaded"),
        (Fail(500), "provider_error", "failed"),
        (Fail(400, "invalid_request_error"), "provider_error", "failed"),
    ],
)
async def test_a_provider_error_says_what_to_do(name, failure, code, words, tmp_path):
    async with staged(name, tmp_path, [failure]) as stage:
        outcome = await stage.run(MemoryIO())

        assert (outcome.status, outcome.error_code) == ("failed", code)
        assert f"The provider of {stage.model} {words}" in outcome.error
        assert outcome.details["http_status"] == failure.status
        await stage.idle()


@both
@pytest.mark.parametrize("asked", ["3600", "Wed, 01 Jan 2098 00:00:00 GMT"])
async def test_a_provider_that_asks_to_wait_for_long_is_not_waited_for(name, asked, tmp_path):
    failure = Fail(429, "rate_limit_error", retry_after=asked)
    async with staged(name, tmp_path, [failure]) as stage:
        outcome = await stage.run(MemoryIO())

        assert outcome.error_code == "provider_rate_limited"
        assert len(stage.server.requests) == 1
        await stage.idle()


@pytest.mark.parametrize(
    ("model", "config", "code", "error"),
    [
        ("", {}, "not_configured", "No model is chosen. Name one as provider:model."),
        ("gpt-5", {}, "not_configured", "No model is chosen. Name one as provider:model."),
        (
            "openai:gpt-5",
            {},
            "not_configured",
            "The provider openai has no key. Add one in Settings.",
        ),
        (
            "openai:gpt-5",
            {"openai": ProviderConfig()},
            "not_configured",
            "The provider openai has no key. Add one in Settings.",
        ),
        (
            "nobody:x",
            {"nobody": ProviderConfig(api_key=KEY)},
            "not_configured",
            "There is no model provider named nobody.",
        ),
        (
            "cohere:x",
            {"cohere": ProviderConfig(api_key=KEY)},
            "not_configured",
            "The provider cohere needs a package that is not installed.",
        ),
        (
            "deepseek:x",
            {"deepseek": ProviderConfig(api_key=KEY, base_url="http://127.0.0.1:9")},
            "not_configured",
            "The provider deepseek cannot be set up with base_url.",
        ),
    ],
)
async def test_a_model_that_is_not_set_up_fails_with_the_remedy(model, config, code, error):
    runtime = ModelRuntime(RuntimeHost(providers=config))
    request = turn("hi")

    outcome = await runtime.run(
        replace(request, options=replace(request.options, model=model)), MemoryIO()
    )

    assert (outcome.status, outcome.error_code, outcome.error) == ("failed", code, error)


@pytest.mark.parametrize(
    ("url", "guard", "error"),
    [
        ("http://127.0.0.1:9/v1", Guard(), "The provider of openai:gpt-5 is out of reach: "),
        (
            "http://127.0.0.1:9/v1",
            Guard(allow=["127.0.0.1"]),
            "The provider of openai:gpt-5 cannot be reached.",
        ),
    ],
    ids=["refused by the guard", "nobody listens"],
)
async def test_an_address_out_of_reach_fails_with_the_reason(url, guard, error):
    config = ProviderConfig(api_key=KEY, base_url=url)
    host = RuntimeHost(providers={"openai": config}, default_model="openai:gpt-5", guard=guard)

    outcome = await ModelRuntime(host).run(turn("hi"), MemoryIO())

    assert (outcome.status, outcome.error_code) == ("failed", "provider_unreachable")
    assert outcome.error.startswith(error)


@both
async def test_the_environment_of_the_process_is_no_source_of_keys(name, tmp_path, monkeypatch):
    for variable in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(variable, "sk-of-the-operator")
    async with staged(name, tmp_path, [Say("Hello.")]) as stage:
        await stage.run(MemoryIO())

        assert stage.server is not None
        headers = stage.server.requests[0].headers
        assert KEY in {headers.get("x-api-key"), headers.get("authorization", "")[7:]}
        assert "sk-of-the-operator" not in str(headers)


@both
async def test_the_next_turn_remembers_calls_and_words(name, tmp_path):
    async with staged(name, tmp_path, [Call("shell", {"command": "ls"})], [Say("ok")]) as stage:
        first = await stage.run(MemoryIO(tools={"shell": answering(ok("a.txt"))}), prompt="one")
        await stage.run(
            MemoryIO(tools={"shell": answering(ok("b"))}), prompt="two", state=first.state
        )

        words = said_to(stage)
        assert [text for role, text in words if role == "user" and "tool" not in text] == [
            "one",
            "two",
        ]
        assert "a.txt" in str(stage.server and stage.server.requests[-1].body)


@both
async def test_a_session_without_state_is_told_from_its_messages(name, tmp_path):
    history = [
        HistoryMessage(role="user", content="What is it?"),
        HistoryMessage(role="assistant", content="A boat."),
    ]
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        await stage.run(MemoryIO(), prompt="Which?", history=history)

        words = [word for word in said_to(stage) if word[0] != "system"]
        assert words == [("user", "What is it?"), ("assistant", "A boat."), ("user", "Which?")]


@both
async def test_a_turn_that_left_no_state_is_not_forgotten(name, tmp_path):
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        first = await stage.run(MemoryIO(), prompt="one")
        history = [
            HistoryMessage(role="user", content="one"),
            HistoryMessage(role="assistant", content="ok"),
            HistoryMessage(role="user", content="cancelled"),
            HistoryMessage(role="assistant", content="half an ans"),
        ]
        await stage.run(MemoryIO(), prompt="three", history=history, state=first.state)

        words = [word for word in said_to(stage) if word[0] != "system"]
        assert words == [
            ("user", "one"),
            ("assistant", "ok"),
            ("user", "cancelled"),
            ("assistant", "half an ans"),
            ("user", "three"),
        ]


@both
async def test_authors_are_named_as_soon_as_there_are_two(name, tmp_path):
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        alone = await stage.run(MemoryIO(), prompt="one", author="Alice")
        assert ("user", "one") in said_to(stage)

        history = [
            HistoryMessage(role="user", content="one", author="Alice"),
            HistoryMessage(role="assistant", content="ok"),
        ]
        both_write = await stage.run(
            MemoryIO(), prompt="two", author="Bob", history=history, state=alone.state
        )
        history += [
            HistoryMessage(role="user", content="two", author="Bob"),
            HistoryMessage(role="assistant", content="ok"),
        ]
        await stage.run(
            MemoryIO(), prompt="three", author="Alice", history=history, state=both_write.state
        )

        users = [text for role, text in said_to(stage) if role == "user"]
        assert users == ["[Alice] one", "[Bob] two", "[Alice] three"]
        assert stage.server is not None
        assert "Several people write in this session." in str(stage.server.requests[-1].body)


@both
async def test_a_waiting_turn_with_state_of_another_runtime_is_refused(name, tmp_path):
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        outcome = await stage.run(MemoryIO(), state=b'{"format": "embedded/1"}', attempt=2)

        assert (outcome.status, outcome.error_code) == ("failed", "invalid_state")


@both
@pytest.mark.parametrize("state", [b'{"format": "embedded/1"}', b"", b"\xff", b"[]"])
async def test_a_new_turn_starts_over_from_the_messages_of_the_session(name, state, tmp_path):
    history = [HistoryMessage(role="user", content="one")]
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        outcome = await stage.run(MemoryIO(), prompt="two", state=state, history=history)

        assert outcome.status == "completed"
        assert [text for role, text in said_to(stage) if role == "user"][-1].endswith("two")
        assert "one" in str(said_to(stage))


@both
async def test_a_turn_stopped_for_its_rounds_can_be_continued(name, tmp_path):
    async with staged(name, tmp_path, [Call("shell", {"command": "ls"})]) as stage:
        tools = {"shell": answering(ok("a.txt"))}
        stopped = await stage.run(MemoryIO(tools=tools), max_turns=2)

        again = await stage.run(
            MemoryIO(tools=tools), max_turns=1, prompt="go on", state=stopped.state
        )

        assert (stopped.error_code, again.error_code) == ("max_turns", "max_turns")
        assert said_to(stage)[-1][0] == "user"
        assert said_to(stage)[-1][1].endswith("go on")


@both
async def test_tools_of_servers_are_called_by_their_own_names(name, tmp_path):
    async with staged(name, tmp_path, [Call("git.log", {"n": 1})], [Say("ok")]) as stage:
        io = MemoryIO(tools={"git.log": answering(ok("fine"))})
        request = replace(stage.turn(), tools=[spec("git.log", n="integer")])

        await stage.runtime().run(request, io)

        assert io.journal.executed == [("git.log", {"n": 1})]
