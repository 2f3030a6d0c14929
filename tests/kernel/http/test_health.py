"""What operators' machines ask: /livez, /readyz, /startupz, /health, /metrics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from kernel.health import probes


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz", "/health"])
def test_they_answer_without_sign_in_and_without_a_slash(db: None, path: str) -> None:
    answer = Client().get(path)

    assert answer.status_code == 200
    assert answer.json()["status"] in {"ok", "ready"}
    assert Client().get(f"{path}/").status_code == 404


def test_alive_does_not_mean_ready(db: None, broken_probe: None) -> None:
    answers = {path: Client().get(path) for path in ("/livez", "/readyz", "/startupz", "/health")}

    assert {path: one.status_code for path, one in answers.items()} == {
        "/livez": 200,
        "/readyz": 503,
        "/startupz": 503,
        "/health": 503,
    }
    assert answers["/readyz"].json()["degraded"]["test.broken"] == "out of order"


@pytest.fixture
def broken_probe() -> Iterator[None]:
    probes.probe("test.broken", fatal=True)(lambda: "out of order")
    yield
    del probes.registry["test.broken"]


def test_metrics_are_for_loopback_or_the_operators_token(db: None) -> None:
    here, there = Client(), Client(REMOTE_ADDR="10.0.0.9")

    assert here.get("/metrics")["Content-Type"].startswith("text/plain")
    assert there.get("/metrics").json()["code"] == "not_allowed"
    assert here.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 403
    with override_settings(METRICS_TOKEN="only-for-prometheus"):
        headers = {"Authorization": "Bearer only-for-prometheus"}
        assert there.get("/metrics", headers=headers).status_code == 200
        assert there.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 403
