"""What the README promises is what the program has."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

from annotator.commands import COMMANDS
from annotator.gui.menus.table import COMMANDS as WINDOW_COMMANDS
from annotator.gui.menus.table import MENUS

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"


def key_table() -> str:
    """The key table as the README shows it, from the table of commands."""
    menus = {"": "Canvas", **{name: title.replace("&", "") for name, title in MENUS}}
    rows = ["| menu | command | keys |", "|---|---|---|"]
    for command in WINDOW_COMMANDS:
        keys = [QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText) for key in command.keys]
        if keys:
            shown = ", ".join(f"`{key}`" for key in keys)
            rows.append(f"| {menus[command.menu]} | {command.text.rstrip('.')} | {shown} |")
    return "\n".join(rows)


def test_the_key_table_is_the_table_of_commands(request):
    text = README.read_text(encoding="utf-8")
    marked = re.search(r"<!-- keys -->\n(.*?)\n<!-- end of keys -->", text, re.DOTALL)
    assert marked, "the README has no marked key table"
    if request.config.getoption("--update-golden"):
        start, end = marked.span(1)
        README.write_text(text[:start] + key_table() + text[end:], encoding="utf-8")
        return
    assert marked.group(1) == key_table(), "run: python -m pytest tests/test_readme.py --update-golden"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme(name):
    assert f"main.py {name}" in README.read_text(encoding="utf-8")


def test_every_file_the_readme_points_to_is_there():
    text = README.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text)
    assert targets
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert not missing
