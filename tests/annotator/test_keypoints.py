import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views import SIZE, WORLDS, look, random_view

from annotator.constructions import construct, fitted
from annotator.evidence import gather
from annotator.keypoints import Resolved, Source, resolve
from annotator.labels import FrameLabels, Instance, KeypointLabel, Origin, Visibility, move_marking_point
from annotator.pitch import KEYPOINTS, MARKINGS, PITCH_57, ConicCrossing, Crossing, Filled, Tangent
from annotator.scheme import Scheme

NAMES = list(KEYPOINTS)
CORNER = "L_PENALTY_AREA_BR_CORNER"
BOX = ("Big rect. left main", "Big rect. left bottom")
VIEW = look((0.0, 65.0, -16.0), (-33.0, 2.0, 0.0), 1300.0)


@dataclass(frozen=True)
class Seen:
    """What the resolver reads of a prediction."""

    names: tuple
    xy: np.ndarray
    confidence: np.ndarray
    sd: np.ndarray


def seen(confidence=0.9, at=(100.0, 50.0), names=NAMES):
    count = len(names)
    return Seen(tuple(names), np.tile(at, (count, 1)) * 1.0, np.full(count, confidence), np.full(count, 2.5))


def answer(instance, prediction=None, *, size=SIZE, threshold=0.3, previous=None) -> Resolved:
    return resolve(instance, prediction, size=size, threshold=threshold, previous=previous)


def clicks(seed=0, noise=0.0, view=VIEW):
    return view.clicks(np.random.default_rng(seed), noise=noise)


def only(instance, *names):
    return Instance(markings={name: instance.markings[name] for name in names})


def off(keypoint, xy):
    return math.hypot(keypoint.position[0] - xy[0], keypoint.position[1] - xy[1])


# Priority.


def test_nothing_said_and_nothing_seen_is_nothing_known():
    resolved = answer(Instance())
    assert list(resolved.keypoints) == NAMES
    assert all(k.position is None and k.visibility is Visibility.ABSENT for k in resolved.keypoints.values())
    assert resolved.status == "Nothing is drawn or placed yet."
    assert resolved.ghost == {}
    assert resolved.image_from_pitch is None


def test_a_prediction_counts_from_the_threshold_on():
    sure = answer(Instance(), seen(0.3)).keypoints[CORNER]
    assert (sure.source, sure.position, sure.sd) == (Source.PREDICTED, (100.0, 50.0), 2.5)
    unsure = answer(Instance(), seen(0.29)).keypoints[CORNER]
    assert unsure.position is None
    assert (unsure.predicted, unsure.confidence) == ((100.0, 50.0), 0.29)
    assert answer(Instance(), seen()).status == ""


def test_a_prediction_that_is_not_finite_is_none():
    keypoint = answer(Instance(), seen(at=(float("nan"), 3.0))).keypoints[CORNER]
    assert keypoint.position is None
    assert keypoint.predicted is None


def test_a_crossing_beats_the_network_and_names_its_parents():
    keypoint = answer(only(clicks(), *BOX), seen()).keypoints[CORNER]
    assert keypoint.source is Source.CONSTRUCTED
    assert keypoint.parents == BOX
    assert keypoint.predicted == (100.0, 50.0)
    assert off(keypoint, VIEW.keypoints()[CORNER]) < 0.001
    assert 0.5 < keypoint.sd < 5.0


@pytest.mark.parametrize(
    ("origin", "source"),
    [(Origin.HAND, Source.PLACED), (Origin.IMPORTED, Source.PLACED), (Origin.ACCEPTED, Source.CONSTRUCTED)],
)
def test_a_placed_point_beats_its_construction_unless_it_was_accepted_in_bulk(origin, source):
    instance = replace(only(clicks(), *BOX), keypoints={CORNER: KeypointLabel((50.0, 60.0), origin=origin)})
    keypoint = answer(instance).keypoints[CORNER]
    assert keypoint.source is source
    if source is Source.PLACED:
        assert keypoint.position == (50.0, 60.0)
        assert keypoint.origin is origin
        assert keypoint.residual == pytest.approx(math.dist((50.0, 60.0), VIEW.keypoints()[CORNER]), abs=0.01)
    else:
        assert keypoint.origin is None


