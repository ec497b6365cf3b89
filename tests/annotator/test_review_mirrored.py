"""The flip test: what a network sees of the mirrored frame, brought back, kept, and told by the queue."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from annotator.commands import run_command
from annotator.pitch import KEYPOINTS, PITCH_57
from annotator.project import Predictions, Project
from annotator.review import Kind
from annotator.review.mirrored import keep, kept, look, look_closer, points, to_look_at
from annotator.review.survey import Survey, known_entries
from annotator.review.worker import Inspector
from annotator.synthetic import render
from model.heatmaps import Prediction

NAMES = tuple(KEYPOINTS)
SIZE = (320, 180)


def seeing(places: dict[str, tuple[float, float, float]], network: str = "net") -> Prediction:
    xy, confidence = np.zeros((len(NAMES), 2)), np.zeros(len(NAMES))
    for name, (x, y, sure) in places.items():
        xy[NAMES.index(name)], confidence[NAMES.index(name)] = (x, y), sure
    return Prediction(
        names=NAMES,
        xy=xy,
        confidence=confidence,
        sd=np.ones(len(NAMES)),
        heatmaps=np.zeros((len(NAMES) + 1, 9, 16), dtype=np.uint8),
        image_size=SIZE,
        network=network,
        scale=(20.0, 20.0),
        offset=(9.5, 9.5),
    )


def of_the_brightest(rgb: np.ndarray) -> Prediction:
    """A network that takes the brightest pixel for the left penalty mark."""
    y, x = np.unravel_index(int(rgb[..., 0].argmax()), rgb.shape[:2])
    return seeing({"L_PENALTY_MARK": (float(x), float(y), 0.9), "CENTER_MARK": (3.0, 4.0, 0.05)})


class Bright:
    """That network with its name."""

    id = "net"

    def predict(self, rgb: np.ndarray) -> Prediction:
        return of_the_brightest(rgb)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(3):
        rgb = render(number, SIZE).rgb
        assert cv2.imwrite(str(folder / f"{number}.png"), rgb[..., ::-1])
    with Project.for_media([folder]) as project:
        yield project


def test_the_mirrored_frame_is_brought_back_with_its_names():
    rgb = np.zeros((180, 320, 3), dtype=np.uint8)
    rgb[50, 40] = 255
    assert look(of_the_brightest, rgb) == {"R_PENALTY_MARK": (pytest.approx(40.0), 50.0, pytest.approx(0.9))}


def test_a_network_that_knows_no_sides_sees_the_same_both_ways():
    def both(rgb: np.ndarray) -> Prediction:
        middle = of_the_brightest(rgb).xy[NAMES.index("L_PENALTY_MARK")]
        return seeing({"CENTER_MARK": (float(middle[0]), float(middle[1]), 0.9)})

    rgb = np.zeros((180, 320, 3), dtype=np.uint8)
    rgb[50, 40] = 255
    straight = both(rgb).xy[NAMES.index("CENTER_MARK")]
    assert points(look(both, rgb), 0.5)["CENTER_MARK"] == pytest.approx(tuple(straight))


def test_what_was_seen_is_kept_by_network_and_only_what_is_sure_is_a_point(project):
    first, second, _ = project.frame_ids()
    seen = {"CENTER_MARK": (10.25, 20.0, 0.9), "L_PENALTY_MARK": (1.0, 2.0, 0.2)}
    assert kept(project, first, "net") is None
    keep(project, first, "net", seen)
    assert kept(project, first, "net") == seen
    assert kept(project, first, "other") is None
    assert kept(project, second, "net") is None
    assert points(seen, 0.4) == {"CENTER_MARK": (10.25, 20.0)}


@pytest.mark.parametrize(
    "damage", ["", "[]", "{", '{"A": 1}', '{"A": [1, 2]}', '{"A": [1, 2, "x"]}', '{"A": [1, 2, NaN]}']
)
def test_what_is_damaged_was_not_looked_at(project, damage):
    project.store_mirrored(project.frame_ids()[0], "net", damage)
    assert kept(project, project.frame_ids()[0], "net") is None


def test_only_the_frame_that_was_looked_at_is_found_out_anew(project):
    before = project.sign_versions()
    first = project.frame_ids()[0]
    keep(project, first, "net", {})
    after = project.sign_versions()
    assert {i for i in before if before[i] != after[i]} == {first}


def test_a_flip_that_disagrees_is_told_by_the_survey(project):
    first = project.frame_ids()[0]
    project.save_prediction(first, seeing({"CENTER_MARK": (100.0, 90.0, 0.9)}))
    keep(project, first, "net", {"CENTER_MARK": (103.0, 90.0, 0.9)})
    inspector = Inspector()
    Survey(project, inspector, threshold=0.3).run(
        {}, found=lambda found: None, progress=lambda done, total: None, should_stop=lambda: False
    )
    inspector.close()
    assert known_entries(project)[first].entry.value(Kind.FLIP) == pytest.approx(9.0)


def test_looking_closer_goes_on_where_it_ended_and_passes_what_cannot_be_read(project):
    ids = project.frame_ids()
    for frame_id in ids[:2]:
        project.save_prediction(frame_id, seeing({}))
    assert to_look_at(project, "net") == ids[:2]
    project.row(ids[0]).path.write_bytes(b"no picture")
    lost = look_closer(project, Bright(), to_look_at(project, "net"))
    assert len(lost) == 1
    assert to_look_at(project, "net") == ids[:1]
    assert kept(project, ids[1], "net")


def test_a_slice_leaves_what_can_be_made_again(project, tmp_path):
    keep(project, project.frame_ids()[0], "net", {})
    project.copy_to(tmp_path / "copy.touchline", predictions=Predictions.LEAVE)
    with Project.look_into(tmp_path / "copy.touchline") as copy:
        assert copy.mirrored_frames("net") == set()


@pytest.fixture(scope="module")
def small_network(tmp_path_factory):
    """An untrained network that is quick to run."""
    import torch

    from model.checkpoint import Card, save
    from model.hrnet import HRNet, preset

    torch.manual_seed(0)
    spec = preset("touchline-small", channels=len(PITCH_57) + 1)
    card = Card(spec=spec, names=PITCH_57.keypoints, input_size=(128, 96), scheme=PITCH_57.id, mirror=PITCH_57.mirror)
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    save(path, HRNet(spec).state_dict(), card)
    return path


def test_the_command_looks_closer_and_says_why_frames_come_first(project, small_network, capsys):
    from model.predictor import Predictor

    network = Predictor.load(small_network, "cpu").id
    ids, folder = project.frame_ids(), project.row(project.frame_ids()[0]).path.parent
    for frame_id in ids[:2]:
        project.save_prediction(frame_id, seeing({"CENTER_MARK": (100.0, 90.0, 0.9)}, network))
    project.close()
    assert run_command(["review", str(folder), "--flip", "--weights", str(small_network), "--device", "cpu"]) == 0
    rows = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert {row[1] for row in rows} == {"0.png", "1.png", "2.png"}
    assert rows[-1][1:] == ["2.png", "unseen", "nothing odd"]
    with Project.open(project.path) as again:
        assert again.mirrored_frames(network) == set(ids[:2])
    assert run_command(["review", str(folder), "--query", "state:predicted", "--first", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_command_says_in_one_line_what_it_cannot_do(project, small_network, tmp_path, capsys):
    folder = project.row(project.frame_ids()[0]).path.parent
    project.close()
    for arguments, why in (
        ([str(tmp_path / "none")], "there is no project"),
        ([str(folder), "--query", "state:odd"], "is no state"),
        ([str(folder), "--first", "-1"], "0 or more"),
        ([str(folder), "--flip", "--weights", str(small_network), "--device", "cpu"], "saw no frame"),
    ):
        assert run_command(["review", *arguments]) == 2
        assert why in capsys.readouterr().err


def test_other_schemes_have_mirror_pairs_of_their_own():
    from annotator.schemes import CARD_PACKET_8

    names = CARD_PACKET_8.keypoints
    xy = np.stack([np.arange(8) * 10.0, np.arange(8) * 5.0], axis=1)
    heat = np.zeros((9, 4, 4), dtype=np.uint8)
    network = Prediction(names, xy, np.full(8, 0.9), np.ones(8), heat, (100, 60), "cards", (25.0, 15.0), (12.0, 7.0))
    rgb = np.zeros((60, 100, 3), dtype=np.uint8)
    seen = look(lambda picture: network, rgb, CARD_PACKET_8.mirrored)
    assert seen["upper_right_face"] == (99.0 - xy[0, 0], xy[0, 1], 0.9)
