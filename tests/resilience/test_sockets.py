"""Sockets of a real installation: many that come and go, and those whose right was taken away."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.resilience.socket_client import RefusedError, Socket, Viewer, by_token, connect
from tests.stories.house import House, Person

pytestmark = pytest.mark.kill
CLIENTS = 50


async def test_fifty_clients_that_reconnect_at_random_hold_the_same_gapless_log(
    strong_house: House,
) -> None:
    alice, bob = strong_house.alice, strong_house.bob
    session = alice.session("crowd")
    alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "editor"})
    alice.post(f"/sessions/{session}/shares", {"user": "charlie", "role": "viewer"})
    tokens = [p.token for p in (alice, bob, strong_house.charlie)]
    viewers = [Viewer(strong_house.url, session, tokens[n % 3]) for n in range(CLIENTS)]
    watching = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    async with asyncio.timeout(60):
        while not all(viewer.connections for viewer in viewers):
            await asyncio.sleep(0.1)
        async with asyncio.TaskGroup() as group:
            trouble = group.create_task(cut_at_random(viewers))
            while sum(viewer.connections for viewer in viewers) <= 2 * CLIENTS:
                for who in (alice, bob):
                    await asyncio.to_thread(who.prompt, session, "/sh echo a; sleep 0.3; echo b")
            trouble.cancel()
    await asyncio.to_thread(alice.settled, session, seconds=60)
    events = await asyncio.to_thread(alice.events, session)
    async with asyncio.timeout(20):
        while any(viewer.last < len(events) for viewer in viewers):
            await asyncio.sleep(0.1)
    for task in watching:
        task.cancel()

    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert [seq for seq, _ in viewers[0].log] == [e["seq"] for e in events]
    assert all(viewer.log == viewers[0].log for viewer in viewers)
    refused = strong_house.charlie.post(f"/sessions/{session}/messages", {"content": "/sh id"})
    assert refused.status_code == 403


async def cut_at_random(viewers: list[Viewer]) -> None:
    """Cut one connection after the other, without a word."""
    dice = random.Random(11)
    while True:
        await asyncio.sleep(0.05)
        if socket := dice.choice(viewers).socket:
            socket.cut()


async def closed(socket: Socket, deed: Callable[[], Any]) -> tuple[int | None, float]:
    """Do the deed; the close code and the seconds it took from then on."""
    while (await arrived(socket))["kind"] != "presence":
        pass
    answer = await asyncio.to_thread(deed)
    assert answer.status_code < 300, answer.text
    began = time.monotonic()
    async with asyncio.timeout(15):
        while await socket.message() is not None:
            pass
    return socket.code, time.monotonic() - began


async def arrived(socket: Socket) -> dict[str, Any]:
    """A message that must come."""
    message = await socket.message()
    assert message is not None, socket.code
    return message


async def test_an_idle_socket_closes_when_the_share_is_revoked(strong_house: House) -> None:
    alice, bob = strong_house.alice, strong_house.bob
    session = alice.session("revoked")
    share = alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "viewer"}).json()
    socket = await by_token(bob.url, session, bob.token)

    code, seconds = await closed(
        socket, lambda: alice.delete(f"/sessions/{session}/shares/{share['id']}")
    )

    assert code == 4403
    assert seconds < 2
    with pytest.raises(RefusedError, match="403"):
        await by_token(bob.url, session, bob.token)


async def test_a_socket_closes_as_deleted_when_its_session_is(strong_house: House) -> None:
    alice, bob = strong_house.alice, strong_house.bob
    session = alice.session("trashed")
    alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "viewer"})
    socket = await by_token(bob.url, session, bob.token)

    code, _seconds = await closed(socket, lambda: alice.delete(f"/sessions/{session}"))

    assert code == 4404


async def test_a_revoked_token_closes_its_socket_and_no_other(strong_house: House) -> None:
    bob = strong_house.bob
    session = bob.session("token")
    made = bob.post("/tokens", {"name": "short-lived"}).json()
    socket = await by_token(bob.url, session, made["token"])
    other = await by_token(bob.url, session, bob.token)

    code, seconds = await closed(socket, lambda: bob.delete(f"/tokens/{made['id']}"))
    await other.say({"kind": "ping"})
    while (await arrived(other))["kind"] != "pong":
        pass
    other.cut()

    assert code == 4401
    assert seconds < 2


async def test_a_token_that_may_not_read_opens_no_socket(strong_house: House) -> None:
    bob = strong_house.bob
    session = bob.session("scoped")
    made = bob.post("/tokens", {"name": "numbers", "scopes": ["metrics"]}).json()

    with pytest.raises(RefusedError, match="403"):
        await by_token(bob.url, session, made["token"])


async def test_signing_out_closes_the_browsers_socket(strong_house: House) -> None:
    bob = strong_house.bob
    session = bob.session("cookie")
    browser = await asyncio.to_thread(signed_in, bob)
    headers = {
        "Origin": bob.url,
        "Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
    }
    socket = await connect(bob.url, session, 0, **headers)

    code, seconds = await closed(socket, lambda: leave(browser))
    browser.close()

    assert code == 4401
    assert seconds < 2
    with pytest.raises(RefusedError, match="403"):
        await connect(bob.url, session, 0, **headers)


def signed_in(person: Person) -> httpx.Client:
    """A browser's session."""
    browser = httpx.Client(base_url=person.url, follow_redirects=False, timeout=30)
    form = {"username": person.username, "password": person.password}
    answer = browser.post("/sign-in", data={**form, "csrfmiddlewaretoken": csrf(browser)})
    assert answer.status_code == 302, answer.text[:500]
    return browser


def leave(browser: httpx.Client) -> httpx.Response:
    """Sign out; the page answers with a redirect, which counts as done."""
    answer = browser.post("/sign-out", data={"csrfmiddlewaretoken": csrf(browser)})
    assert answer.status_code == 302
    return httpx.Response(204)


def csrf(browser: httpx.Client) -> str:
    """The form's token of whichever page stands there."""
    page = browser.get("/sign-in", follow_redirects=True).text
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found, page[:500]
    return found[1]
