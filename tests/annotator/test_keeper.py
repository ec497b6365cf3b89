"""What a process does to the locks of a project that it has open, and what keeps them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.keeper import NEEDED, Keeper
from annotator.project import Project
from annotator.store_schema import ProjectError

pytestmark = pytest.mark.skipif(not NEEDED, reason="locks of files belong to descriptors here")

_PASSES_BY = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM setting'); db.close()"


def _looked_at(path: Path) -> None:
    """A file dialog opens every file of the folder for a moment."""
    for one in path.parent.iterdir():
        if one.is_file():
            os.close(os.open(one, os.O_RDONLY))


def _passed_by(path: Path) -> None:
    """Another program opens the project and closes it."""
    subprocess.run([sys.executable, "-c", _PASSES_BY, str(path)], check=True)


def _seen_by_others(path: Path) -> int:
    """The setting as another process reads it, without what only this process can still see."""
    code = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("
    code += "\"SELECT value FROM setting WHERE key = 'frame'\").fetchone()[0])"
    found = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_what_is_written_after_a_file_dialog_reaches_the_project(tmp_path: Path) -> None:
    path = tmp_path / "one.touchline"
    with Project.create(path) as project:
        project.set_setting("frame", 1)
        keeper = Keeper.hold(path)
        assert keeper is not None
        assert keeper.wait()
        log = path.with_name(f"{path.name}-wal").stat().st_ino
        _looked_at(path)
        _passed_by(path)
        project.set_setting("frame", 2)
        assert path.with_name(f"{path.name}-wal").stat().st_ino == log
        assert _seen_by_others(path) == 2
    keeper.release()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_without_a_keeper_it_would_be_lost(tmp_path: Path) -> None:
    """If this fails the keeper is needless: SQLite or the system has become wiser."""
    path = tmp_path / "one.touchline"
    project = Project.create(path)
    project.set_setting("frame", 1)
    _looked_at(path)
    _passed_by(path)
    lost = False
    try:
        project.set_setting("frame", 2)
        lost = _seen_by_others(path) != 2
    except ProjectError:  # it may be refused as well
        lost = True
    finally:
        project.close()
    assert lost


def test_a_keeper_ends_with_the_program_it_keeps_for(tmp_path: Path) -> None:
    path = tmp_path / "one.touchline"
    Project.create(path).close()
    code = (
        "import os, sys; from pathlib import Path; from annotator.keeper import Keeper\n"
        "keeper = Keeper.hold(Path(sys.argv[1])); keeper.wait(); print(keeper._process.pid, flush=True); os._exit(9)"
    )
    root = Path(__file__).resolve().parents[2]
    made = subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, capture_output=True, text=True)
    number = int(made.stdout)
    for _ in range(500):
        try:
            if Path(f"/proc/{number}/stat").read_text().split()[2] == "Z":
                break
            os.kill(number, 0)
        except (ProcessLookupError, FileNotFoundError):
            break
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    else:
        pytest.fail("the keeper is still there")


def test_what_is_no_project_is_not_held(tmp_path: Path) -> None:
    keeper = Keeper.hold(tmp_path / "missing.touchline")
    assert keeper is not None
    assert not keeper.wait()
    keeper.release()
    (tmp_path / "text.touchline").write_text("no database")
    keeper = Keeper.hold(tmp_path / "text.touchline")
    assert keeper is not None
    assert not keeper.wait()
    keeper.release()
