"""Special places: files whose reading gives secrets away, or whose writing plants something.

A pattern starting with `~/` or `/` is anchored; any other matches at every depth. `**` at the end
stands for the whole tree, the directory itself included.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from sessions_app.safety.text import listed
from sessions_app.safety.values.words import GLOB_CHARACTERS

SECRETS = listed("""
~/.ssh/** ~/.aws/credentials ~/.aws/sso/** ~/.aws/cli/** ~/.aws ~/.kube/** ~/.netrc ~/_netrc
~/.pgpass ~/.my.cnf ~/.git-credentials ~/.config/gcloud/** ~/.azure/** ~/.docker/config.json
~/.npmrc ~/.pypirc ~/.gnupg/** ~/.config/gh/** ~/.config/hub ~/.password-store/** ~/.vault-token
~/.local/share/keyrings/** ~/Library/Keychains/** ~/.mozilla/** ~/.config/google-chrome/**
~/.config/chromium/** ~/.terraform.d/credentials.tfrc.json ~/.cargo/credentials*
~/.gem/credentials ~/.config/op/** ~/.config/rclone/** ~/.s3cfg ~/.boto ~/.claude/.credentials.json
~/.codex/auth.json ~/.oci/** ~/.config/doctl/** ~/.fly/** ~/.config/heroku/** ~/.kaggle/**
~/.cache/huggingface/token ~/.huggingface/** ~/.bitcoin/** ~/.ethereum/** ~/.electrum/**
/etc/shadow /etc/shadow- /etc/gshadow /etc/master.passwd /etc/ssh/ssh_host_*_key /etc/ssl/private/**
/etc/krb5.keytab /etc/kubernetes/** /var/run/secrets/** /run/secrets/** /proc/*/environ
/proc/*/mem /proc/kcore /dev/mem /dev/kmem /etc/sudoers /etc/security/opasswd
/var/lib/kubelet/** /etc/rancher/** /var/lib/docker/** /etc/wireguard/** /etc/openvpn/**
id_rsa id_dsa id_ecdsa id_ed25519 .git-credentials .pgpass .netrc .vault-token
""")

PUBLIC = listed("*.pub known_hosts known_hosts.old authorized_keys pubring.kbx")
"""File names that are no secret although they lie in a secret directory."""

PRIVATE = listed("""
.env .env.* .envrc *.pem *.key *.p12 *.pfx *.kdbx *.keystore *.jks *.tfstate *.tfvars .npmrc .pypirc
secrets.yml secrets.yaml secrets.json secrets.toml credentials credentials.json credentials.yml
credentials.yml.enc master.key service-account*.json service_account*.json client_secret*.json
htpasswd .htpasswd wp-config.php
~/.bash_history ~/.zsh_history ~/.python_history ~/.psql_history ~/.mysql_history ~/.viminfo
~/.history ~/.local/share/fish/fish_history ~/.ssh/config /var/log/auth.log* /var/log/secure*
""")

SAMPLES = listed("*.example *.sample *.template *.dist *.tpl *.j2 *.test")

STARTUP = listed("""
~/.bashrc ~/.bash_profile ~/.bash_login ~/.bash_logout ~/.bash_aliases ~/.profile ~/.zshrc ~/.zshenv
~/.zprofile ~/.zlogin ~/.kshrc ~/.cshrc ~/.tcshrc ~/.config/fish/** ~/.config/autostart/**
~/.config/systemd/** ~/.ssh/** ~/.gitconfig ~/.config/git/** ~/.vimrc ~/.vim/** ~/.config/nvim/**
~/.emacs ~/.emacs.d/** ~/.inputrc ~/.pam_environment ~/.xprofile ~/.xinitrc ~/.xsession ~/.tmux.conf
~/.screenrc ~/.npmrc ~/.pypirc ~/.config/pip/** ~/.pip/** ~/.local/bin/** ~/bin/** ~/.pythonrc
~/Library/LaunchAgents/** ~/.aws/** ~/.kube/** ~/.docker/** ~/.gnupg/** ~/.netrc ~/.claude/**
~/.local/lib/** ~/.curlrc ~/.wgetrc ~/.psqlrc ~/.gdbinit ~/.sqliterc
""")

REPOSITORY = listed(".git/**")

AUTOMATION = listed("""
.github/workflows/** .github/actions/** .gitlab-ci.yml .gitlab-ci.yaml .circleci/** Jenkinsfile
azure-pipelines.yml .travis.yml bitbucket-pipelines.yml .drone.yml .woodpecker/** .woodpecker.yml
.buildkite/** .pre-commit-config.yaml .husky/** .githooks/** .vscode/** .devcontainer/** .envrc
.claude/** .cursor/** .mcp.json sitecustomize.py usercustomize.py .gitmodules .gitattributes
cloudbuild.yaml buildspec.yml .teamcity/** .forgejo/** .gitea/** .ci/**
""")

EVIDENCE = listed("""
~/.bash_history ~/.zsh_history ~/.history ~/.python_history ~/.local/share/fish/fish_history
/var/log/** /var/run/utmp /run/utmp /var/account/** /root/.bash_history
""")

TOOL_MADE = listed("""
node_modules __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .next .nuxt .turbo
.parcel-cache .gradle .eggs *.egg-info .hypothesis .svelte-kit .cache .venv .coverage htmlcov
.nyc_output .sass-cache .import_linter_cache .ipynb_checkpoints .angular .vite .yarn-cache *.pyc
*.pyo *.o *.class .DS_Store Thumbs.db *.tsbuildinfo .eslintcache .stylelintcache
""")
"""Names only tools give: what bears them comes back with the next run."""


MAX_NAME = 255
"""Bytes of a file name on any usual file system; nothing longer names a place."""


class PlaceTable:
    """Patterns of special places, answering for the components of a canonical path."""

    def __init__(self, patterns: list[str]) -> None:
        split = [_components(pattern) for pattern in patterns]
        self._anchored = [parts for parts in split if parts[0] in {"~", "/"}]
        self._floating = [parts for parts in split if parts[0] not in {"~", "/"}]
        forms = [_form(parts, anchored=True) for parts in self._anchored]
        forms += [_form(parts, anchored=False) for parts in self._floating]
        self._literal = re.compile("|".join(forms))

    def holds(self, parts: list[str]) -> bool:
        """Whether the path is one of these places, or a pattern that would match one."""
        if any(len(part) > MAX_NAME for part in parts):
            return False
        path = "/".join(parts)
        if GLOB_CHARACTERS.isdisjoint(path):
            return self._literal.fullmatch(path) is not None
        if any(_matches(parts, pattern) for pattern in self._anchored):
            return True
        return any(
            _matches(parts[start:], pattern)
            for pattern in self._floating
            for start in range(1, len(parts))
            if _alike(parts[start], pattern[0])
        )


def _form(parts: list[str], *, anchored: bool) -> str:
    """A pattern as a regular expression over joined components."""
    tree = parts[-1] == "**"
    fixed = "/".join(
        re.escape(part).replace(r"\*", "[^/]*") for part in (parts[:-1] if tree else parts)
    )
    return ("" if anchored else ".+/") + fixed + ("(?:/.*)?" if tree else "")


def _components(pattern: str) -> list[str]:
    if pattern.startswith("/"):
        return ["/", *pattern.strip("/").split("/")]
    return pattern.split("/")


def _matches(parts: list[str], pattern: list[str]) -> bool:
    tree = pattern[-1] == "**"
    fixed = pattern[:-1] if tree else pattern
    if len(parts) < len(fixed) or (not tree and len(parts) != len(fixed)):
        return False
    return all(_alike(part, wanted) for part, wanted in zip(parts, fixed, strict=False))


def _alike(part: str, wanted: str) -> bool:
    """Whether a component, possibly a glob itself, can be the wanted one."""
    if part == wanted or fnmatchcase(part, wanted):
        return True
    if not {"*", "?", "["} & set(part) or len(part.replace("*", "").replace("?", "")) < 2:
        return part == "*" and wanted == "*"
    return not (wanted.startswith(".") and part[0] in "*?") and fnmatchcase(wanted, part)


def named(name: str, patterns: list[str]) -> bool:
    """Whether a file name is one of these."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


SECRET_PLACES = PlaceTable(SECRETS)
PRIVATE_PLACES = PlaceTable(PRIVATE)
STARTUP_PLACES = PlaceTable(STARTUP)
REPOSITORY_PLACES = PlaceTable(REPOSITORY)
AUTOMATION_PLACES = PlaceTable(AUTOMATION)
EVIDENCE_PLACES = PlaceTable(EVIDENCE)
