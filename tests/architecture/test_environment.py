"""`.env.example` lists what `config/settings/env.py` reads, nothing more and nothing less."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT


def test_the_example_is_complete() -> None:
    source = (ROOT / "config" / "settings" / "env.py").read_text()
    read = re.findall(r'(?:environ\.get|_list|_number|_flag)\(\s*"([A-Z_]+)"', source)

    listed = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)

    assert listed == read
