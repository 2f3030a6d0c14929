"""Wrappers of projects: environments, tool versions, package runners, git's own loops."""

from __future__ import annotations

from sessions_app.safety.shell.wrappers.form import Wrapper, names, plain, under

_GIT_VALUES = names("C c git-dir work-tree namespace exec-path super-prefix config-env")
_NPX = Wrapper(values=names("p package c call"), scripts=names("c call"), unknown=True)


PROJECT: dict[str, list[Wrapper]] = {
    "nix-shell": [Wrapper(values=names("p packages A I"), scripts=names("run command"))],
    "nix": [Wrapper(sub=("develop",), after="c"), Wrapper(sub=("shell",), after="c")],
    "direnv": [under("exec", skip=1)],
    "uv": [Wrapper(sub=("run",), values=names("p python with extra group package directory"))],
    "poetry": [under("run", names("C directory P project"))],
    "pipenv": [under("run")],
    "pdm": [under("run", names("p project"))],
    "hatch": [under("run")],
    "rye": [under("run")],
    "conda": [under("run", names("n name p prefix cwd"))],
    "mamba": [under("run", names("n name p prefix"))],
    "micromamba": [under("run", names("n name p prefix"))],
    "bundle": [under("exec")],
    "rbenv": [under("exec")],
    "pyenv": [under("exec")],
    "nodenv": [under("exec")],
    "asdf": [under("exec")],
    "mise": [under("exec"), under("x"), under("run")],
    "volta": [under("run")],
    "fnm": [under("exec")],
    "npx": [_NPX],
    "bunx": [_NPX],
    "uvx": [Wrapper(values=names("from with p python"), unknown=True)],
    "pipx": [Wrapper(sub=("run",), values=names("spec python"), unknown=True)],
    "npm": [
        Wrapper(
            sub=("exec",), values=names("package c call"), scripts=names("c call"), unknown=True
        ),
        Wrapper(sub=("x",), values=names("package c call"), scripts=names("c call"), unknown=True),
    ],
    "pnpm": [under("exec"), Wrapper(sub=("dlx",), unknown=True)],
    "yarn": [under("exec"), Wrapper(sub=("dlx",), unknown=True)],
    "bun": [Wrapper(sub=("x",), unknown=True)],
    "aws-vault": [under("exec", names("d duration"), 1)],
    "op": [under("run", names("env-file"))],
    "doppler": [under("run", names("p project c config"))],
    "infisical": [under("run", names("env path"))],
    "chamber": [under("exec", skip=1)],
    "envchain": [plain(skip=1)],
    "dotenv": [plain("f e p"), under("run", names("f"))],
    "dotenvx": [under("run", names("f"))],
    "env-cmd": [plain("f")],
    "cross-env": [Wrapper(assigns=True)],
    "cross-env-shell": [Wrapper(assigns=True, joined=True)],
    "concurrently": [Wrapper(values=names("n names c"), joined=True)],
    "foreman": [under("run", names("e f"))],
    "git": [
        Wrapper(sub=("submodule", "foreach"), values=_GIT_VALUES, joined=True),
        Wrapper(sub=("bisect", "run"), values=_GIT_VALUES),
        Wrapper(
            sub=("rebase",),
            values=_GIT_VALUES | names("onto s X"),
            scripts=names("x exec"),
            skip=99,
        ),
        Wrapper(
            sub=("filter-branch",),
            values=_GIT_VALUES,
            scripts=names(
                "tree-filter index-filter msg-filter env-filter commit-filter parent-filter "
                "tag-name-filter subdirectory-filter setup"
            ),
            skip=99,
        ),
        Wrapper(sub=("difftool",), values=_GIT_VALUES, scripts=names("x extcmd"), skip=99),
    ],
}
