"""Story 0.2: four runtimes behind one interface."""

from __future__ import annotations

from tests.installation import MODEL_KEY
from tests.stories.house import ROOT, House
from tests.stories.texts import story

PLAN = """
```yaml
plan:
  - tool: write_file
    args: {path: note.txt, content: "one\\n"}
    name: Write it down
  - tool: shell
    args: {command: "cat note.txt"}
    save_as: read
  - tool: shell
    args: {command: "echo {{read.content}}"}
    when: {of: read.content, contains: one}
    expect: {exit_code: 0}
```
"""


@story("0.2")
def test_0_2_runtimes(the_house: House) -> None:
    alice = the_house.alice
    embedded = alice.session("embedded", sdk_options={"permission_mode": "acceptEdits"})
    model = alice.session(
        "model", runtime="model", sdk_options={"model": "anthropic:claude-sonnet-4-5"}
    )
    acp = alice.session(
        "acp",
        runtime="acp",
        working_directory=str(ROOT / "tests" / "standins"),
        sdk_options={"permission_mode": "bypassPermissions"},
    )

    calls = alice.run(embedded, PLAN)
    alice.run(embedded, "tell me a joke")
    by_model = alice.run(model, "look around")
    by_agent = alice.run(acp, "/etc/shadow")

    assert [(c["tool"], c["status"]) for c in calls] == [
        ("write_file", "ok"),
        ("shell", "ok"),
        ("shell", "ok"),
    ]
    spoken = alice.get(f"/sessions/{embedded}/messages").json()["results"]
    assert "no model" in spoken[-1]["content"].lower()
    assert [c["content"] for c in by_model] == ["from the model\n"]
    answered = alice.get(f"/sessions/{model}/messages").json()["results"][-1]
    assert answered["content"].endswith("It answered.")
    figures = alice.get(f"/sessions/{model}").json()
    assert figures["input_tokens"] > 0
    assert float(figures["cost_usd"]) > 0
    assert [c["tool"] for c in by_agent] == ["write_file", "shell"]
    contained = alice.get(f"/sessions/{acp}/messages").json()["results"][-1]["content"]
    assert "hidden: PermissionError" in contained or "hidden: FileNotFoundError" in contained
    for one in (embedded, model, acp):
        text = str(alice.events(one))
        assert MODEL_KEY not in text
        endings = [e for e in alice.events(one) if e["type"] in {"RUN_FINISHED", "RUN_ERROR"}]
        assert {e["type"] for e in endings} == {"RUN_FINISHED"}, endings