def test_an_accepted_point_beats_the_projection_and_shows_how_far_it_is_off():
    instance = clicks()
    x, y = VIEW.keypoints()["L_PENALTY_MARK"]
    said = KeypointLabel((x + 6.0, y + 8.0), origin=Origin.ACCEPTED)
    keypoint = answer(replace(instance, keypoints={"L_PENALTY_MARK": said})).keypoints["L_PENALTY_MARK"]
    assert (keypoint.source, keypoint.origin) == (Source.PLACED, Origin.ACCEPTED)
    assert keypoint.residual == pytest.approx(10.0, abs=0.5)


def test_what_is_neither_drawn_nor_placed_is_projected_before_it_is_predicted():
    keypoint = answer(clicks(), seen()).keypoints["L_PENALTY_MARK"]
    assert keypoint.source is Source.PROJECTED
    assert off(keypoint, VIEW.keypoints()["L_PENALTY_MARK"]) < 0.02
    assert 0.0 < keypoint.sd < 3.0


def test_a_construction_that_knows_little_gives_way_to_the_camera():
    instance = clicks(noise=0.5)
    arc = instance.markings["Circle left"]
    short = {**instance.markings, "Circle left": tuple(np.add(arc[4], (d, 0.4 * d**2 / 9)) for d in range(-3, 3))}
    resolved = answer(Instance(markings=short))
    tangents = [resolved.keypoints[f"LEFT_CIRCLE_TANGENT_{side}"] for side in "TB"]
    assert all(keypoint.source is not Source.CONSTRUCTED or keypoint.sd < 5.0 for keypoint in tangents)


# Visibility.


def test_absent_has_no_place_and_is_no_evidence():
    x, y = VIEW.keypoints()[CORNER]
    instance = replace(only(clicks(), *BOX), keypoints={CORNER: KeypointLabel((x + 40.0, y), Visibility.ABSENT)})
    keypoint = answer(instance, seen()).keypoints[CORNER]
    assert keypoint.position is None
    assert keypoint.visibility is Visibility.ABSENT
    assert keypoint.predicted == (100.0, 50.0)
    assert not keypoint.inside


def test_a_persons_word_on_visibility_stands_wherever_the_point_comes_from():
    instance = replace(only(clicks(), *BOX), keypoints={CORNER: KeypointLabel(visibility=Visibility.OCCLUDED)})
    keypoint = answer(instance).keypoints[CORNER]
    assert (keypoint.source, keypoint.visibility) == (Source.CONSTRUCTED, Visibility.OCCLUDED)


@pytest.mark.parametrize(
    ("xy", "inside"),
    [((-0.5, -0.5), True), ((959.5, 539.5), True), ((-0.6, 5.0), False), ((5.0, 539.6), False), ((960.0, 5.0), False)],
)
def test_the_frame_ends_half_a_pixel_beyond_its_outer_pixels(xy, inside):
    keypoint = answer(Instance(), seen(at=xy)).keypoints[CORNER]
    assert keypoint.inside is inside
    assert keypoint.visibility is (Visibility.VISIBLE if inside else Visibility.ABSENT)


# Residuals.


def test_the_residual_of_a_placed_point_is_its_distance_to_what_the_rest_says():
    rng = np.random.default_rng(4)
    instance = clicks(noise=0.7)
    for name in ("L_PENALTY_MARK", "LEFT_CIRCLE_R", "L_GOAL_TL_POST"):
        at = VIEW.project(WORLDS)[NAMES.index(name)] + rng.normal(0.0, 1.5, 2)
        with_it = answer(replace(instance, keypoints={name: KeypointLabel(tuple(at))})).keypoints[name]
        without = answer(instance).keypoints[name]
        assert with_it.residual == pytest.approx(off(without, at), abs=0.15)


def test_a_point_that_nothing_else_reaches_has_no_residual():
    points = {name: KeypointLabel(tuple(xy)) for name, xy in list(VIEW.keypoints().items())[:3]}
    assert all(answer(Instance(keypoints=points)).keypoints[name].residual is None for name in points)


# Identity.


@pytest.mark.parametrize("kind", ["main", "side", "goal", "reverse"])
def test_every_constructed_point_of_every_view_has_its_own_name(kind):
    rng = np.random.default_rng(77)
    counted = 0
    for _ in range(25):
        view = random_view(rng, kind)
        instance = view.clicks(rng)
        resolved = answer(instance)
        sided = any(m not in ("Circle central", "Middle line") for m in instance.markings)
        for name, xy in view.keypoints().items():
            keypoint = resolved.keypoints[name]
            if keypoint.parents and (sided or kind != "reverse"):
                assert off(keypoint, xy) < 0.5, (name, keypoint)
                counted += 1
    assert counted > 100


