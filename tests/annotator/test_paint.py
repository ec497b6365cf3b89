"""Clicks drawn to white paint: on drawn pictures with one distraction each, on rendered and on real frames."""

import json
import math

import cv2
import numpy as np
import pytest

from annotator.keypoints import resolve
from annotator.labels import Instance
from annotator.paint import PaintField, Refusal, snap_marking, snap_point, spans_at
from annotator.pitch import MARKINGS
from annotator.synthetic import render

SIZE = (960, 540)
GRASS, WHITE = (70, 130, 50), (235, 238, 230)
LINE = "Side line top"


def field_of_grass(seed=0):
    """Noisy grass with a mowing pattern, drawn four times as large so that lines can be exact."""
    rng = np.random.default_rng(seed)
    rgb = np.empty((SIZE[1], SIZE[0], 3), np.float32)
    rgb[:] = GRASS
    rgb *= (1.0 + 0.08 * (np.arange(SIZE[0]) // 80 % 2))[None, :, None]
    return np.clip(rgb + rng.normal(0.0, 4.0, rgb.shape), 0, 255).astype(np.float32)


def draw_line(rgb, start, end, *, width=3.0, colour=WHITE):
    """An anti-aliased bar of exact place and width."""
    start, end = np.array(start, float), np.array(end, float)
    way = (end - start) / np.linalg.norm(end - start)
    y, x = np.mgrid[0 : rgb.shape[0], 0 : rgb.shape[1]]
    along = (x - start[0]) * way[0] + (y - start[1]) * way[1]
    across = np.abs((y - start[1]) * way[0] - (x - start[0]) * way[1])
    share = np.clip(0.5 * width + 0.5 - across, 0.0, 1.0) * ((along >= 0) & (along <= np.linalg.norm(end - start)))
    rgb += share[..., None] * (np.array(colour, np.float32) - rgb)


def draw_ellipse(rgb, centre, axes, *, width=3.0):
    y, x = np.mgrid[0 : rgb.shape[0], 0 : rgb.shape[1]]
    u, v = (x - centre[0]) / axes[0], (y - centre[1]) / axes[1]
    value = np.hypot(u, v)
    steep = np.hypot(u / axes[0], v / axes[1]) / np.maximum(value, 1e-9)
    share = np.clip(0.5 * width + 0.5 - np.abs(value - 1.0) / np.maximum(steep, 1e-9), 0.0, 1.0)
    rgb += share[..., None] * (np.array(WHITE, np.float32) - rgb)


def prepared(rgb):
    return PaintField.of(np.clip(rgb + 0.5, 0, 255).astype(np.uint8))


def off_line(points, start, end):
    way = np.subtract(end, start) / math.dist(start, end)
    rel = np.subtract(points, start)
    return np.abs(rel[:, 1] * way[0] - rel[:, 0] * way[1])


START, END = (120.0, 200.0), (860.0, 330.0)
SLOPPY = ((200.0, 221.0), (780.0, 308.0))


def test_sloppy_clicks_end_in_the_middle_of_the_paint():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    snap = snap_marking(prepared(rgb), SLOPPY, LINE)
    assert not snap.refused
    assert off_line(snap.clicks, START, END).max() < 0.15
    assert snap.agree.mean() > 0.9
    assert off_line(snap.ticks[snap.agree], START, END).max() < 1.3
    assert 3.0 < snap.shift < snap.farthest < 12.0


def test_clicks_move_across_the_line_and_keep_their_places_along_it():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    clicks = (*SLOPPY, (400.0, 255.0), (600.0, 282.0))
    snap = snap_marking(prepared(rgb), clicks, LINE)
    way = np.subtract(END, START) / math.dist(START, END)
    assert len(snap.clicks) == 4
    assert np.abs((np.array(snap.clicks) - clicks) @ way).max() < 1.0
    assert off_line(snap.clicks, START, END).max() < 0.2


@pytest.mark.parametrize("angle", [0.0, 37.0, 90.0, 153.0])
def test_no_direction_is_special(angle):
    rgb = field_of_grass()
    way = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    start, end = np.array([480.0, 270.0]) - 180 * way, np.array([480.0, 270.0]) + 180 * way
    draw_line(rgb, start, end)
    across = np.array([-way[1], way[0]])
    snap = snap_marking(prepared(rgb), (tuple(start + 7 * across), tuple(end - 5 * across)), LINE)
    assert not snap.refused
    assert off_line(snap.clicks, start, end).max() < 0.2


def test_the_same_picture_twice_as_large_gives_the_same_answer():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    large = cv2.resize(rgb, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    small = snap_marking(prepared(rgb), SLOPPY, LINE)
    twice = snap_marking(prepared(large), tuple((2 * x + 0.5, 2 * y + 0.5) for x, y in SLOPPY), LINE)
    assert not twice.refused
    assert np.abs((np.array(twice.clicks) - 0.5) / 2.0 - small.clicks).max() < 0.2


def test_a_line_bent_by_the_lens_is_followed():
    rgb = field_of_grass()
    x = np.linspace(100, 860, 60)
    y = 250 + 4.0 * ((x - 480) / 380) ** 2
    for a, b in zip(np.column_stack([x, y])[:-1], np.column_stack([x, y])[1:], strict=True):
        draw_line(rgb, a, b)
    clicks = ((110.0, 259.0), (480.0, 245.0), (850.0, 248.0))
    snap = snap_marking(prepared(rgb), clicks, LINE)
    assert not snap.refused
    truth = [250 + 4.0 * ((cx - 480) / 380) ** 2 for cx, _ in snap.clicks]
    assert np.abs([cy - t for (_, cy), t in zip(snap.clicks, truth, strict=True)]).max() < 0.8


def test_bare_grass_attracts_nothing():
    snap = snap_marking(prepared(field_of_grass()), SLOPPY, LINE)
    assert snap.reason is Refusal.NO_PAINT
    assert snap.clicks == snap.before == SLOPPY
    assert snap.farthest == 0.0


def write(rgb, text, at, size, colour, width):
    picture = np.clip(rgb, 0, 255).astype(np.uint8)
    rgb[:] = cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, width)


def board(rgb):
    rgb[:240] = (40, 42, 60)
    rgb[206:240] = (245, 245, 245)
    for x in range(0, 960, 46):
        write(rgb, "AD", (x, 236), 0.9, (20, 40, 160), 4)


def thin_board(rgb):
    rgb[:250] = (60, 50, 50)
    rgb[246:252] = (250, 250, 250)


def overlay(rgb):
    cv2.rectangle(rgb, (180, 232), (520, 246), (250, 250, 250), -1)
    write(rgb, "HOME 2 - 1 AWAY", (190, 244), 0.5, (20, 20, 20), 1)


def net(rgb):
    for x in range(250, 700, 7):
        draw_line(rgb, (x, 180), (x + 12, 258), width=0.8, colour=(220, 220, 220))
    for y in range(180, 259, 7):
        draw_line(rgb, (250, y), (710, y), width=0.8, colour=(220, 220, 220))


def socks(rgb):
    for x in range(180, 800, 62):
        cv2.rectangle(rgb, (x, 210), (x + 12, 244), (150, 20, 30), -1)
        for leg in (x + 1, x + 8):
            cv2.rectangle(rgb, (leg, 244), (leg + 4, 258), (250, 250, 250), -1)


def kits(rgb):
    for x in range(180, 800, 110):
        cv2.ellipse(rgb, (x, 240), (9, 16), 0, 0, 360, (248, 248, 248), -1)


@pytest.mark.parametrize("distraction", [board, thin_board, overlay, net, socks, kits])
def test_where_there_is_no_line_boards_overlays_nets_and_socks_attract_nothing(distraction):
    rgb = field_of_grass()
    distraction(rgb)
    snap = snap_marking(prepared(rgb), ((190.0, 259.0), (770.0, 256.0)), LINE)
    assert snap.refused
    assert snap.clicks == snap.before


@pytest.mark.parametrize("distraction", [board, thin_board, overlay, net, socks, kits])
def test_beside_boards_overlays_nets_and_socks_the_line_is_found_or_left_alone(distraction):
    rgb = field_of_grass()
    draw_line(rgb, (100.0, 262.0), (860.0, 262.0))
    distraction(rgb)
    for low, high in ((262.0, 262.0), (257.0, 265.0), (268.0, 260.0)):
        snap = snap_marking(prepared(rgb), ((190.0, low), (770.0, high)), LINE)
        worst = max(abs(y - 262.0) for _, y in snap.clicks)
        assert worst < 0.6 or snap.refused
    assert not snap.refused or distraction is net


def test_players_on_the_line_do_not_move_it():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    for x in range(180, 800, 90):
        y = int(START[1] + (x - START[0]) * (END[1] - START[1]) / (END[0] - START[0]))
        cv2.rectangle(rgb, (x, y - 40), (x + 30, y + 4), (240, 240, 245), -1)
    snap = snap_marking(prepared(rgb), SLOPPY, LINE)
    assert not snap.refused
    assert off_line(snap.clicks, START, END).max() < 0.3


def test_a_wide_band_is_no_line():
    rgb = field_of_grass()
    draw_line(rgb, START, END, width=24.0)
    assert snap_marking(prepared(rgb), SLOPPY, LINE).refused


def test_paint_on_the_far_side_of_the_halfway_to_a_neighbour_is_not_taken():
    rgb = field_of_grass()
    draw_line(rgb, (100.0, 260.0), (860.0, 260.0))  # the neighbour; the line itself has worn off
    clicks = ((190.0, 248.0), (770.0, 250.0))
    assert snap_marking(prepared(rgb), clicks, "Big rect. left top").clicks[0][1] == pytest.approx(260.0, abs=0.3)
    known = {
        "Big rect. left top": (np.array([[100.0, 249.0], [860.0, 249.0]]),),
        "Small rect. left top": (np.array([[100.0, 259.0], [860.0, 259.0]]),),
    }
    snap = snap_marking(prepared(rgb), clicks, "Big rect. left top", neighbours=known)
    assert snap.reason is Refusal.NO_PAINT
    both = field_of_grass()
    draw_line(both, (100.0, 260.0), (860.0, 260.0))
    draw_line(both, (100.0, 251.0), (860.0, 251.0))
    snap = snap_marking(prepared(both), ((190.0, 256.0), (770.0, 257.0)), "Big rect. left top", neighbours=known)
    assert max(abs(y - 251.0) for _, y in snap.clicks) < 0.5


def test_a_line_that_would_turn_too_much_stays():
    rgb = field_of_grass()
    draw_line(rgb, (400.0, 270.0 - 14.0), (440.0, 270.0 + 14.0))
    snap = snap_marking(prepared(rgb), ((402.0, 270.0), (438.0, 270.0)), LINE)
    assert snap.refused


def test_a_limit_is_kept():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    field = prepared(rgb)
    assert not snap_marking(field, SLOPPY, LINE).refused
    near = snap_marking(field, SLOPPY, LINE, limit=3.0)
    assert near.refused
    assert near.clicks == SLOPPY


@pytest.mark.parametrize("clicks", [(), ((5.0, 5.0),), ((5.0, 5.0), (5.0, 5.0)), ((5.0, 5.0), (6.0, 5.0))])
def test_too_few_clicks_are_refused(clicks):
    snap = snap_marking(prepared(field_of_grass()), clicks, LINE)
    assert snap.refused
    assert snap.clicks == clicks


@pytest.mark.parametrize("clicks", [((-500.0, -300.0), (-100.0, -300.0)), ((2000.0, 40.0), (3000.0, 50.0))])
def test_clicks_outside_the_frame_are_left_alone(clicks):
    assert snap_marking(prepared(field_of_grass()), clicks, LINE).clicks == clicks


def test_a_circle_is_drawn_to_its_paint():
    rgb = field_of_grass()
    draw_ellipse(rgb, (480.0, 270.0), (240.0, 70.0))
    rng = np.random.default_rng(2)
    turn = np.linspace(0.2, 6.0, 10)
    exact = np.column_stack([480 + 240 * np.cos(turn), 270 + 70 * np.sin(turn)])
    snap = snap_marking(prepared(rgb), tuple(map(tuple, exact + rng.normal(0, 2.5, exact.shape))), "Circle central")
    assert not snap.refused
    after = np.array(snap.clicks)
    value = np.hypot((after[:, 0] - 480) / 240, (after[:, 1] - 270) / 70)
    steep = np.hypot((after[:, 0] - 480) / 240**2, (after[:, 1] - 270) / 70**2)
    assert (np.abs(value - 1) / steep).max() < 0.5


def test_with_the_projected_circle_three_clicks_are_enough():
    rgb = field_of_grass()
    draw_ellipse(rgb, (480.0, 270.0), (240.0, 70.0))
    turn = np.linspace(0.0, 2 * np.pi, 80)
    path = np.column_stack([484 + 238 * np.cos(turn), 274 + 71 * np.sin(turn)])
    clicks = ((240.0, 275.0), (480.0, 345.0), (724.0, 265.0))
    assert snap_marking(prepared(rgb), clicks, "Circle central").reason is Refusal.TOO_FEW_CLICKS
    snap = snap_marking(prepared(rgb), clicks, "Circle central", neighbours={"Circle central": (path,)})
    assert not snap.refused
    after = np.array(snap.clicks)
    assert np.abs(np.hypot((after[:, 0] - 480) / 240, (after[:, 1] - 270) / 70) - 1.0).max() < 0.02


def corner(x=500.3, y=260.7):
    rgb = field_of_grass()
    draw_line(rgb, (x, y), (x + 300, y + 40))
    draw_line(rgb, (x, y), (x - 120, y + 200))
    return rgb


def test_a_corner_is_found_with_and_without_a_camera():
    field = prepared(corner())
    paths = {"a": (np.array([[498.0, 264.0], [800.0, 304.0]]),), "b": (np.array([[498.0, 264.0], [378.0, 464.0]]),)}
    for spans in (spans_at((504.0, 256.0), paths, ("a", "b"), within=20.0, scale=field.scale), None):
        snap = snap_point(field, (504.0, 256.0), spans=spans)
        assert not snap.refused
        assert math.dist(snap.clicks[0], (500.3, 260.7)) < 0.5


def test_on_one_line_a_point_moves_across_it():
    rgb = field_of_grass()
    draw_line(rgb, START, END)
    snap = snap_point(prepared(rgb), (480.0, 268.0))
    assert not snap.refused
    assert off_line(snap.clicks, START, END).max() < 0.2
    assert math.dist(snap.clicks[0], (480.0, 268.0)) < 6.0


def test_on_bare_grass_a_point_stays():
    snap = snap_point(prepared(field_of_grass()), (480.0, 268.0))
    assert snap.reason is Refusal.NO_PAINT
    assert snap.clicks == ((480.0, 268.0),)


def test_spans_are_those_of_the_paths_that_pass_near_as_far_as_they_go():
    paths = {"a": (np.array([[0.0, 0.0], [100.0, 0.0]]),), "b": (np.array([[50.0, 0.0], [50.0, 90.0]]),)}
    spans = spans_at((52.0, 3.0), paths, ("a", "b", "c"), within=10.0, scale=1.0)
    assert spans[0].tolist() == [[16.0, 3.0], [88.0, 3.0]]
    assert spans[1].tolist() == [[52.0, 0.0], [52.0, 39.0]]
    assert spans_at((52.0, 30.0), paths, ("a",), within=10.0, scale=1.0).shape == (0, 2, 2)


def test_a_frame_is_rgb_bytes():
    with pytest.raises(ValueError, match="uint8"):
        PaintField.of(np.zeros((4, 4, 3), np.float32))


def distance_to_path(samples, points):
    start, step = samples[:-1], np.diff(samples, axis=0)
    points = np.asarray(points, float)
    t = np.clip(((points[:, None] - start) * step).sum(axis=2) / np.maximum((step * step).sum(axis=1), 1e-9), 0.0, 1.0)
    return np.linalg.norm(points[:, None] - start - t[..., None] * step, axis=2).min(axis=1)


def test_on_rendered_frames_clicks_near_the_truth_hardly_ever_leave_it():
    rng = np.random.default_rng(3)
    worse, after = [], []
    for seed, family in enumerate(["main", "sixteen", "midfield", "close", "high behind", "tactical"] * 2):
        frame = render(500 + seed, SIZE, family=family)
        field, exact = PaintField.of(frame.rgb), frame.markings(0.1)
        known = {name: (samples,) for name, samples in exact.items()}
        for name, samples in exact.items():
            if np.ptp(samples, axis=0).max() < 50:
                continue
            at = np.linspace(0.06, 0.94, 9 if MARKINGS[name].is_round else 2) * (len(samples) - 1)
            clicks = samples[at.astype(int)] + rng.normal(0.0, 2.0, (len(at), 2))
            snap = snap_marking(field, tuple(map(tuple, clicks)), name, neighbours=known)
            before, now = distance_to_path(samples, clicks).mean(), distance_to_path(samples, snap.clicks).mean()
            worse.append(now > before + 2.0)
            if not snap.refused:
                after.append(now)
    assert len(after) > 50
    assert np.median(after) < 0.3
    assert np.mean(worse) <= 0.03


def test_on_real_frames_sloppy_clicks_end_where_people_drew(shared_data):
    rng = np.random.default_rng(4)
    folder = shared_data / "soccernet-dev"
    before, after, worse = [], [], []
    for path in sorted((folder / "lines").glob("*.json"))[::6]:
        image = folder / "images" / f"{path.stem}.jpg"
        if not image.is_file():
            continue
        rgb = cv2.cvtColor(cv2.imread(str(image)), cv2.COLOR_BGR2RGB)
        drawn = json.loads(path.read_text(encoding="utf-8"))
        markings = {n: np.array([(p["x"] * 960, p["y"] * 540) for p in xy]) for n, xy in drawn.items() if n in MARKINGS}
        instance = Instance(markings={n: tuple(map(tuple, xy)) for n, xy in markings.items()})
        known = resolve(instance, None, size=SIZE, threshold=0.3).ghost
        field = PaintField.of(rgb)
        for name, human in markings.items():
            if len(human) != 2 or math.dist(*human) < 40:
                continue
            clicks = human + rng.normal(0.0, 8.0, human.shape)
            snap = snap_marking(field, tuple(map(tuple, clicks)), name, neighbours=known)
            first, last = off_line(clicks, *human), off_line(snap.clicks, *human)
            worse.append(last.mean() > first.mean() + 2.0)
            if not snap.refused:
                before.extend(first)
                after.extend(last)
    assert len(after) > 60
    assert np.median(before) > 3.5
    assert np.median(after) <= 1.0
    assert np.mean(worse) <= 0.03
