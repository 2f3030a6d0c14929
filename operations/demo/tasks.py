"""A task people can look at at once: a schedule, a shared definition, a report that was made."""

from __future__ import annotations

from identity.public import Organization, User
from sessions_app.public import Schedule, Task, TaskSpec, Variable, create_task, execute_task

LARGEST = """\
What takes the most room below {{folder}}?

```sh
mkdir -p logs data && seq 20000 > data/measurements.csv && seq 300 > logs/access.log
du -k --all {{folder}} 2>/dev/null | sort -rn | head -n {{count}}
```
"""


def make_tasks(acme: Organization, users: dict[str, User]) -> None:
    """Make the task once and execute it once; a second start leaves it alone."""
    if Task.objects.filter(organization=acme).exists():
        return
    spec = TaskSpec(
        name="Largest files",
        prompt_template=LARGEST,
        variables=[
            Variable(name="folder", default=".", description="Where to look"),
            Variable(name="count", type="integer", default=5, description="How many lines"),
        ],
        tools=["shell"],
        report_format="pdf",
        visibility="organization",
        schedule=Schedule(cron="0 7 * * 1", timezone="Europe/Berlin"),
    )
    task = create_task(users["alice"], acme, spec=spec)
    execute_task(users["alice"], task, variables={"count": 3})