def test_no_name_is_wrong_in_two_thousand_views():
    """Constructions alone, no camera to help, clicks exact: each point on a circle is itself, not its namesake."""
    rng = np.random.default_rng(9)
    counted = 0
    for i in range(2000):
        view = random_view(rng, ("main", "side", "goal", "reverse")[i % 4], roll=4.0)
        with np.errstate(all="ignore"):
            found = construct(fitted(gather(view.clicks(rng), view.lens), 0.0), None)
        for name, xy in view.keypoints().items():
            if name in found:
                assert math.dist(view.lens.pixels(found[name].place), xy) < 0.02, (i, name)
                counted += not isinstance(KEYPOINTS[name].construction, Crossing)
    assert counted > 8000


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_names_do_not_depend_on_how_the_lines_lie_in_the_image(turn):
    """The same view turned on its side or its head, with too little drawn for a camera: orientation alone tells."""
    view = look((-20.0, 60.0, -18.0), (-36.0, 0.0, 0.0), 1200.0)
    drawn = only(clicks(view=view), "Circle left", "Big rect. left main", "Big rect. left top")
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def turned(xy):
        return tuple(np.array([[c, -s], [s, c]]) @ (np.array(xy) - (480.0, 270.0)) + (480.0, 270.0))

    markings = {name: tuple(turned(xy) for xy in points) for name, points in drawn.markings.items()}
    resolved = answer(Instance(markings=markings))
    for name in ("BL_16M_LINE_AND_PENALTY_ARC_INTERSECTION", "TL_16M_LINE_AND_PENALTY_ARC_INTERSECTION"):
        assert off(resolved.keypoints[name], turned(view.keypoints()[name])) < 0.1
    assert off(resolved.keypoints["LEFT_CIRCLE_TANGENT_T"], turned(view.keypoints()["LEFT_CIRCLE_TANGENT_T"])) < 0.1


def test_the_lower_tangents_of_the_centre_circle_are_not_swapped():
    view = look((0.0, 75.0, -25.0), (0.0, 8.0, 0.0), 700.0)
    resolved = answer(only(clicks(view=view), "Circle central", "Middle line", "Side line bottom", "Side line top"))
    for corner in ("TR", "TL", "BR", "BL"):
        keypoint = resolved.keypoints[f"CENTER_CIRCLE_TANGENT_{corner}"]
        assert keypoint.source is Source.CONSTRUCTED
        assert keypoint.parents[0] == "Circle central"
        assert off(keypoint, view.keypoints()[keypoint.name]) < 0.1


def test_circle_and_halfway_line_alone_are_seen_from_the_main_camera():
    view = look((3.0, 70.0, -20.0), (0.0, 0.0, 0.0), 1500.0)
    resolved = answer(only(clicks(view=view), "Circle central", "Middle line"))
    far = resolved.keypoints["T_HALFWAY_LINE_AND_CENTER_CIRCLE_INTERSECTION"]
    assert off(far, view.keypoints()[far.name]) < 0.5


def test_every_kind_of_construction_occurs_in_the_scheme():
    kinds = {type(point.construction) for point in KEYPOINTS.values()}
    assert kinds == {Crossing, ConicCrossing, Tangent, Filled}


# What is missing.


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Goal left crossbar", "Goal left post left ", "Goal left post right"), "ground"),
        (("Big rect. left top", "Big rect. left bottom", "Small rect. left top"), "across"),
        (("Big rect. left top", "Big rect. left main"), "2 more"),
        (("Side line left", "Big rect. left top", "Big rect. left main"), "one more"),
    ],
)
def test_the_status_says_what_would_help(names, words):
    assert words in answer(only(clicks(), *names)).status


def test_a_well_drawn_frame_needs_no_advice():
    resolved = answer(clicks(noise=0.7))
    assert resolved.status == ""
    assert resolved.image_from_pitch is not None


def test_a_marking_with_the_wrong_name_is_named():
    markings = dict(clicks(noise=0.5).markings)
    markings["Small rect. left top"] = tuple((x + 30.0, y + 20.0) for x, y in markings["Small rect. left top"])
    status = answer(Instance(markings=markings)).status
    assert status.startswith("Small rect. left top")


