"""Runs a supervisor over the commands given as JSON, as `up` would, for the tests beside it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from launcher.processes import Program
from launcher.strays import TREE_VARIABLE, end_strays, tree_name
from launcher.supervisor import StopRequested, Supervisor


def main() -> None:
    data_dir = Path(sys.argv[1])
    end_strays(data_dir)
    tree = tree_name(data_dir)
    supervisor = Supervisor(data_dir / "logs", tree, echo=False)
    environment = {**os.environ, TREE_VARIABLE: tree}
    try:
        for line in json.loads(sys.argv[2]):
            supervisor.start(
                Program(
                    line["name"],
                    tuple(line["command"]),
                    environment,
                    directory=data_dir,
                    stage=line.get("stage", 1),
                    grace_seconds=line.get("grace_seconds", 5.0),
                )
            )
        print("started", flush=True)
        supervisor.serve()
    except StopRequested:
        pass
    finally:
        supervisor.stop()
    print("stopped", flush=True)


if __name__ == "__main__":
    main()
