"""Programs that only look, compute, build or test: known, and harmless whatever their arguments."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import raw
from sessions_app.safety.text import listed

HARMLESS = Concern("harmless", Reach.SESSION)
HARMLESS.tame.update(
    listed("""
    date cal ncal uptime uname arch hostid nproc whoami id groups users who w last lastlog tty
    locale getconf getent lscpu lsmem lsblk lsusb lspci lsof lshw dmidecode free vmstat iostat
    mpstat sar top htop btop atop ps pstree pgrep pidof pidstat df findmnt blkid ss netstat
    seq yes factor bc dc expr numfmt units jot basename dirname pathchk pwd tput clear reset
    stty man info help apropos whatis tldr cowsay figlet fortune banner neofetch
    ping ping6 traceroute tracepath mtr host nslookup dig whois arp ifstat
    tr logname hostname domainname dnsdomainname nologin sleep usleep
    vim vi nvim view ex ed nano emacs pico micro hx less
    true false test clang clang++ gcc g++ cc c++ rustc javac kotlinc ghc ocamlopt swiftc tsc
    esbuild swc ld as ar ranlib strip cmake ctest meson ninja bazel buck pants gradle gradlew mvn
    mvnw ant sbt lein dotnet msbuild xcodebuild zig nim crystal
    pytest py.test tox nox unittest nosetests coverage behave mypy pyright pylint flake8 ruff black
    isort autopep8 bandit pydocstyle pre-commit vulture radon
    jest vitest mocha ava karma cypress playwright eslint prettier biome stylelint tslint standard
    webpack rollup vite parcel next nuxt astro turbo nx lerna ng vue-cli-service storybook tsup
    rspec rubocop minitest rake phpunit phpstan psalm pest golangci-lint gofmt goimports staticcheck
    rustfmt clippy-driver cargo-clippy shellcheck shfmt hadolint yamllint markdownlint actionlint
    tflint checkov trivy semgrep gitleaks cloc tokei scc ctags protoc sphinx-build mkdocs jekyll
    hugo pandoc pdflatex latexmk dot plantuml convert identify ffprobe exiftool
    envsubst gettext msgfmt iconv ansible-lint ansible-doc vale codespell
    lint-imports import-linter djlint curlie gdb lldb strace-log-merge time-out
    xdpyinfo xrandr xclip xsel pbcopy pbpaste notify-send say fzf gum tmuxinator
    git-lfs-ls-files delta difft jd hexyl httpstat
    """)
)
HARMLESS.tame.update(listed("make gmake just task npm-run-all python-config pkg-config"))
HARMLESS.caution(
    "made_public",
    "make gmake just task rake",
    raw("deploy* publish* release* install uninstall push* destroy* prod* drop* reset*"),
    text="Runs a recipe whose name says that it reaches beyond the workspace.",
)
HARMLESS.caution(
    "other_recipe",
    "make gmake",
    raw("SHELL=* -f --file=* --makefile=* -C --eval=*"),
    text="Runs recipes that were not examined.",
)
