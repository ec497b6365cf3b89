from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["heatmaps", "dataset", "metrics", "augment", "feed", "decoders"])
def test_the_numpy_modules_bring_no_torch(module: str) -> None:
    code = f"import sys, model.{module}; sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
