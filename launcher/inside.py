"""Second half of every command: runs inside the environment."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence

from launcher.arguments import Options, parse
from launcher.checks import run_bench, run_build, run_lint, run_tests, run_types
from launcher.failure import LauncherError
from launcher.notices import say
from launcher.operate.backup import run_backup
from launcher.operate.doctor import run_doctor
from launcher.operate.halting import run_resume, run_stop
from launcher.operate.restore import run_restore
from launcher.operate.upgrade import run_upgrade
from launcher.session import run_session
from launcher.up import run_up

COMMANDS: dict[str, Callable[[Options], int]] = {
    "up": run_up,
    "backup": run_backup,
    "restore": run_restore,
    "upgrade": run_upgrade,
    "doctor": run_doctor,
    "stop": run_stop,
    "resume": run_resume,
    "session": run_session,
    "build": run_build,
    "test": run_tests,
    "lint": run_lint,
    "types": run_types,
    "bench": run_bench,
}


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code: 0 done, 1 findings or failure, 2 misuse."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options = parse(arguments)
        return COMMANDS[options.command](options)
    except LauncherError as error:
        say(f"quarterdeck: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("quarterdeck: interrupted")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
