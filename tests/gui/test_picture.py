"""The canvas as it looks, against pictures that a person has looked at."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QFont, QFontInfo, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyleFactory
from windows import DRAWN

from annotator.gui import theme
from annotator.gui.canvas import Canvas
from annotator.gui.panels.pitch_map import PitchMap
from annotator.gui.tone import Tone
from annotator.gui.tone_strip import ToneStrip
from annotator.gui.view_settings import HeatColours, LoupeWhen
from annotator.gui.view_state import (
    ArrowView,
    ClickView,
    CurveView,
    Glyph,
    Mark,
    Polyline,
    Selection,
    SpreadView,
    ViewSettings,
    ViewState,
    view_state,
)
from annotator.keypoints import Source, resolve
from annotator.labels import FrameLabels, Instance
from annotator.lens import Lens
from annotator.pitch import MARKINGS, marking_samples

pytest_plugins = ("window_fixtures",)
WIDTH, HEIGHT = 384, 216
FONT = "DejaVu Sans"


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
            x = 20.0 + 52.0 * column
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


# Frames drawn by a camera that is known


def camera(kap):
    """Metres (N, 3) to pixels (N, 2) and a mask of what is in front: a camera high behind the touchline."""
    lens = Lens((WIDTH, HEIGHT), kap)
    eye, target = np.array([-22.0, 62.0, -19.0]), np.array([-36.0, 0.0, 0.0])
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(ahead, [0.0, 0.0, -1.0])
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(ahead, right), ahead])

    def project(worlds):
        seen = (worlds - eye) @ turn.T
        return lens.pixels(1350.0 * seen[:, :2] / seen[:, 2:]), seen[:, 2] > 0.5

    return project


def seen_by(kap):
    """The markings of the pitch as this camera sees them, those of which enough is in the frame."""
    project, found = camera(kap), {}
    for name in MARKINGS:
        points, ahead = project(marking_samples(name))
        inside = ahead & (points >= 0.0).all(axis=1) & (points <= [WIDTH - 1, HEIGHT - 1]).all(axis=1)
        if inside.sum() > 5:
            found[name] = points[inside]
    return found


def frame_of(kap):
    """Grass with the paint of those markings."""
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:] = (86, 128, 60)
    for points in seen_by(kap).values():
        path = np.rint(points * 16.0).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(rgb, [path], isClosed=False, color=(228, 234, 222), thickness=2, lineType=cv2.LINE_AA, shift=4)
    return rgb


def clicked(kap, names):
    """A few clicks exactly on each of these markings."""
    clicks = {}
    for name in names:
        points = seen_by(kap)[name]
        picked = points[np.linspace(0, len(points) - 1, 7 if name.startswith("Circle") else 3).astype(int)]
        clicks[name] = tuple((float(x), float(y)) for x, y in picked)
    return Instance(markings=clicks)


DRAWN_HERE = (
    "Side line left", "Side line bottom", "Big rect. left main", "Big rect. left bottom", "Big rect. left top",
    "Small rect. left main", "Circle left", "Goal left crossbar", "Goal left post left ",
)  # fmt: skip


FEW_HERE = ("Big rect. left main", "Big rect. left bottom", "Circle left")


def constructed(kap, names=DRAWN_HERE):
    said = clicked(kap, [name for name in names if name in seen_by(kap)])
    return said, resolve(said, None, size=(WIDTH, HEIGHT), threshold=0.3)


def test_a_constructed_frame(canvas, check_picture):
    """Crossings, tangent points and what the camera adds, on the paint that they were drawn on."""
    said, resolved = constructed(0.0, FEW_HERE)
    assert {point.source for point in resolved.keypoints.values()} >= {Source.CONSTRUCTED, Source.PROJECTED}
    canvas.show_frame(frame_of(0.0), keep_view=True)
    canvas.show_view(view_state(resolved, said, ViewSettings(), size=(WIDTH, HEIGHT)))
    check_picture(canvas.viewport().grab().toImage(), "constructed")


def test_the_ghost_follows_a_lens_that_bends(canvas, check_picture):
    """Only the ghost over the paint of a frame with 12 % of distortion in its corners."""
    said, resolved = constructed(0.12)
    assert resolved.solution is not None
    assert abs(resolved.solution.lens.kap) > 0.05
    canvas.show_frame(frame_of(0.12), keep_view=True)
    canvas.show_view(view_state(resolved, said, ViewSettings(labels=False), size=(WIDTH, HEIGHT)))
    check_picture(canvas.viewport().grab().toImage(), "ghost_bent")


def test_heatmaps_in_every_scale_of_colours(canvas, check_picture):
    """Two peaks of different heights on every ground, in the four scales."""
    rows, columns = np.mgrid[0:27, 0:48]
    first = np.exp(-((rows - 8.0) ** 2 + (columns - 10.0) ** 2) / 18.0)
    second = 0.4 * np.exp(-((rows - 18.0) ** 2 + (columns - 34.0) ** 2) / 18.0)
    heat = np.rint(255.0 * np.maximum(first, second)).astype(np.uint8)
    sheet = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for place, colours in enumerate(HeatColours):
        canvas.show_heatmap(heat, opacity=0.8, image_from_cell=(8.0, 8.0, 3.5, 3.5), colours=colours)
        part = canvas.viewport().grab().toImage().scaled(WIDTH // 2, HEIGHT // 2)
        painter.drawImage(place % 2 * WIDTH // 2, place // 2 * HEIGHT // 2, part)
    painter.end()
    check_picture(sheet, "heat_scales")


def test_the_paint_view_and_a_tone(canvas, check_picture):
    """On the left the paint alone, on the right the frame with lifted shadows."""
    rgb = frame_of(0.0)
    rgb[:, :, :] = (rgb * np.linspace(0.25, 1.0, WIDTH)[:, None]).astype(np.uint8)
    canvas.show_frame(rgb, keep_view=True)
    sheet = QImage(2 * WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    painter = QPainter(sheet)
    for place, tone in enumerate((Tone(paint=True), Tone(gamma=2.2, contrast=0.2))):
        canvas.show_tone(tone)
        painter.drawImage(place * WIDTH, 0, canvas.viewport().grab().toImage())
    painter.end()
    check_picture(sheet, "tone")


def test_the_loupe_beside_the_point_it_shows(canvas, check_picture):
    """Its crosshair at a third of a pixel off, the grid, and thin lines and points in it."""
    said, resolved = constructed(0.0, FEW_HERE)
    canvas.resize(640, 400)
    canvas.show_frame(frame_of(0.0), keep_view=True)
    canvas.show_settings(ViewSettings(loupe=LoupeWhen.ALWAYS))
    canvas.show_view(view_state(resolved, said, ViewSettings(), size=(WIDTH, HEIGHT)))
    corner = next(mark for mark in canvas._overlay.state.marks if mark.glyph is Glyph.CONSTRUCTED)
    canvas._nudged = (corner.x + 1.0 / 3.0, corner.y - 2.25)
    canvas._refresh_loupe()
    check_picture(canvas.viewport().grab().toImage(), "loupe")


def test_the_navigator_while_zoomed_in(canvas, check_picture):
    canvas.resize(560, 315)
    canvas.show_frame(frame_of(0.0), keep_view=True)
    canvas.zoom_to(3.0)
    canvas.centre_on(150.0, 110.0)
    check_picture(canvas.viewport().grab().toImage(), "navigator")


# With words: only where their font is there


@pytest.fixture
def font():
    """The font that the pictures with words were made with."""
    font = QFont(FONT)
    font.setPointSizeF(9.0)
    if QFontInfo(font).family() != FONT:
        pytest.skip(f"pictures with words were made with the font {FONT}, which is not there")
    return font


def test_names_keep_inside_the_view(canvas, font, check_picture):
    """At each border a name that would be cut off stands on the other side of its mark."""
    canvas.show_view(ViewState())
    canvas._overlay._font = font
    spots = ((6.0, 6.0), (376.0, 8.0), (378.0, 208.0), (5.0, 210.0), (190.0, 100.0))
    marks = tuple(
        Mark(f"R_PENALTY_{place}", x, y, Glyph.PLACED, index=place) for place, (x, y) in enumerate(spots)
    )
    canvas.show_view(ViewState(marks=marks, names=True, indices=True))
    check_picture(canvas.viewport().grab().toImage(), "names")


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_the_tone_strip_in_both_themes(qtbot, font, scheme, check_picture, request):
    app = QApplication.instance()
    before = app.font()
    request.addfinalizer(lambda: (app.setFont(before), theme.apply(app, theme.Scheme.LIGHT)))
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font)
    theme.apply(app, scheme)
    strip = tone_strip(qtbot)
    check_picture(strip.grab().toImage(), f"strip_{scheme.value}")


def tone_strip(qtbot):
    """The strip alone, on a canvas without a session's frame."""
    from annotator.gui.session import Session

    session, canvas = Session(), Canvas()
    qtbot.addWidget(canvas)
    strip = ToneStrip(session, canvas)
    session.set_settings(ViewSettings(tone=Tone(0.3, -0.4, 1.5)))
    canvas.resize(900, 200)
    canvas.show()
    strip.toggle()
    session.close()
    return strip


def test_the_pitch_map_of_a_frame_with_drawings(qtbot, session, font, check_picture, request):
    """What is drawn, what follows, what is selected, and what is still missing."""
    app = QApplication.instance()
    before = app.font()
    request.addfinalizer(lambda: app.setFont(before))
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font)
    theme.apply(app, theme.Scheme.LIGHT)
    labels = FrameLabels((Instance(markings=dict(list(DRAWN.items())[:6])),))
    shown = PitchMap(session)
    qtbot.addWidget(shown)
    shown.resize(360, 250)
    with qtbot.waitExposed(shown):
        shown.show()
    empty = shown.state
    session.edit(labels, text="draw")
    session.select(Selection(marking="Big rect. left main"))
    qtbot.waitUntil(lambda: shown.state != empty)
    check_picture(shown.grab().toImage(), "pitch_map")
