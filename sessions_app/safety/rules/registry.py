"""All rules by program, and the examination of one program by them."""

from __future__ import annotations

from itertools import pairwise

from sessions_app.safety.effects import Use, leaving, use
from sessions_app.safety.frame.start import Start
from sessions_app.safety.model import Danger, Finding, Program, Reach, Reason, Target
from sessions_app.safety.rules.addresses import hosts_in
from sessions_app.safety.rules.base import Check, Concern, Rule
from sessions_app.safety.rules.cloud import CLOUD
from sessions_app.safety.rules.conditions import HELP, OTHERWISE
from sessions_app.safety.rules.containers import CONTAINERS
from sessions_app.safety.rules.databases import DATABASES
from sessions_app.safety.rules.disks import DISKS
from sessions_app.safety.rules.distributions import DISTRIBUTIONS
from sessions_app.safety.rules.files import FILES, USES
from sessions_app.safety.rules.frameworks import FRAMEWORKS
from sessions_app.safety.rules.git import GIT
from sessions_app.safety.rules.guards import GUARDS
from sessions_app.safety.rules.harmless import HARMLESS
from sessions_app.safety.rules.hosting import HOSTING
from sessions_app.safety.rules.invocation import PLAIN, Grammar, Invocation
from sessions_app.safety.rules.kubernetes import KUBERNETES
from sessions_app.safety.rules.network import NETWORK
from sessions_app.safety.rules.packages import PACKAGES
from sessions_app.safety.rules.secrets import SECRETS
from sessions_app.safety.rules.stores import STORES
from sessions_app.safety.rules.system import SYSTEM
from sessions_app.safety.text import is_hole, listed, show
from sessions_app.safety.values.words import Word

CONCERNS = (
    FILES, DISKS, GIT, HOSTING, KUBERNETES, DATABASES, STORES, FRAMEWORKS, CLOUD, CONTAINERS,
    SYSTEM, GUARDS, PACKAGES, DISTRIBUTIONS, SECRETS, NETWORK, HARMLESS,
)  # fmt: skip


class Registry:
    """The rules, grammars and checks of all concerns, by program."""

    def __init__(self, concerns: tuple[Concern, ...]) -> None:
        self.rules: dict[str, list[Rule]] = {}
        self.checks: dict[str, list[Check]] = {}
        self.grammars: dict[str, Grammar] = {}
        self.tame: set[str] = set()
        for concern in concerns:
            self._add(concern)

    def _add(self, concern: Concern) -> None:
        self.grammars |= concern.grammars
        self.tame |= concern.tame
        for rule in concern.rules:
            for program in rule.programs:
                self.rules.setdefault(program, []).append(rule)
        for program, check in concern.checks.items():
            self.checks.setdefault(program, []).append(check)

    def knows(self, program: str) -> bool:
        """Whether any rule, check or list speaks of the program."""
        return program in self.tame or program in self.rules or program in self.checks


REGISTRY = Registry(CONCERNS)
ALIASES = {"pip3": "pip", "nodejs": "node", "docker.io": "docker", "k": "kubectl", "e": "vi"}
SUFFIXES = (".static", "-static")


def examine(start: Start, *, wraps: bool = False) -> frozenset[str]:
    """Apply all rules to a program; answers the traits of what it reads.

    `wraps`: the program runs another one, so that not being known is no finding of its own.
    """
    program = _program(start.name)
    call = Invocation(
        program=program,
        argv=start.argv,
        grammar=REGISTRY.grammars.get(program, PLAIN),
        stdin=start.stdin,
        piped=start.frame.piped,
    )
    for host in hosts_in(call):
        start.shell.trace.hosts[show(host)] = None
    if HELP(call) and REGISTRY.knows(program):
        return frozenset()
    found = findings(call)
    for finding in found:
        start.shell.trace.add(finding)
    if not found and not wraps and program not in REGISTRY.tame:
        _unknown(start, call)
    return _files(start, call)


def without_options(program: Program) -> tuple[str, ...]:
    """A program's words from its first operand on: `git -C . push` as `git push`."""
    name, argv = _program(program.name), [Word(text) for text in program.argv]
    call = Invocation(program=name, argv=argv, grammar=REGISTRY.grammars.get(name, PLAIN))
    place = next((n for n, word in enumerate(argv) if n and word in call.operands), len(argv))
    return (name, *program.argv[place:])


def _program(name: str) -> str:
    bare = name.removesuffix(".static")
    return ALIASES.get(bare, bare)


def findings(call: Invocation) -> list[Finding]:
    """What rules and checks say; a harmless rule answers with a finding of no danger."""
    rules = REGISTRY.rules.get(call.program, ())
    spoken = [rule.finding(call) for rule in rules]
    found = [each for each in spoken if each is not None]
    found += [each for check in REGISTRY.checks.get(call.program, ()) for each in check(call)]
    return found or [rule.said(call) for rule in rules if rule.when is OTHERWISE][:1]


def _files(start: Start, call: Invocation) -> frozenset[str]:
    reader = USES.get(call.program)
    if reader is None:
        _outputs(start, call)
        return frozenset()
    traits: set[str] = set()
    for kind, word in reader(call):
        start.shell.trace.keep_time()
        if is_hole(word.text) and word.text in start.frame.files:
            continue
        where = start.place(word)
        use(start.shell.trace, kind, where)
        if kind == "read":
            traits.update(leaving(where))
    return frozenset(traits)


OUTPUT_OPTIONS = frozenset(listed("-o --output --out --outfile --outFile --output-file --outdir"))


def _outputs(start: Start, call: Invocation) -> None:
    """What a harmless program is told to write: `gcc -o path`."""
    if call.program not in HARMLESS.tame:
        return
    for option, value in pairwise(call.argv):
        if option.text in OUTPUT_OPTIONS:
            start.use(Use.WRITE, value)
    for word in call.argv:
        name, equals, path = word.text.partition("=")
        if equals and name in OUTPUT_OPTIONS:
            start.use(Use.WRITE, Word(path, word.glob, word.traits))


def _unknown(start: Start, call: Invocation) -> None:
    """A program or form no rule speaks of: a matter for caution, unless it says it destroys."""
    known = REGISTRY.knows(call.program)
    start.shell.trace.complete = start.shell.trace.complete and known
    target = (Target("program", show(call.program)),)
    verbs = {part for text in call.texts()[:2] for part in text.lower().split("-")}
    if verbs & DESTROYING_VERBS and call.argv[-1].text not in {"-h", "/?"}:
        text = "A program that is not known here is asked to destroy something."
        reason = Reason("program.destroys", text)
        start.shell.trace.add(Finding(Danger.DANGEROUS, reason, Reach.SHARED, target))
        return
    text = UNKNOWN_FORM if known else UNKNOWN_PROGRAM
    code = "program.unknown_form" if known else "program.unknown"
    start.shell.trace.add(Finding(Danger.CAUTION, Reason(code, text), Reach.SESSION, target))


UNKNOWN_FORM = "What this subcommand does is not known here."
UNKNOWN_PROGRAM = "A program whose effect is not known here."
DESTROYING_VERBS = frozenset(
    listed("delete destroy purge wipe terminate erase nuke obliterate drop")
)
