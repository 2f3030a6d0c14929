"""Code and statements on the command line: Python, other languages, SQL."""

from __future__ import annotations

import pytest

from sessions_app.safety.sql import judge
from tests.sessions_app.safety.calls import codes, danger


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", []),
        ("SELECT 'DROP TABLE x; DELETE FROM y'", []),
        ("-- DROP TABLE x\nSELECT 1", []),
        ("/* DROP TABLE x */ SELECT 1", []),
        ('SELECT "drop" FROM t', []),
        ("SELECT * FROM t FOR UPDATE", []),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", []),
        ("EXPLAIN DELETE FROM t", []),
        ("EXPLAIN ANALYZE DELETE FROM t", ["delete_all"]),
        ("DROP/**/TABLE t", ["drop"]),
        ("select 1; drop table t;", ["drop"]),
        ("truncate t", ["truncate"]),
        ("delete from t", ["delete_all"]),
        ("delete from t where a = 1", ["change"]),
        ("update t set a = 'where'", ["update_all"]),
        ("update t set a = 1 where b", ["change"]),
        ("alter table t drop column c", ["alter_drop"]),
        ("alter table t add column c int", ["change"]),
        ("with d as (delete from t returning *) select * from d", ["delete_all"]),
        ("copy t from program 'sh'", ["program"]),
        ("flibber", ["unknown"]),
        ("$$DROP TABLE x$$", []),
    ],
)
def test_statements(text: str, expected: list[str]) -> None:
    assert [each.code for each in judge(text)] == expected or (
        expected == [] and all(each.code == "unknown" for each in judge(text))
    )


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.system('rm -rf src')",
        "from os import system as s; s('rm -rf src')",
        "import subprocess as sp; sp.run('rm -rf src', shell=True)",
        "import subprocess; subprocess.Popen(args=['rm', '-rf', 'src'])",
        "import shutil; f = shutil.rmtree; f('src')",
        "getattr(__import__('os'), 'system')('rm -rf src')",
        "import os; os.system(''.join(['rm', ' -rf ', 'src']))",
        "import os; os.system(bytes.fromhex('726d202d726620737263').decode())",
        "import os; os.system(f'rm -rf {target}')",
        "from pathlib import Path; Path('/etc/passwd').write_text('')",
        "import glob, os\nfor f in glob.glob('*'): os.remove(f)",
        "with open('/etc/hosts', 'w') as f: f.write('')",
        "print(open('/root/.aws/credentials').read())",
    ],
)
def test_dangerous_python(code: str) -> None:
    assert danger("python3 -c " + repr(code).replace("\\n", "\n")) in {"dangerous", "caution"}
    assert danger(f"python3 <<'EOF'\n{code}\nEOF\n") == "dangerous"


@pytest.mark.parametrize(
    "code",
    [
        "print('rm -rf /')",
        "import json, sys; print(json.dumps(list(sys.path)))",
        "from pathlib import Path; print(sorted(p.name for p in Path('.').iterdir()))",
        "x = [1, 2]; x.remove(1); print(sum(x))",
        "open('out.txt', 'w').write('hello')",
        "def f(n): return n * 2\nprint(f(21))",
    ],
)
def test_harmless_python(code: str) -> None:
    assert danger(f"python3 <<'EOF'\n{code}\nEOF\n") == "none"


@pytest.mark.parametrize(
    "command",
    [
        "perl -e 'unlink \"/etc/passwd\"'",
        "perl -ne 'system(\"rm -rf src\") if /x/' f",
        'ruby -e \'system("rm", "-rf", "src")\'',
        'node -p \'require("child_process").execSync("rm -rf src").toString()\'',
        'node -e \'require("child_process").execFileSync("rm", ["-rf", "src"])\'',
        "php -r 'passthru(\"rm -rf src\");'",
        "lua -e 'io.popen(\"rm -rf src\")'",
        "gawk 'BEGIN { system(\"rm -rf src\") }'",
        "osascript -e 'do shell script \"rm -rf src\"'",
        "Rscript -e 'unlink(\"src\", recursive = TRUE)'",
    ],
)
def test_dangerous_code_of_other_languages(command: str) -> None:
    assert danger(command) == "dangerous"


def test_code_in_an_unread_language_asks_for_care() -> None:
    assert danger("julia -e 'rm(\"src\", recursive=true)'") == "caution"
    assert "code.language" in codes("julia -e '1 + 1'")


def test_code_that_does_not_parse_asks_for_care() -> None:
    assert codes("python3 -c 'def ('") == ["code.unparsed"]
