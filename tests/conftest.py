"""What every test may ask for: the development data, and a screenless Qt."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["TOUCHLINE_CACHE"] = tempfile.mkdtemp(prefix="touchline-cache-")
atexit.register(shutil.rmtree, os.environ["TOUCHLINE_CACHE"], ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden``: write golden pictures and the README's key table anew instead of comparing."""
    parser.addoption("--update-golden", action="store_true", default=False, help="write what is compared with anew")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that no other test has written to."""
    monkeypatch.setenv("TOUCHLINE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for a person's own schemes that no other test has written to."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real frames and labels beside the checkout; required in CI, skipped in a bare clone."""
    if SHARED_DATA.is_dir():
        return SHARED_DATA
    if os.environ.get("CI"):
        pytest.fail(f"the development data is missing: {SHARED_DATA}")
    pytest.skip("needs the development data (../shared/data), which is not part of a clone")
