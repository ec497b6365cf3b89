"""Films: what is drawn lies where it belongs, and a file is there whole or not at all."""

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from clips import written

from annotator.commands import run_command
from annotator.keypoints import resolve
from annotator.labels import EMPTY, FrameRecord, Instance, KeypointLabel, Origin, Visibility, place
from annotator.pitch import KEYPOINTS
from annotator.project import Project
from annotator.rendering import Shown, fitting, labels_scene, network_scene, render_film
from annotator.rendering_files import RenderError, film
from annotator.rendering_layers import (
    GREEN,
    LAYERS,
    ORANGE,
    PURPLE,
    YELLOW,
    Canvas,
    Scene,
    chosen_layers,
    draw_scene,
    view_on_pitch,
)
from annotator.synthetic import render
from model.heatmaps import Codec, Prediction

SIZE = (960, 540)


@pytest.fixture(scope="module")
def truth():
    return render(7, SIZE, family="main")


def said(truth, origin=Origin.HAND) -> Instance:
    seen = {name: xy for name, xy in truth.points.items() if truth.states[name] == 2}
    return Instance(keypoints={n: KeypointLabel(xy, Visibility.VISIBLE, origin) for n, xy in seen.items()})


def predicted(truth) -> Prediction:
    names = tuple(KEYPOINTS)
    xy = np.array([truth.points.get(name, (-100.0, -100.0)) for name in names])
    confidence = np.array([0.9 if truth.states[name] == 2 else 0.02 for name in names])
    heat = np.zeros((len(names) + 1, 135, 240), np.uint8)
    heat[-1] = 255
    for (x, y), sure in zip(xy, confidence, strict=True):
        if sure > 0.5:
            heat[-1, round(y / 4), round(x / 4)] = 0
    scale, offset = Codec((SIZE[0], SIZE[1])).cell_to_image(SIZE)
    return Prediction(names, xy, confidence, np.ones(len(names)), heat, SIZE, "n", scale, offset)


def near(picture: np.ndarray, at, colour, reach: int = 4) -> bool:
    x, y = round(at[0]), round(at[1])
    part = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return bool((np.abs(part - colour).sum(axis=2) < 40).any())


def drawn(scene: Scene, *names: str, size=None) -> np.ndarray:
    return draw_scene(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8), scene, chosen_layers(names), size)


def shown(truth, **what) -> Shown:
    return Shown("f", truth.rgb, **what)


@pytest.mark.parametrize("size", [None, (1920, 1080), (480, 270)])
def test_marks_lie_where_the_labels_say_at_every_size(truth, size):
    scene = labels_scene(shown(truth, instance=said(truth)), threshold=2.0)
    picture = drawn(scene, "keypoints", size=size)
    scale = picture.shape[1] / SIZE[0]
    for label in said(truth).keypoints.values():
        at = [(v + 0.5) * scale - 0.5 for v in label.position]
        assert near(picture, at, YELLOW)
    empty = drawn(scene, size=size)
    assert (empty == 90).all()


def test_colours_say_where_a_point_comes_from(truth):
    carried = labels_scene(shown(truth, instance=said(truth, Origin.PROPAGATED)), threshold=2.0)
    seen = network_scene(shown(truth, prediction=predicted(truth)), threshold=0.5)
    for scene, colour in ((carried, GREEN), (seen, ORANGE)):
        picture = drawn(scene, "keypoints")
        inside = [k for k in scene.resolved.keypoints.values() if k.inside and k.position]
        own = [k for k in inside if k.name in said(truth).keypoints]
        assert len(own) > 5
        # Where two lie nearly on each other, the later one covers the earlier.
        assert np.mean([near(picture, k.position, colour, reach=6) for k in own]) > 0.85


def test_the_ghost_lies_on_the_lines_for_labels_and_for_the_network(truth):
    for scene in (
        labels_scene(shown(truth, instance=said(truth)), threshold=2.0),
        network_scene(shown(truth, prediction=predicted(truth)), threshold=0.5),
    ):
        picture = drawn(scene, "ghost")
        lines = truth.markings(2.0)
        on = [near(picture, xy, PURPLE) for name, line in lines.items() if "Goal" not in name for xy in line]
        assert np.mean(on) > 0.85


