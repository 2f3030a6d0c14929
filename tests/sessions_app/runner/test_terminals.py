"""Terminals in the real sandbox: typed into, seen by all, ended by whatever ends them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from identity.errors import StoppedError
from identity.services.organizations import OrganizationChanges, change_organization
from identity.services.stops import resume_work, stop
from kernel import clock
from kernel.actors import SystemActor
from kernel.jobs import Lease, claim_next
from kernel.models import Job
from kernel.sandbox import resized, typed
from kernel.threads import threaded
from sessions_app.duties import end_lost_terminals
from sessions_app.models import AgentSession, Terminal
from sessions_app.runner.sandboxing import choose
from sessions_app.runner.terminals import Bells, TerminalWork
from sessions_app.runner.workspaces import make_workspace
from sessions_app.services import lifecycle, sharing, terminals
from tests.factories.cast import Cast, make_cast
from tests.factories.facts import Facts, facts
from tests.resilience.test_kills import sleepers
from tests.sessions_app.work import make

__all__ = ["facts"]
pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 20
LEFT = 72_913


@pytest.fixture
def opened() -> tuple[Cast, AgentSession, Terminal]:
    cast = make_cast()
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")
    return cast, session, terminals.open_terminal(cast.bob, session, rows=24, columns=80)


def claimed() -> Lease:
    lease = claim_next(terminals.QUEUE, "test", seconds=6)
    assert lease is not None
    return lease


def shown(terminal: Terminal) -> str:
    rows = terminal.session.events.filter(data__name="terminal.output").order_by("seq")
    return "".join(data["delta"] for data in rows.values_list("data", flat=True))


def fresh(terminal: Terminal) -> Terminal:
    return Terminal.objects.get(pk=terminal.pk)


async def until(probe: Callable[[], Any]) -> Any:
    async with asyncio.timeout(SECONDS):
        while not (found := await threaded(probe)()):
            await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def running(terminal: Terminal) -> AsyncIterator[asyncio.Task[None]]:
    """The terminal in its runner, until it is ended or the test is."""
    enclosure = await choose("test")
    if enclosure.level == "none":
        pytest.skip(enclosure.unavailable)
    lease = await threaded(claimed)()
    task = asyncio.create_task(TerminalWork(lease, enclosure, Bells()).drive())
    try:
        await until(lambda: "$" in shown(terminal))
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def say(person: Any, terminal: Terminal, text: str) -> None:
    await threaded(terminals.give)(person, terminal, frame=typed(text.encode()))


async def test_what_is_typed_runs_where_the_agents_tools_run(
    opened: tuple[Cast, AgentSession, Terminal], facts: Facts
) -> None:
    cast, session, terminal = opened

    async with running(terminal) as task:
        await threaded(terminals.give)(cast.bob, terminal, frame=resized(30, 100))
        await say(cast.bob, terminal, "pwd; stty size; echo h$((40+2)) > made; tty; id -u\r")
        await until(lambda: "1000" in shown(terminal))
        await say(cast.bob, terminal, "exit 3\r")
        await asyncio.wait_for(task, SECONDS)

    text, ended = await threaded(shown)(terminal), await threaded(fresh)(terminal)
    assert ("/workspace" in text, "30 100" in text, "/dev/pts/" in text) == (True, True, True)
    assert (ended.status, ended.reason, ended.exit_code) == ("ended", "exited", 3)
    assert [n for n in facts.names() if ".terminal_" in n] == [
        "sessions.terminal_started", "sessions.terminal_ended",
    ]  # fmt: skip
    by = {e.actor_name async for e in session.events.filter(data__name="terminal.output")}
    assert by == {"Bob"}
    assert not await Job.objects.filter(finished_at=None, failed_at=None).aexists()


async def test_what_the_organization_closes_is_closed_here_too(
    opened: tuple[Cast, AgentSession, Terminal],
) -> None:
    cast, session, terminal = opened
    changes = OrganizationChanges(denied_tools=["read_file(vault/*)"])
    await threaded(change_organization)(cast.alice, cast.acme, changes=changes)
    workspace = make_workspace(session.working_directory, session.pk)
    (workspace / "vault").mkdir()
    (workspace / "vault" / "plan").write_text("the-hidden-plan")
    (workspace / "notes").write_text("the-open-notes")

    async with running(terminal):
        await say(cast.bob, terminal, "cat notes vault/plan; echo end-$((1+1))\r")
        await until(lambda: "end-2" in shown(terminal))

    text = await threaded(shown)(terminal)
    assert "the-open-notes" in text
    assert "the-hidden-plan" not in text


async def test_what_is_typed_in_secret_is_kept_nowhere(
    opened: tuple[Cast, AgentSession, Terminal],
) -> None:
    cast, session, terminal = opened

    async with running(terminal):
        await say(cast.bob, terminal, 'read -rs word; echo "got ${#word}"\r')
        await until(lambda: "read -rs" in shown(terminal))
        await say(cast.bob, terminal, "correct-horse\r")
        await until(lambda: "got 13" in shown(terminal))

    rows = [row async for row in session.events.values_list("data", flat=True)]
    assert "correct-horse" not in str(rows)
    assert not await terminal.inputs.aexists()


@pytest.fixture(params=[signal.SIG_IGN, signal.default_int_handler])
def inherited(request: pytest.FixtureRequest) -> Iterator[None]:
    """How the runner's starter left SIGINT: a shell ignores it in what runs in the background."""
    before = signal.signal(signal.SIGINT, request.param)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("inherited")
