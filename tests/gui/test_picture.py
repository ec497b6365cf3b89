"""The canvas as it looks, against pictures that a person has looked at."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QStyleFactory
from windows import DRAWN

from annotator.gui.canvas import Canvas
from annotator.gui.view_state import (
    ArrowView,
    ClickView,
    CurveView,
    Glyph,
    Mark,
    Polyline,
    SpreadView,
    ViewSettings,
    ViewState,
    view_state,
)
from annotator.keypoints import resolve
from annotator.labels import Instance

WIDTH, HEIGHT = 384, 216


def grounds():
    """Grass, white paint, and a crowd: what marks must read on."""
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = (92, 130, 58)
    rgb[:54] = np.random.default_rng(3).integers(20, 220, (54, WIDTH, 3))
    rgb[150:170] = (236, 240, 230)
    return rgb


def every_mark():
    """Every shape on every ground: as it is, occluded, selected, hovered."""
    marks = []
    for row, y in enumerate((27.0, 96.25, 160.0)):
        for column, glyph in enumerate(Glyph):
            x = 20.0 + 60.0 * column
            name = f"{row}_{glyph.value}"
            marks.append(Mark(name + "_selected", x, y, glyph, confidence=0.9, selected=True))
            if glyph is not Glyph.ABSENT:
                marks.append(Mark(name, x + 22.0, y - 11.0, glyph, confidence=0.4))
                marks.append(Mark(name + "_occluded", x + 22.0, y + 11.0, glyph, confidence=0.7, occluded=True))
    marks.append(Mark("hovered", 200.0, 190.0, Glyph.CONSTRUCTED, hovered=True))
    marks.append(Mark("off", 340.0, 192.0, Glyph.PLACED, residual=6.0))
    return tuple(marks)


@pytest.fixture
def canvas(qtbot):
    QApplication.setStyle(QStyleFactory.create("Fusion"))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(WIDTH, HEIGHT)
    canvas.show_frame(grounds(), keep_view=False)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.actual_size()
    canvas.centre_on((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    return canvas


def test_every_mark_reads_on_every_ground(canvas, check_picture):
    canvas.show_view(ViewState(marks=every_mark()))
    check_picture(canvas.viewport().grab().toImage(), "marks")


def test_lines_clicks_ghost_arrow_and_heatmap(canvas, check_picture):
    angle = np.linspace(0.0, 2.0 * math.pi, 60)
    circle = np.stack([250.0 + 60.0 * np.cos(angle), 120.0 + 30.0 * np.sin(angle)], axis=1)
    line = np.array([[-50.0, 60.0], [420.0, 175.0]])
    ghost = (Polyline(circle + 6.0), Polyline(np.array([[30.0, 210.0], [200.0, 30.0]])))
    clicks = (
        ClickView("line", 0, 70.0, 89.4),
        ClickView("circle", 0, 310.0, 120.0, current=True),
        ClickView("circle", 1, 190.0, 120.0, current=True, selected=True),
    )
    rows, columns = np.mgrid[0:27, 0:48]
    heat = (255 * np.exp(-((rows - 13.0) ** 2 + (columns - 12.0) ** 2) / 20.0)).astype(np.uint8)
    canvas.show_heatmap(heat, opacity=0.6, image_from_cell=(8.0, 8.0, 3.5, 3.5))
    canvas.show_view(
        ViewState(
            curves=(CurveView("line", Polyline(line)), CurveView("circle", Polyline(circle), selected=True)),
            clicks=clicks,
            ghost=ghost,
            arrows=(ArrowView("out", 383.5, 20.0, 0.0, 80.0), ArrowView("down", 120.0, 215.5, math.pi / 2, 9.0)),
        )
    )
    check_picture(canvas.viewport().grab().toImage(), "layers")


def test_overlay_halos_and_uncertainty(canvas, check_picture):
    """The projected pitch, solid and dashed; clicks off their line; an ellipse and a circle of two deviations."""
    names = ("Small rect. left main", "Small rect. left bottom", "Big rect. left main", "Side line left", "Circle left")
    markings = {name: DRAWN[name] for name in names}
    (x, y), *rest = markings["Big rect. left main"]
    markings["Big rect. left main"] = ((x - 6.0, y - 9.0), *rest)
    said = Instance(markings=markings)
    resolved = resolve(said, None, size=(640, 360), threshold=0.3)
    state = view_state(resolved, said, ViewSettings(spreads=True), size=(640, 360))
    assert state.ghost
    assert any(click.residual for click in state.clicks)
    extra = (SpreadView("wide", 340.0, 60.0, 30.0, 6.0, 0.5), SpreadView("round", 330.0, 190.0, 12.0, 12.0, 0.0))
    dashed = (Polyline(np.array([[200.0, 20.0], [380.0, 100.0]])),)
    canvas.show_view(replace(state, spreads=state.spreads + extra, doubtful=state.doubtful + dashed))
    check_picture(canvas.viewport().grab().toImage(), "overlay")