def test_a_line_named_after_its_mirror_image_is_noticed():
    view = look((0.0, 70.0, -22.0), (-12.0, 0.0, 0.0), 650.0)
    markings = dict(clicks(noise=0.5, view=view).markings)
    assert "Big rect. left top" in markings
    markings["Big rect. right top"] = markings.pop("Big rect. left top")
    assert answer(Instance(markings=markings)).status == "Big rect. right top is drawn where Big rect. left top is."


def test_a_curve_says_how_far_off_the_rest_it_is():
    markings = dict(clicks(noise=0.3).markings)
    moved = "Small rect. left bottom"
    markings[moved] = tuple((x + 12.0, y + 16.0) for x, y in markings[moved])
    curves = answer(Instance(markings=markings)).curves
    assert curves[moved].misfit > 8.0 > 3.0 * max(c.misfit for n, c in curves.items() if n != moved)
    assert answer(Instance(markings={moved: markings[moved]})).curves[moved].misfit is None


def test_contradictions_show_no_projection():
    rng = np.random.default_rng(0)
    names = [name for name in MARKINGS if "Big" in name or "Side" in name]
    markings = {name: tuple(map(tuple, rng.uniform(0, 540, (3, 2)))) for name in names}
    resolved = answer(Instance(markings=markings))
    assert resolved.status
    assert not any(k.source is Source.PROJECTED for k in resolved.keypoints.values())
    assert resolved.ghost == {}


# Curves and ghost.


def test_a_curve_runs_through_its_clicks_and_on_to_its_corners():
    resolved = answer(clicks())
    for name, points in clicks().markings.items():
        curve = resolved.curves[name]
        assert curve.reason == ""
        assert curve.rms < 0.05
        steps = np.linspace(curve.path[:-1], curve.path[1:], 40).reshape(-1, 2)
        for point in points:
            assert np.linalg.norm(steps - point, axis=1).min() < 1.5, name
    path = resolved.curves["Big rect. left main"].path
    ends = VIEW.keypoints()
    for corner in ("L_PENALTY_AREA_BR_CORNER", "L_PENALTY_AREA_TR_CORNER"):
        if corner in ends:
            assert np.linalg.norm(path - ends[corner], axis=1).min() < 0.1


@pytest.mark.parametrize(
    ("name", "points", "reason"),
    [
        ("Middle line", ((5.0, 5.0),), "One more click makes a line."),
        ("Middle line", ((5.0, 5.0), (5.0, 5.0)), "All its clicks are in one place."),
        ("Circle left", ((5.0, 5.0), (9.0, 5.0)), "Five clicks make a circle; 2 so far."),
        ("Circle left", tuple((float(i), 2.0 * i) for i in range(6)), "Its clicks do not lie on one ellipse."),
    ],
)
def test_a_marking_that_is_not_determined_says_why(name, points, reason):
    curve = answer(Instance(markings={name: points})).curves[name]
    assert curve.path.shape == (0, 2)
    assert curve.rms is None
    assert curve.reason == reason


def test_a_circle_is_drawn_whole_and_an_arc_about_its_clicks():
    view = look((-20.0, 70.0, -22.0), (-20.0, 0.0, 0.0), 800.0)
    instance = clicks(view=view)
    whole = answer(only(instance, "Circle central")).curves["Circle central"].path
    assert np.linalg.norm(whole[0] - whole[-1]) < 1e-6
    arc = answer(only(instance, "Circle left")).curves["Circle left"].path
    assert np.linalg.norm(arc[0] - arc[-1]) > 20.0


def test_the_ghost_is_the_pitch_near_the_frame():
    resolved = answer(clicks())
    assert {"Big rect. left main", "Circle left", "Goal left crossbar"} <= set(resolved.ghost)
    assert "Side line right" not in resolved.ghost
    for paths in resolved.ghost.values():
        for path in paths:
            assert path.shape[0] >= 2
            assert np.isfinite(path).all()
            assert (np.abs(path - (480.0, 270.0)) < (480.0 * 2.5, 270.0 * 2.5)).all()


def test_the_ghost_is_only_where_it_is_known():
    view = look((-20.0, 60.0, -15.0), (-40.0, -2.0, 0.0), 1500.0)
    parallel = [name for name in clicks(view=view).markings if "top" in name or "bottom" in name]
    resolved = answer(only(clicks(noise=0.5, view=view), *parallel))
    assert "across" in resolved.status
    full = answer(clicks(noise=0.5, view=view))
    drawn = sum(len(path) for paths in resolved.ghost.values() for path in paths)
    assert drawn < 0.5 * sum(len(path) for paths in full.ghost.values() for path in paths)


