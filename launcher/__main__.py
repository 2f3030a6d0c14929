"""First half of every command: runs on a bare Python, makes the environment, steps into it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

from launcher.arguments import ROOT, help_text, parse
from launcher.bootstrap import environment_python, is_cold
from launcher.failure import LauncherError
from launcher.frontend import build_meanwhile
from launcher.notices import launched_at, say

NEEDS_FRONTEND = {"up", "test", "build"}
NEEDS_DEV = {"test", "lint", "types", "bench"}

UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Container images like to set it. Ours are many processes: each would compile everything anew,
which doubles the time of every start."""


def main(arguments: Sequence[str]) -> int:
    """Parses, prepares and replaces this process by the same command inside the environment."""
    launched_at()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options = parse(arguments)
        if options.command == "help":
            print(help_text())
            return 0
        kind = "dev" if options.command in NEEDS_DEV else "base"
        begun = time.monotonic()
        if options.command in NEEDS_FRONTEND and is_cold(ROOT, options.data_dir, kind):
            build_meanwhile(options.data_dir)
        python = environment_python(ROOT, options.data_dir, kind)
        if (took := time.monotonic() - begun) > 1:
            say(f"      environment ready in {took:.1f} s")
        os.environ.pop(UNCOMPILED, None)
        os.execv(python, [str(python), "-m", "launcher.inside", *arguments])
    except LauncherError as error:
        say(f"quarterdeck: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("quarterdeck: interrupted")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
