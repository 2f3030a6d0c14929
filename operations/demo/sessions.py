"""Sessions people can look at at once: real commands that the runner really runs."""

from __future__ import annotations

from identity.public import Organization, User
from sessions_app.public import AgentSession, SessionSpec, create_session, prompt, share

CHECKOUT = """\
```sh
mkdir -p logs && cd logs
for i in $(seq 1 40); do echo "$i $(( (i * 37) % 900 + 20 )) /checkout"; done > access.log
sort -k2 -n -r access.log | head -5
awk '{ sum += $2 } END { printf "mean %.0f ms over %d requests\\n", sum / NR, NR }' access.log
```
"""
PLAN = """\
```yaml
plan:
  - name: Look around
    tool: shell
    args: {command: "uname -s; date -u +%F; df -h /workspace | tail -1"}
    save_as: machine
  - name: Remember it
    tool: shell
    args: {command: "mkdir -p notes && uname -a > notes/machine.txt && wc -c notes/machine.txt"}
  - name: Check
    tool: read_file
    args: {path: notes/machine.txt}
    expect: {contains: Linux}
```
"""
_STORIES = (
    ("alice", "Slow checkout since Friday", ("/help", CHECKOUT), (("bob", "editor"),)),
    ("alice", "Nightly machine check", ("/sh uname -a && nproc && free -m", PLAN), ()),
    ("bob", "Try the tools", ("/sh git init -q demo && cd demo && git status",), (
        ("alice", "editor"),
    )),
    ("erin", "Clean up the old build", ("/sh mkdir -p build && touch build/a build/b && ls build",
                                       "/sh rm -rf build"), (("alice", "editor"),)),
)  # fmt: skip


def make_sessions(acme: Organization, users: dict[str, User]) -> None:
    """Make the sessions once; a second start leaves them alone."""
    if AgentSession.objects.filter(organization=acme).exists():
        return
    for owner, name, prompts, shares in _STORIES:
        session = create_session(users[owner], acme, spec=SessionSpec(name=name))
        for person, role in shares:
            share(users[owner], session, subject=users[person], role=role)
        for text in prompts:
            prompt(users[owner], session, content=text)