def test_a_post_is_not_parallel_to_a_line_on_the_ground():
    status = answer(only(clicks(), "Goal left crossbar", "Goal left post right", "Side line left")).status
    assert "parallel" not in status


def test_nothing_behind_the_camera_is_shown():
    view = look((-60.0, 3.0, -6.0), (-30.0, 0.0, 0.0), 500.0)
    resolved = answer(clicks(view=view))
    behind = ~np.isfinite(view.project(WORLDS)[:, 0])
    assert behind.any()
    for name, hidden in zip(NAMES, behind, strict=True):
        assert not (hidden and resolved.keypoints[name].inside), name


def test_a_horizon_inside_the_frame_hides_nothing_and_adds_nothing():
    view = look((-75.0, 5.0, -8.0), (0.0, 0.0, -4.0), 900.0)
    instance = clicks(view=view)
    resolved = answer(instance)
    for name, xy in view.keypoints().items():
        keypoint = resolved.keypoints[name]
        if keypoint.sd is not None and keypoint.sd < 3.0:
            assert off(keypoint, xy) < 0.1


# Robustness.


def test_what_makes_no_sense_is_passed_over():
    nan = float("nan")
    instance = Instance(
        keypoints={CORNER: KeypointLabel((nan, 3.0)), "nose": KeypointLabel((1.0, 1.0))},
        markings={"Line unknown": ((1.0, 1.0), (2.0, 2.0)), "Middle line": ((nan, 1.0), (1e308, 3.0)), "x": ()},
    )
    resolved = answer(instance, seen())
    assert resolved.keypoints[CORNER].source is Source.PREDICTED
    assert resolved.curves == {}


wild = st.tuples(st.floats(-5e3, 5e3), st.floats(-5e3, 5e3))
near = st.tuples(st.integers(0, 95).map(lambda i: 10.0 * i), st.integers(0, 53).map(lambda i: 10.0 * i))


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(MARKINGS)), st.lists(near | wild, min_size=1, max_size=7), max_size=9),
    st.dictionaries(st.sampled_from(NAMES), near | wild, max_size=5),
)
def test_whatever_is_drawn_there_is_an_answer(markings, points):
    instance = Instance(
        keypoints={name: KeypointLabel(xy) for name, xy in points.items()},
        markings={name: tuple(xy) for name, xy in markings.items()},
    )
    resolved = answer(instance, seen())
    assert list(resolved.keypoints) == NAMES
    assert set(resolved.curves) == set(markings)
    for name, keypoint in resolved.keypoints.items():
        assert keypoint.position is None or np.isfinite(keypoint.position).all()
        assert (keypoint.position is None) == (keypoint.source is None)
        assert (keypoint.source is Source.PLACED) == (name in points)
        assert keypoint.inside == (keypoint.visibility is Visibility.VISIBLE)
        if keypoint.source in (Source.CONSTRUCTED, Source.PROJECTED):
            assert 0.0 < keypoint.sd <= 15.01
    for curve in resolved.curves.values():
        assert np.isfinite(curve.path).all()
        assert (curve.rms is None) == (len(curve.path) == 0) == bool(curve.reason)


def test_a_frame_without_size_is_refused():
    with pytest.raises(ValueError, match="positive"):
        answer(Instance(), size=(0, 540))


def test_the_trailing_blank_of_a_name_does_not_matter():
    instance = only(clicks(), "Goal left crossbar", "Goal left post left ")
    stripped = Instance(markings={name.strip(): points for name, points in instance.markings.items()})
    corner = answer(instance).keypoints["L_GOAL_TL_POST"]
    assert corner.source is Source.CONSTRUCTED
    assert answer(stripped).keypoints["L_GOAL_TL_POST"] == corner


def test_resolution_does_not_matter():
    small = clicks(noise=0.8)
    large = {n: tuple(((x + 0.5) * 2 - 0.5, (y + 0.5) * 2 - 0.5) for x, y in p) for n, p in small.markings.items()}
    one, two = answer(small), answer(Instance(markings=large), size=(1920, 1080))
    for a, b in zip(one.keypoints.values(), two.keypoints.values(), strict=True):
        assert a.source is b.source
        if a.inside and a.position is not None:
            assert np.allclose((np.array(a.position) + 0.5) * 2 - 0.5, b.position, atol=0.01)
            assert b.sd == pytest.approx(2.0 * a.sd, rel=1e-3)


