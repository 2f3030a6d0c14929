"""Plans: their form, their references, and values inside shell commands."""

import subprocess

import pytest

from sessions_app.runtimes.embedded.parser import parse
from sessions_app.runtimes.embedded.plan import parse_plan
from sessions_app.runtimes.embedded.program import PlanError
from sessions_app.runtimes.embedded.values import substitute, substitute_shell

SAVE = "{tool: t, save_as: log}"


@pytest.mark.parametrize("fence", ["yaml", "yml", "json", "plan"])
def test_a_fenced_plan_with_prose_around_it_is_read(fence):
    plan = '{"plan": [{"tool": "git.log", "args": {"n": 1}, "save_as": "log"}]}'

    program = parse(f"Nightly check:\n```{fence}\n{plan}\n```\nThanks.")

    assert program.is_plan
    assert [(step.tool, step.arguments, step.save_as) for step in program.steps] == [
        ("git.log", {"n": 1}, "log")
    ]


def test_dates_and_octal_looking_texts_stay_what_json_knows():
    program = parse_plan("plan: [{tool: t, args: {day: 2026-11-22, n: 7, f: 1.5, on_: yes}}]")

    assert program.steps[0].arguments == {"day": "2026-11-22", "n": 7, "f": 1.5, "on_": True}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("plan: {}", "`plan` is a list of 1 to 500 steps"),
        ("plan: []", "`plan` is a list of 1 to 500 steps"),
        ("plan: [{tool: t}]\nother: 1", "a plan is a mapping with the single key `plan`"),
        ("plan: [3]", "step 1: a step is a mapping with `tool` and `args`, or `say`"),
        ("plan: [{tool: t, argz: {}}]", "step 1: unknown key argz"),
        ("plan: [{args: {}}]", "step 1: a step has either `tool` or `say`"),
        ("plan: [{tool: t, say: x}]", "step 1: a step has either `tool` or `say`"),
        ("plan: [{tool: t, args: [1]}]", "step 1: `args` is a mapping"),
        ("plan: [{tool: t, on_error: retry}]", "step 1: `on_error` is stop or continue"),
        ("plan: [{tool: ''}]", "step 1: `tool` is a text"),
        (
            "plan: [{tool: t, save_as: result}]",
            "step 1: `save_as` is a name of letters, digits, - and _, other than result",
        ),
        ("plan: [{tool: t, args: {a: '{{log.x}}'}}]", "step 1: no earlier step saves log"),
        (
            f"plan: [{SAVE}, {{tool: t, when: {{of: lag, exists: true}}}}]",
            "step 2: no earlier step saves lag",
        ),
        (
            "plan: [{tool: t, expect: {exitcode: 0}}]",
            "step 1: `exitcode` is not a test; tests are equals, contains, matches, exit_code,"
            " status, exists, not, all, any",
        ),
        (
            "plan: [{tool: t, expect: {matches: '('}}]",
            "step 1: `(` is not a regular expression (look-around is not supported)",
        ),
        (
            "plan: [{tool: t, when: {exit_code: 0}}]",
            "step 1: say with `of` which saved value is meant, such as {of: log.content}",
        ),
        ("plan: &a [{tool: t, args: {x: *a}}]", "a plan may not use YAML aliases"),
        ("plan: [{tool: t, args: {x: .nan}}]", "the plan is not YAML or JSON with plain values"),
        ("plan: [{tool: t", "line 1 of the plan: expected ',' or '}', but got '<stream end>'"),
    ],
)
def test_a_wrong_plan_says_which_step_and_why(text, reason):
    with pytest.raises(PlanError) as refusal:
        parse_plan(text)

    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "command",
    [
        'echo "{{log}}"',
        "echo '{{log}}'",
        "echo `echo {{log}}`",
        "# {{log}}",
        "cat <<E\n{{log}}\nE",
        "echo $(( {{log}} ))",
        "[[ {{log}} -eq 1 ]]",
        "a[{{log}}]=1",
        "echo ${x:-{{log}}}",
        "bash -c 'echo {{log}}'",
        "declare x={{log}}",
        "echo {{log}} 'unclosed",
    ],
)
def test_a_value_may_not_stand_where_quoting_does_not_hold(command):
    with pytest.raises(PlanError) as refusal:
        parse_plan(
            "plan:\n- "
            + SAVE
            + "\n- tool: shell\n  args:\n    command: |-\n      "
            + command.replace("\n", "\n      ")
        )

    message = "step 2: in a shell command a {{value}} must be a word of its own, outside quotes"
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "",
        "a b",
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "a\nb",
        "*",
        "é\\",
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        "printf %s {{v}}",
        'x={{v}}; printf %s "$x"',
        "printf %s $(printf %s {{v}}) | cat",
        "if true; then (printf %s {{v}}); fi",
        'for i in {{v}}; do printf %s "$i"; done',
    ],
)
def test_a_value_reaches_the_shell_as_one_word(tmp_path, value, command):
    filled = substitute_shell(command, {"v": value})

    done = subprocess.run(["bash", "-fc", filled], capture_output=True, cwd=tmp_path, check=True)
    split = "$(" in command
    assert done.stdout.decode() == ("".join(value.split()) if split else value)
    assert list(tmp_path.iterdir()) == []


def test_values_keep_their_type_alone_and_become_text_in_a_text():
    log = {"status": "ok", "content": "out", "data": {"n": [1, {"k": None}]}, "exit_code": 0}
    saved = {"log": log}

    result = substitute(
        {
            "a": "{{log.data.n.0}}",
            "b": "n={{ log.data.n }}",
            "c": ["{{log}}", "\\{{log}}", "{{.Names}}"],
            "d": "{{log.data.n.1.k}}",
        },
        saved,
    )

    assert result == {
        "a": 1,
        "b": 'n=[1, {"k": null}]',
        "c": ["out", "{{log}}", "{{.Names}}"],
        "d": None,
    }
