"""What is shown follows from labels, keypoints and settings, and from nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from windows import DRAWN

from annotator.gui.pointing import PointerEvent, along_axis, hit, marks_within, nearest_mark, region_between, tip_at
from annotator.gui.view_state import (
    NOTHING_SELECTED,
    ArrowView,
    ClickView,
    CurveView,
    Glyph,
    Mark,
    Phrases,
    Polyline,
    Selection,
    ViewSettings,
    ViewState,
    describe,
    spoken,
    view_state,
    within,
)
from annotator.gui.wording import phrases
from annotator.keypoints import Curve, Keypoint, Resolved, Source, resolve
from annotator.labels import Instance, Origin, Visibility

SIZE = (640, 360)
ALL = ViewSettings()
LINE = np.array([[10.0, 20.0], [600.0, 300.0]])
MARKED = Instance(markings={"Middle line": ((10.0, 20.0), (600.0, 300.0))})


def point(name="A_B", source=Source.PLACED, x=50.0, y=60.0, **facts):
    return Keypoint(name, (x, y), source, **{"visibility": Visibility.VISIBLE, "inside": True, **facts})


def show(*points, labels=MARKED, selection=NOTHING_SELECTED, curves=None, ghost=None, **settings):
    resolved = Resolved({p.name: p for p in points}, curves or {"Middle line": Curve("Middle line", LINE)}, ghost or {})
    return view_state(resolved, labels, ViewSettings(**settings), selection, size=SIZE)


@pytest.mark.parametrize(
    ("source", "origin", "glyph"),
    [
        (Source.PLACED, Origin.HAND, Glyph.PLACED),
        (Source.PLACED, Origin.IMPORTED, Glyph.PLACED),
        (Source.PLACED, Origin.ACCEPTED, Glyph.ACCEPTED),
        (Source.CONSTRUCTED, None, Glyph.CONSTRUCTED),
        (Source.PROJECTED, None, Glyph.PROJECTED),
        (Source.PREDICTED, None, Glyph.PREDICTED),
    ],
)
def test_the_shape_says_where_a_point_comes_from(source, origin, glyph):
    (mark,) = show(point(source=source, origin=origin, confidence=0.9)).marks
    assert mark.glyph is glyph


def test_an_absent_point_is_not_shown():
    assert show(point(visibility=Visibility.ABSENT)).marks == ()


def test_an_absent_point_is_a_cross_while_it_is_selected():
    (mark,) = show(point(visibility=Visibility.ABSENT), selection=Selection(("A_B",))).marks
    assert mark.glyph is Glyph.ABSENT
    assert mark.selected


def test_a_point_without_a_position_is_not_shown():
    assert show(Keypoint("A_B"), selection=Selection(("A_B",))).marks == ()


def test_an_occluded_point_says_so():
    (mark,) = show(point(visibility=Visibility.OCCLUDED)).marks
    assert mark.occluded


@pytest.mark.parametrize(("confidence", "count"), [(0.29, 0), (0.3, 1), (None, 0)])
def test_a_prediction_below_the_threshold_is_hidden(confidence, count):
    assert len(show(point(source=Source.PREDICTED, confidence=confidence), threshold=0.3).marks) == count


def test_hiding_labels_leaves_only_predictions():
    points = [point(f"P_{source.value}", source, confidence=0.9) for source in Source]
    hidden = view_state(
        Resolved({p.name: p for p in points}, {"Middle line": Curve("Middle line", LINE)}),
        MARKED,
        ViewSettings(labels=False),
        size=SIZE,
    )
    assert len(show(*points).marks) == 4
    assert [mark.glyph for mark in hidden.marks] == [Glyph.PREDICTED]
    assert hidden.curves == ()
    assert hidden.clicks == ()


def test_hiding_predictions_leaves_only_labels():
    points = [point(f"P_{source.value}", source, confidence=0.9) for source in Source]
    assert Glyph.PREDICTED not in [mark.glyph for mark in show(*points, predictions=False).marks]


def test_hiding_markings_hides_curves_and_clicks():
    state = show(markings=False)
    assert state.curves == ()
    assert state.clicks == ()


def test_a_selected_marking_and_click_say_so():
    state = show(selection=Selection(marking="Middle line", click=1))
    assert state.curves == (CurveView("Middle line", Polyline(LINE), selected=True, text="Halfway line"),)
    assert state.clicks == (
        ClickView("Middle line", 0, 10.0, 20.0, current=True, text="Halfway line"),
        ClickView("Middle line", 1, 600.0, 300.0, selected=True, current=True, text="Halfway line"),
    )


def test_a_curve_that_is_not_determined_is_not_drawn():
    state = show(curves={"Middle line": Curve("Middle line", np.empty((0, 2)), reason="one point")})
    assert state.curves == ()
    assert len(state.clicks) == 2


def test_the_ghost_is_shown_until_it_is_hidden():
    ghost = {"Middle line": (LINE, LINE[:1])}
    assert show(ghost=ghost).ghost == (Polyline(LINE),)
    resolved = Resolved({}, {}, ghost)
    assert view_state(resolved, MARKED, ViewSettings(ghost=False), size=SIZE).ghost == ()


@pytest.mark.parametrize(("residual", "halo"), [(None, 0.0), (2.0, 0.0), (5.0, 5.0)])
def test_only_a_large_residual_of_a_placed_point_is_a_warning(residual, halo):
    (mark,) = show(point(residual=residual)).marks
    assert mark.residual == halo


def drawn(settings=ALL, **moved):
    markings = {**DRAWN, **moved}
    resolved = resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3)
    return view_state(resolved, Instance(markings=markings), settings, size=SIZE)


def test_a_click_off_its_line_has_a_halo_and_says_how_far():
    assert not any(click.residual for click in drawn().clicks)
    name = "Big rect. left main"
    (x, y), *rest = DRAWN[name]
    state = drawn(**{name: ((x, y - 12.0), *rest)})
    (halo,) = [click for click in state.clicks if click.residual]
    assert (halo.marking, halo.index) == (name, 0)
    assert 4.0 < halo.residual < 12.0
    at = PointerEvent(halo.x, halo.y)
    assert tip_at(state, at) == f"{spoken(name)}\n{halo.residual:.1f} px from where the camera puts it"


def test_a_halo_under_a_keypoint_is_explained_as_well():
    mark = Mark("A", 100.0, 100.0, Glyph.CONSTRUCTED, text="A")
    quiet, loud = ClickView("L", 0, 103.0, 100.0, text="L"), ClickView("M", 0, 101.0, 100.0, residual=9.0, text="M off")
    at = PointerEvent(100.0, 100.0)
    assert tip_at(ViewState(marks=(mark,), clicks=(quiet,)), at) == "A"
    assert tip_at(ViewState(marks=(mark,), clicks=(quiet, loud)), at) == "A\nM off"
    assert tip_at(ViewState(marks=(mark,), clicks=(quiet, loud)), PointerEvent(300.0, 100.0)) == ""


def test_halos_are_hidden_with_the_residuals():
    name = "Big rect. left main"
    (x, y), *rest = DRAWN[name]
    off = {name: ((x, y - 12.0), *rest)}
    assert not any(click.residual for click in drawn(ViewSettings(residuals=False), **off).clicks)
    hidden = drawn(ViewSettings(markings=False), **off)
    assert hidden.clicks == ()
    assert hit(hidden, PointerEvent(x, y - 12.0)) is None


def test_a_line_says_how_far_off_it_lies_on_average():
    curve = next(curve for curve in drawn().curves if curve.name == "Side line left")
    assert curve.text.startswith("Left goal line\n0.")
    assert curve.text.endswith("px on average from where the camera puts it")


def test_uncertainty_is_an_ellipse_for_the_camera_and_a_circle_for_a_construction():
    assert drawn().spreads == ()
    state = drawn(ViewSettings(spreads=True))
    found = {spread.name: spread for spread in state.spreads}
    marks = {mark.name: mark for mark in state.marks}
    assert found.keys() == marks.keys()
    for name, spread in found.items():
        assert (spread.x, spread.y) == (marks[name].x, marks[name].y)
        assert spread.long >= spread.short > 0.0
        if marks[name].glyph is Glyph.CONSTRUCTED:
            assert spread.long == spread.short


def test_the_overlay_is_dashed_where_the_camera_is_unsure():
    names = ("Small rect. left main", "Small rect. left bottom", "Small rect. left top", "Side line left")
    markings = {name: DRAWN[name] for name in names}
    resolved = resolve(Instance(markings=markings), None, size=SIZE, threshold=0.3)
    state = view_state(resolved, Instance(markings=markings), ALL, size=SIZE)
    assert state.ghost
    assert state.doubtful
    whole = {tuple(point) for paths in resolved.ghost.values() for path in paths for point in path.tolist()}
    shown = {tuple(point) for path in (*state.ghost, *state.doubtful) for point in path.points.tolist()}
    assert shown == whole
    assert drawn().doubtful == () or sum(len(p.points) for p in drawn().doubtful) < sum(
        len(p.points) for p in drawn().ghost
    )


def test_a_selected_point_outside_has_an_arrow_at_the_border():
    state = show(point(x=739.5, y=100.0, visibility=Visibility.ABSENT), selection=Selection(("A_B",)))
    assert state.arrows == (ArrowView("A_B", 639.5, 100.0, 0.0, 100.0),)


def test_equal_inputs_make_equal_states():
    first, second = show(point()), show(point(), curves={"Middle line": Curve("Middle line", LINE.copy())})
    assert first == second
    assert hash(first) == hash(second)
    assert first != show(point(x=51.0))


def test_names_are_spoken():
    assert spoken("L_PENALTY_AREA_BR_CORNER") == "L penalty area BR corner"
    assert spoken("TL_16M_LINE_AND_PENALTY_ARC_INTERSECTION") == "TL 16m line and penalty arc intersection"
    assert spoken("Goal left post left ") == "Left goal, left post"


def test_the_tool_tip_names_parents_and_doubts():
    text = describe(
        point(source=Source.CONSTRUCTED, parents=("Side line left", "Side line top"), confidence=0.83, sd=1.25)
    )
    assert text.splitlines() == [
        "A B",
        "Constructed from Left goal line \u00d7 Far touchline",
        "Confidence 83%  \u00b1 1.2 px",
    ]


def test_the_words_of_the_program_are_those_of_the_module_until_translated():
    assert phrases() == Phrases()


def test_the_tool_tip_speaks_any_language():
    phrases = replace(Phrases(), placed="Von Hand gesetzt", residual="{value:.1f} px daneben")
    assert describe(point(residual=3.0), phrases).splitlines() == ["A B", "Von Hand gesetzt", "3.0 px daneben"]


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_a_point_brought_onto_the_frame_stays_there(x, y):
    inside = within((x, y), SIZE)
    assert -0.5 <= inside[0] <= 639.5
    assert -0.5 <= inside[1] <= 359.5
    assert within(inside, SIZE) == inside


@given(st.floats(-50.0, 50.0), st.floats(-50.0, 50.0), st.floats(0.1, 20.0))
def test_a_mark_is_hit_within_eight_pixels_of_the_screen(dx, dy, scale):
    view = ViewState(marks=(Mark("A", 100.0, 100.0, Glyph.PLACED),))
    found = nearest_mark(view, PointerEvent(100.0 + dx, 100.0 + dy, scale))
    distance = np.hypot(dx, dy) * scale
    if abs(distance - 8.0) > 1e-6:
        assert (found is not None) == (distance < 8.0)


def test_the_nearest_of_two_marks_is_hit():
    view = ViewState(marks=(Mark("A", 100.0, 100.0, Glyph.PLACED), Mark("B", 106.0, 100.0, Glyph.PLACED)))
    assert hit(view, PointerEvent(102.0, 100.0)).keypoint == "A"
    assert hit(view, PointerEvent(104.0, 100.0)).keypoint == "B"


def test_clicks_of_the_selected_marking_come_before_keypoints():
    mark = Mark("A", 100.0, 100.0, Glyph.PLACED)
    click = ClickView("Middle line", 0, 104.0, 100.0)
    at = PointerEvent(100.0, 100.0)
    assert hit(ViewState(marks=(mark,), clicks=(click,)), at).keypoint == "A"
    assert hit(ViewState(marks=(mark,), clicks=(replace(click, current=True),)), at).click == 0


def test_a_line_is_hit_where_no_point_is():
    view = ViewState(curves=(CurveView("Middle line", Polyline(np.array([[0.0, 0.0], [100.0, 100.0]]))),))
    assert hit(view, PointerEvent(52.0, 50.0)).marking == "Middle line"
    assert hit(view, PointerEvent(60.0, 40.0)) is None
    assert hit(view, PointerEvent(110.0, 110.0)) is None


def test_a_region_holds_the_marks_inside_it():
    view = ViewState(marks=(Mark("A", 10.0, 10.0, Glyph.PLACED), Mark("B", 90.0, 10.0, Glyph.PLACED)))
    assert marks_within(view, region_between((50.0, 50.0), (0.0, 0.0))) == ("A",)


def test_an_axis_is_kept():
    assert along_axis(5.0, -3.0) == (5.0, 0.0)
    assert along_axis(2.0, -3.0) == (0.0, -3.0)
