"""The desk that the canvas is measured with is one that its tools still work on."""

from __future__ import annotations

from annotator.gui.desk import Sight
from annotator.gui.view_state import ViewState
from tests.benchmarks.canvas_scene import NAMES, Bench, scene


def test_tools_see_what_the_benchmark_shows() -> None:
    shown: list[ViewState] = []
    bench = Bench(scene(), shown.append)
    view = Sight(bench).view  # type: ignore[arg-type]
    assert {one.name for one in view.marks} == set(NAMES)
    bench.show()
    assert [{one.name for one in state.marks} for state in shown] == [set(NAMES)]
