"""What is imported before the window is painted."""

import importlib.util
from pathlib import Path

import pytest

STARTUP = Path(__file__).resolve().parents[1] / "benchmarks" / "startup.py"


@pytest.fixture
def startup():
    spec = importlib.util.spec_from_file_location("startup", STARTUP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_window_is_painted_before_anything_heavy_is_imported(startup, tmp_path):
    seconds, modules, _ = startup.start(startup.TOUCHLINE, tmp_path)
    assert seconds > 0
    assert modules == []


def test_the_clock_looks_at_a_painted_window(startup, tmp_path):
    """The same watch on a window that imports something heavy says so."""
    heavy = "import cv2\n" + startup.EMPTY
    assert startup.start(heavy, tmp_path)[1] == ["cv2"]