def test_the_heatmap_glows_where_the_network_sees_points(truth):
    scene = network_scene(shown(truth, prediction=predicted(truth)), threshold=0.5)
    picture = drawn(scene, "heatmap").astype(int)
    changed = np.abs(picture - 90).sum(axis=2) > 20
    assert 0 < changed.mean() < 0.1
    for name, label in said(truth).keypoints.items():
        x, y = (round(v) for v in label.position)
        assert changed[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].any(), name


def test_the_map_shows_the_view_of_the_camera(truth):
    scene = labels_scene(shown(truth, instance=said(truth)), threshold=2.0)
    seen = view_on_pitch(scene.resolved.image_from_pitch, SIZE)
    assert len(seen) >= 3
    visible = np.array([KEYPOINTS[n].world[:2] for n in said(truth).keypoints if KEYPOINTS[n].on_ground])
    contour = seen.astype(np.float32).reshape(-1, 1, 2)
    assert all(cv2.pointPolygonTest(contour, (float(x), float(y)), True) > -0.6 for x, y in visible)
    picture = drawn(scene, "map")
    assert (picture[:300, :600] == 90).all()
    assert (picture[-60:, -60:] != 90).any()


def test_a_frame_of_which_nothing_is_known_is_shown_as_it_is(truth):
    for scene in (Scene(SIZE), labels_scene(shown(truth), threshold=2.0), network_scene(shown(truth), threshold=0.5)):
        picture = drawn(scene, "heatmap", "ghost", "markings", "keypoints", "caption")
        assert (picture == 90).all()
    assert view_on_pitch(np.zeros((3, 3)), SIZE).shape == (0, 2)


def test_layers_are_named_and_in_order():
    assert chosen_layers(["caption", "heatmap"]) == (LAYERS["heatmap"], LAYERS["caption"])
    with pytest.raises(ValueError, match="no layer nonsense"):
        chosen_layers(["nonsense"])


def test_a_layer_of_another_kind_can_be_added(truth):
    class Box:
        def draw(self, canvas: Canvas, scene: Scene) -> None:
            canvas.line([(100, 100), (200, 100), (np.nan, 0), (200, 200), (100, 200)], (255, 0, 0))

    picture = draw_scene(np.zeros((540, 960, 3), np.uint8), Scene(SIZE), [Box()])
    assert near(picture, (150, 100), (255, 0, 0))
    assert near(picture, (150, 200), (255, 0, 0))
    assert not near(picture, (200, 150), (255, 0, 0))


# --- files ---------------------------------------------------------------------------------------------------------


def scenes(count: int, size=(96, 54)):
    for n in range(count):
        yield np.full((size[1], size[0], 3), (200, 40 + 8 * n, 30), np.uint8), Scene(size)


def test_an_mp4_has_its_frames_its_time_and_its_colours(tmp_path):
    told = []
    path = tmp_path / "o.mp4"
    count = render_film(
        path, scenes(20), total=20, fps=12.5, layers=(), progress=lambda done, total: told.append((done, total))
    )
    assert (count, told[-1]) == (20, (20, 20))
    with av.open(str(path)) as container:
        assert float(container.streams.video[0].average_rate) == 12.5
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 20
    np.testing.assert_allclose(frames[10].reshape(-1, 3).mean(axis=0), (200, 120, 30), atol=4)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_animation_keeps_time(tmp_path, suffix):
    path = tmp_path / f"o{suffix}"
    render_film(path, scenes(9), total=9, fps=7.0, layers=())
    done, animation = cv2.imreadanimation(str(path))
    assert done
    assert len(animation.frames) == 9
    assert sum(animation.durations) == pytest.approx(9000 / 7, abs=11)
    np.testing.assert_allclose(animation.frames[4].reshape(-1, animation.frames[4].shape[2])[:, :3].mean(axis=0),
                               (30, 72, 200), atol=14)  # fmt: skip


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_is_stopped_halfway_leaves_what_was_there(tmp_path, suffix, error):
    path = tmp_path / f"o{suffix}"
    path.write_bytes(b"before")

    def broken():
        yield from scenes(5)
        raise error

    with pytest.raises(error):
        render_film(path, broken(), total=9, fps=25, layers=())
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_that_was_asked_for_and_no_frame_at_all_leave_nothing(tmp_path):
    with pytest.raises(InterruptedError):
        render_film(tmp_path / "o.mp4", scenes(5), total=5, fps=25, layers=(), should_stop=lambda: True)
    with pytest.raises(ValueError, match="no frame"):
        render_film(tmp_path / "o.mp4", iter(()), total=0, fps=25, layers=())
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_named(tmp_path, monkeypatch):
    for path in (tmp_path / "o.txt", tmp_path / "none" / "o.mp4"):
        with pytest.raises(RenderError, match=path.name), film(path, 25):
            pass
    monkeypatch.setattr("annotator.rendering_files.MOST_BYTES", 96 * 54 * 3 * 3)
    with pytest.raises(RenderError, match="3 pictures of 96x54"):
        render_film(tmp_path / "o.gif", scenes(5), total=5, fps=25, layers=())


