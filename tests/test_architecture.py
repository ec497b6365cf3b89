"""Each folder keeps its promise about what it imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
QT = {"PySide6", "shiboken6", "pyqtgraph"}


def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def files(folder: str, *, without: str = "") -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    return [path for path in found if not without or (ROOT / without) not in path.parents]


def test_the_walls_stand_around_something():
    assert len(files("annotator", without="annotator/gui")) > 5
    assert len(files("annotator/gui")) > 5
    assert len(files("model")) > 5


@pytest.mark.parametrize("path", files("annotator", without="annotator/gui"), ids=lambda p: str(p.relative_to(ROOT)))
def test_annotator_knows_neither_qt_nor_torch(path):
    assert not roots(path) & (QT | {"torch"})
    assert not any(name.startswith("annotator.gui") for name in imported(path))


@pytest.mark.parametrize("path", files("annotator/gui"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_window_never_imports_torch(path):
    assert "torch" not in roots(path)


@pytest.mark.parametrize("path", files("model"), ids=lambda p: str(p.relative_to(ROOT)))
def test_model_knows_neither_qt_nor_football(path):
    assert not roots(path) & (QT | {"annotator"})


@pytest.mark.parametrize("name", ["heatmaps.py", "dataset.py", "metrics.py"])
def test_the_numpy_side_of_model_needs_no_torch(name):
    assert "torch" not in roots(ROOT / "model" / name)


def test_the_top_level_is_the_agreed_one():
    agreed = {"annotator", "model", "resources", "tests", "docs", "main.py", "pyproject.toml", "constraints.txt"}
    python = {path.name for path in ROOT.glob("*.py")}
    assert python == {"main.py"}
    assert all((ROOT / name).exists() for name in agreed)
