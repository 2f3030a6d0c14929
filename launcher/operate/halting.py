"""`stop` and `resume`: what the button in the page does, by whoever holds the machine."""

from __future__ import annotations

from launcher.arguments import Options
from launcher.failure import LauncherError
from launcher.operate.place import database, is_made, manage


def run_stop(options: Options) -> int:
    """Halts agents; a running installation ends their turns within seconds."""
    return _halt(options)


def run_resume(options: Options) -> int:
    """Ends halts; what waited behind them goes on."""
    return _halt(options, "--resume")


def _halt(options: Options, *more: str) -> int:
    if not is_made(options.data_dir):
        raise LauncherError(f"There is no installation in {options.data_dir}.")
    chosen = {"org": options.org, "person": options.person, "tool": options.tool}
    given = [f"--{name}={value}" for name, value in chosen.items() if value]
    given += [f"--reason={options.reason}"] if options.reason else []
    with database(options.data_dir, "A stop or resume") as urls:
        print(manage(options.data_dir, urls, "halt", *given, *more), end="", flush=True)
    return 0