async def test_control_c_reaches_what_runs_in_front(
    opened: tuple[Cast, AgentSession, Terminal],
) -> None:
    cast, _session, terminal = opened

    async with running(terminal):
        await say(cast.bob, terminal, "echo in-$((1+1)); sleep 300; echo after-$?\r")
        await until(lambda: "in-2" in shown(terminal))
        await say(cast.bob, terminal, "\x03")
        await until(lambda: "^C" in shown(terminal))
        await say(cast.bob, terminal, "echo still-$((1+1))\r")
        await until(lambda: "still-2" in shown(terminal))


@pytest.mark.parametrize(
    "how", ["closed", "access_gone", "session_closed", "stopped", "idle", "too_long"]
)
async def test_it_ends_with_what_it_hangs_on_and_leaves_no_process(
    opened: tuple[Cast, AgentSession, Terminal], how: str
) -> None:
    cast, session, terminal = opened
    row = Terminal.objects.filter(pk=terminal.pk)

    def bring_about() -> None:
        if how == "closed":
            terminals.close(cast.alice, terminal)
        elif how == "access_gone":
            share = session.user_grants.get(user=cast.bob)
            sharing.unshare(cast.alice, session, share_id=share.pk)
        elif how == "session_closed":
            lifecycle.archive(cast.alice, session)
        elif how == "stopped":
            stop(cast.alice, cast.acme, person=cast.bob)
        elif how == "idle":
            row.update(input_at=clock.now() - timedelta(hours=1))
        else:
            row.update(created_at=clock.now() - timedelta(days=1))

    async with running(terminal) as task:
        await say(
            cast.bob,
            terminal,
            f"sleep {LEFT} & nohup sleep {LEFT} >/dev/null & setsid sleep {LEFT} &\r",
        )
        await until(lambda: len(sleepers(LEFT)) >= 3)
        await threaded(bring_about)()
        await asyncio.wait_for(task, SECONDS)

    ended = await threaded(fresh)(terminal)
    assert (ended.status, ended.reason) == ("ended", how)
    await until(lambda: not sleepers(LEFT))


def test_none_is_opened_while_a_stop_covers_it() -> None:
    cast = make_cast()
    session = make(cast)
    halt = stop(cast.alice, cast.acme, reason="a leak")

    with pytest.raises(StoppedError, match="a leak"):
        terminals.open_terminal(cast.alice, session, rows=24, columns=80)
    assert not session.terminals.exists()

    resume_work(cast.alice, halt)
    terminals.open_terminal(cast.alice, session, rows=24, columns=80)
    assert session.terminals.count() == 1


async def test_a_runner_that_stops_ends_it_with_a_reason(
    opened: tuple[Cast, AgentSession, Terminal],
) -> None:
    cast, _session, terminal = opened

    async with running(terminal) as task:
        await say(cast.bob, terminal, f"sleep {LEFT}\r")
        await until(lambda: sleepers(LEFT))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert (await threaded(fresh)(terminal)).reason == "runner_stopped"
    await until(lambda: not sleepers(LEFT))


def test_a_lost_runner_is_noticed_by_the_keeper_and_by_the_next_one(
    opened: tuple[Cast, AgentSession, Terminal],
) -> None:
    cast, session, first = opened
    second = terminals.open_terminal(cast.bob, session, rows=24, columns=80)
    runner = SystemActor("runner")
    for terminal in (first, second):
        lease = claimed()
        started = terminals.start(
            runner, terminal, job_id=lease.job_id, job_epoch=lease.run.epoch, level="bubblewrap"
        )
        assert started is not None
    Job.objects.filter(key=f"terminal:{first.pk}").update(
        lease_until=clock.now() - timedelta(seconds=9)
    )

    lease = claimed()
    again = terminals.start(
        runner, first, job_id=lease.job_id, job_epoch=lease.run.epoch, level="bubblewrap"
    )
    Job.objects.filter(key=f"terminal:{second.pk}").update(
        lease_until=clock.now() - timedelta(seconds=9)
    )
    end_lost_terminals()

    assert again is None
    assert {fresh(one).reason for one in (first, second)} == {"runner_lost"}
