"""Every verb × every member of the cast: allowed or refused as `expected.yaml` says.

The verbs come from the registry, so a new one is tried before its author remembers. After a
refusal no table has changed but the record of the refusal, which is there.
"""

from __future__ import annotations

import pytest

from kernel.actions import registry
from kernel.denials import ActionDenied
from kernel.models import DenialCount
from tests.authorization.outcomes import OK, actors, attempt, expected, undone
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.factories.targets import case_of

__all__ = ["facts"]
TABLE = expected()


@pytest.mark.parametrize("name", sorted(registry))
def test_every_verb_for_everybody(cast: Cast, facts: Facts, name: str) -> None:
    verb, found = registry[name], {}
    case = case_of(verb, cast)

    for who, actor in actors(cast).items():
        with undone():
            facts.records.clear()
            outcome = attempt(verb, actor, case)
            denied = facts.of(ActionDenied)
            counted = DenialCount.objects.filter(verb=name).count()
        found[who] = outcome.code
        assert outcome.changed == (), f"{who} was refused {name} and changed {outcome.changed}"
        if outcome.code == OK:
            continue
        if who == "nobody":
            assert (counted, denied) == (1, [])
        else:
            assert [(d.denied_verb, d.reason) for d in denied] == [(name, outcome.code)]
            assert len(facts.records) == 1

    line = f"{name}: {{{', '.join(f'{who}: {code}' for who, code in found.items())}}}"
    assert TABLE.get(name) == found, f"review, then put into expected.yaml:\n{line}"


def test_the_table_names_no_verb_that_is_gone() -> None:
    assert sorted(set(TABLE) - set(registry)) == []


def test_nobody_unknown_passes_but_at_the_door() -> None:
    open_doors = {name for name, row in TABLE.items() if row["nobody"] == OK}

    assert open_doors == {
        "identity.accept_invitation",
        "identity.fail_sign_in",
        "identity.set_password_by_link",
    }


def test_the_stranger_outside_gets_nothing_of_acme() -> None:
    own = {"identity.accept_invitation", "identity.fail_sign_in", "identity.set_password_by_link"}
    got = {name: row["dora"] for name, row in TABLE.items() if name not in own}

    assert set(got.values()) == {"not_found"}


def test_operators_touch_no_content() -> None:
    content = (
        "sessions.", "approvals.", "runs.", "tool_calls.", "tasks.", "executions.", "reports.",
        "marketplace.", "audit.",
    )  # fmt: skip
    got = {name for name, row in TABLE.items() if name.startswith(content) and row["olga"] == OK}

    assert got == set()