def test_sizes_are_even():
    assert fitting((1921, 1081), None) == (1920, 1080)
    assert fitting((1920, 1080), 641) == (640, 360)
    assert fitting((640, 640), 301) == (300, 300)


# --- the command ---------------------------------------------------------------------------------------------------


class FakePredictor:
    threshold = 0.5

    def __init__(self, prediction):
        self._prediction = prediction

    def predict_many(self, images, *, batch):
        for rgb in images:
            yield replace(self._prediction, image_size=(rgb.shape[1], rgb.shape[0]))


def test_a_video_is_rendered_as_the_network_sees_it(tmp_path, monkeypatch, truth, capsys):
    monkeypatch.setattr("annotator.commands.render_.load_predictor", lambda *_: FakePredictor(predicted(truth)))
    path = written(tmp_path / "v.mp4", 30)
    out = tmp_path / "o.mp4"
    assert run_command(["render", str(path), str(out), "--from", "4", "--to", "20", "--every", "4", "--network"]) == 0
    with av.open(str(out)) as container:
        assert len(list(container.decode(video=0))) == 5
        assert float(container.streams.video[0].average_rate) == 6.25
    assert "5 frames" in capsys.readouterr().err


def test_a_project_is_rendered_as_its_labels_say(tmp_path, capsys):
    path = written(tmp_path / "v.mp4", 12)
    with Project.for_media([path]) as project:
        for frame_id in project.frame_ids()[2:5]:
            labels = place(EMPTY, "CENTER_MARK", (100.0, 60.0))
            project.save_record(frame_id, FrameRecord(labels), text="placed")
    out = tmp_path / "o.mp4"
    assert run_command(["render", str(path), str(out), "--labelled", "--layers", "keypoints", "--width", "320"]) == 0
    with av.open(str(out)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 3
    assert near(frames[1], (100, 60), YELLOW, reach=5) or frames[1][60, 100][2] < 140


def test_a_project_without_frames_is_refused(tmp_path, capsys):
    with Project.create(tmp_path / "p.touchline", scheme_id="coco-17"):
        pass
    assert run_command(["render", str(tmp_path / "p.touchline"), str(tmp_path / "o.mp4")]) == 2
    assert "nothing to render" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["o.avi"], "must end in"),
        (["o.mp4", "--layers", "nonsense"], "no layer nonsense"),
        (["o.mp4", "--what", "labels"], "no project with labels"),
        (["o.mp4", "--from", "90", "--network"], "nothing to render"),
        (["o.mp4", "--every", "0"], "--every is at least 1"),
        (["o.mp4", "--width", "4"], "at least 16 pixels"),
    ],
)
def test_what_cannot_be_rendered_is_said_in_a_sentence(tmp_path, capsys, arguments, reason):
    path = written(tmp_path / "v.mp4", 5)
    assert run_command(["render", str(path), str(tmp_path / arguments[0]), *arguments[1:]]) == 2
    assert reason in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["v.mp4"]


def test_resolving_is_the_same_as_in_the_window(truth):
    scene = labels_scene(shown(truth, instance=said(truth)), threshold=2.0)
    direct = resolve(said(truth), None, size=SIZE, threshold=2.0)
    assert {n: k.position for n, k in scene.resolved.keypoints.items()} == {
        n: k.position for n, k in direct.keypoints.items()
    }