def test_resolving_twice_is_the_same_and_leaves_no_trace():
    instance = clicks(noise=0.8)
    one, two = answer(instance), answer(instance)
    assert one.keypoints == two.keypoints
    assert answer(instance, previous=one).keypoints == one.keypoints


def test_a_drag_ends_where_a_fresh_look_would():
    labels = FrameLabels((clicks(noise=0.8),))
    resolved = answer(labels.pitch)
    x, y = labels.pitch.markings["Big rect. left main"][0]
    for step in range(8):
        labels = move_marking_point(labels, "Big rect. left main", 0, (x + 1.5 * step, y - step))
        resolved = answer(labels.pitch, previous=resolved)
    resolved = answer(labels.pitch, previous=resolved)
    fresh = answer(labels.pitch)
    for name, keypoint in fresh.keypoints.items():
        if keypoint.position is not None and keypoint.inside:
            assert off(resolved.keypoints[name], keypoint.position) < 0.05
    labels = move_marking_point(labels, "Big rect. left main", 0, (x, y))
    back = answer(labels.pitch, previous=answer(labels.pitch, previous=resolved))
    start = answer(clicks(noise=0.8))
    assert all(
        off(back.keypoints[name], k.position) < 0.05 for name, k in start.keypoints.items() if k.position and k.inside
    )


def test_the_last_frames_answer_does_not_leak_into_the_next():
    first = answer(clicks(seed=1, noise=0.5))
    other = look((0.0, 70.0, -20.0), (30.0, 0.0, 0.0), 1600.0)
    instance = clicks(seed=2, noise=0.5, view=other)
    after, fresh = answer(instance, previous=first), answer(instance)
    for name, keypoint in fresh.keypoints.items():
        if keypoint.inside:
            assert off(after.keypoints[name], keypoint.position) < 0.05


def test_other_schemes_have_no_geometry():
    pose = Scheme(id="pose", title="Pose", keypoints=("nose", "tail"), mirror=(0, 1))
    instance = Instance(keypoints={"nose": KeypointLabel((5.0, 6.0))})
    resolved = resolve(instance, seen(names=("nose", "tail")), size=SIZE, threshold=0.3, scheme=pose)
    assert list(resolved.keypoints) == ["nose", "tail"]
    assert resolved.keypoints["nose"].source is Source.PLACED
    assert resolved.keypoints["tail"].source is Source.PREDICTED
    assert resolved.status == ""
    assert resolve(instance, None, size=SIZE, threshold=0.3, scheme=pose).status == ""


def test_all_57_points_accepted_in_bulk_stand_where_they_were_accepted():
    rng = np.random.default_rng(0)
    points = VIEW.project(WORLDS) + rng.normal(0.0, 2.0, WORLDS[:, :2].shape)
    said = {
        name: KeypointLabel((float(x), float(y)), Visibility.VISIBLE, Origin.ACCEPTED)
        for name, (x, y) in zip(NAMES, points, strict=True)
        if np.isfinite(x) and 0 <= x < 960 and 0 <= y < 540
    }
    resolved = answer(Instance(keypoints=said))
    residuals = [resolved.keypoints[name].residual for name in said]
    assert all(resolved.keypoints[name].position == said[name].position for name in said)
    assert np.median([r for r in residuals if r is not None]) < 4.0
    assert len(PITCH_57.keypoints) == len(resolved.keypoints)


def test_accepted_predictions_alone_bring_no_point_that_nobody_saw():
    pixels = dict(zip(NAMES, VIEW.project(WORLDS), strict=True))
    inside = [name for name, xy in pixels.items() if 0 <= xy[0] < SIZE[0] and 0 <= xy[1] < SIZE[1]]
    taken, left = inside[:-2], inside[-2:]
    said = {name: KeypointLabel(tuple(pixels[name]), Visibility.VISIBLE, Origin.ACCEPTED) for name in taken}
    found = answer(Instance(keypoints=said))
    assert {name for name, point in found.keypoints.items() if point.position is not None} == set(taken)
    assert found.solution is not None
    said[taken[0]] = replace(said[taken[0]], origin=Origin.HAND)
    more = answer(Instance(keypoints=said)).keypoints
    assert all(more[name].source is Source.PROJECTED for name in left)
