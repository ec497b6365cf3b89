"""Films of people and packets: everybody in the colour of their number, in every frame the same."""

from dataclasses import replace

import av
import numpy as np
import pytest
import sprites
from sprites import COCO, labels

from annotator.commands import run_command
from annotator.identity_colours import CYCLE, identity_colour
from annotator.labels import EMPTY, FrameLabels, FrameRecord, Instance, KeypointLabel, Origin, Visibility
from annotator.project import Project
from annotator.rendering_layers import draw_scene
from annotator.rendering_things import chosen_thing_layers, thing_scene
from annotator.schemes import scheme_of
from annotator.synthetic.cards import render_cards
from model.people import InstancePrediction

CARDS = scheme_of("card-packet-8")
GREY = np.full((180, 320, 3), 90, np.uint8)


def near(picture, at, colour, reach: int = 3) -> bool:
    x, y = round(float(at[0])), round(float(at[1]))
    part = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].astype(int)
    return bool((np.abs(part - colour).sum(axis=2) < 40).any())


def drawn(said: FrameLabels, *names: str, scheme=COCO, seen=(), size=None):
    scene = thing_scene(GREY, said, seen, scheme, threshold=0.3)
    return draw_scene(GREY, scene, chosen_thing_layers(names), size)


@pytest.mark.parametrize("size", [None, (640, 360)])
def test_everybody_has_the_colour_of_their_number(size):
    picture = drawn(labels(0, 4, 1), "skeletons", size=size)
    scale = picture.shape[1] / 320
    for person, number in enumerate((4, 1)):
        inside = [at for at in sprites.points(person, 0) if 0 < at[0] < 319 and 0 < at[1] < 179]
        assert all(near(picture, (at + 0.5) * scale - 0.5, identity_colour(number)) for at in inside)


def test_the_colours_come_round_and_neighbours_differ():
    assert [identity_colour(n) for n in range(len(CYCLE) + 1)] == [*CYCLE, CYCLE[0]]
    assert len(set(CYCLE)) == len(CYCLE) == 14
    told = [apart(one, CYCLE[(n + 1) % len(CYCLE)]) for n, one in enumerate(CYCLE)]
    assert min(told) > 20.0
    # All of them, too; what a person just tells apart in one glance is about 2 (CIE 1976).
    assert min(apart(a, b) for n, a in enumerate(CYCLE) for b in CYCLE[:n]) > 10.0


def apart(one, other) -> float:
    """How far two colours are apart (CIE 1976) for whoever sees the least of it, after Machado et al. (2009)."""
    seen_by = (
        np.eye(3),
        [(0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)],
        [(0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)],
        [(1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)],
    )
    return min(float(np.linalg.norm(_lab(one, eye) - _lab(other, eye))) for eye in map(np.array, seen_by))


def _lab(colour, eye) -> np.ndarray:
    shares = np.array(colour) / 255.0
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    to_xyz = [(0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041)]
    x, y, z = np.array(to_xyz) @ np.clip(eye @ linear, 0.0, 1.0) / (0.95047, 1.0, 1.08883)
    f, g, h = (np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return np.array((116 * g - 16, 500 * (f - g), 200 * (g - h)))


def test_an_edge_joins_two_points_that_are_there_and_nothing_else_is_drawn():
    left, right = KeypointLabel((60.0, 60.0), Visibility.VISIBLE), KeypointLabel((160.0, 60.0), Visibility.VISIBLE)
    said = FrameLabels((Instance(0, {"left_shoulder": left, "right_shoulder": right}),))
    picture = drawn(said, "skeletons", size=(1280, 720))
    assert near(picture, (440, 242), CYCLE[0])
    gone = replace(right, visibility=Visibility.ABSENT)
    said = FrameLabels((Instance(0, {"left_shoulder": left, "right_shoulder": gone}),))
    picture = drawn(said, "skeletons", size=(1280, 720))
    assert not near(picture, (440, 242), CYCLE[0])
    assert (picture[:, 320:] == 90).all()


def test_boxes_and_numbers_are_drawn_where_they_are_asked_for():
    said = FrameLabels((Instance(2, box=(50.0, 60.0, 120.0, 150.0)),))
    boxed = drawn(said, "boxes")
    assert near(boxed, (50, 100), CYCLE[2])
    assert near(boxed, (85, 150), CYCLE[2])
    assert (drawn(said, "names")[30:60, 40:80] != 90).any()
    assert (drawn(said, "skeletons") == 90).all()


def test_what_a_network_saw_is_drawn_where_nobody_spoke():
    one = InstancePrediction(COCO.keypoints, sprites.points(0, 3), np.full(17, 0.9), np.ones(17), 0.9)
    picture = drawn(EMPTY, "skeletons", seen=(one,))
    assert near(picture, sprites.points(0, 3)[2], CYCLE[0])


def test_a_packet_has_the_colours_of_its_scheme_and_its_number():
    corner = {"upper_left_face": KeypointLabel((100.0, 50.0), Visibility.VISIBLE)}
    said = FrameLabels((Instance(0, corner),), attributes={"cards": 24.0})
    picture = drawn(said, "skeletons", "names", scheme=CARDS)
    assert near(picture, (100, 50), (0xE6, 0x19, 0x4B))
    assert (picture[-40:, :150] != 90).any()
    assert (picture[:40] == 90).all()


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="there is no layer ghost"):
        chosen_thing_layers(["ghost"])


# The command


@pytest.fixture
def project(tmp_path):
    with sprites.project(tmp_path) as made:
        for n, frame_id in enumerate(made.frame_ids()[:6]):
            made.save_record(frame_id, FrameRecord(labels(n, 3, 5)), text="Label")
        yield made


def frames(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_film_of_people(project, tmp_path, capsys):
    out = tmp_path / "people.mp4"
    assert run_command(["render", str(project.path), str(out), "--labelled", "--width", "640"]) == 0
    assert "6 frames" in capsys.readouterr().err
    film = frames(out)
    assert len(film) == 6
    for n in (0, 5):
        nose = (sprites.points(0, n)[0] + 0.5) * 2 - 0.5
        part = film[n][round(nose[1]), round(nose[0])].astype(int)
        assert np.abs(part - identity_colour(3)).max() < 70


def test_a_film_of_what_a_network_saw(project, tmp_path, capsys):
    out = tmp_path / "seen.mp4"
    assert run_command(["render", str(project.path), str(out), "--network"]) == 2
    assert "run predict" in capsys.readouterr().err
    for n, frame_id in enumerate(project.frame_ids()[:3]):
        project.save_people(frame_id, sprites.seen(n))
    assert run_command(["render", str(project.path), str(out), "--network", "--to", "2"]) == 0
    assert len(frames(out)) == 3


def test_layers_of_a_pitch_are_refused_for_people(project, tmp_path, capsys):
    assert run_command(["render", str(project.path), str(tmp_path / "o.mp4"), "--layers", "ghost,map"]) == 2
    assert "There is no layer ghost, map; there are boxes, skeletons, names, caption." in capsys.readouterr().err


def test_a_film_of_card_packets(tmp_path):
    import cv2

    folder = tmp_path / "cards"
    folder.mkdir()
    with Project.create(tmp_path / "cards.touchline", scheme=CARDS) as project:
        packets = [render_cards(seed, (320, 240)) for seed in range(2)]
        for n, packet in enumerate(packets):
            cv2.imwrite(str(folder / f"{n}.png"), cv2.cvtColor(packet.rgb, cv2.COLOR_RGB2BGR))
        project.add_media([folder])
        for packet, frame_id in zip(packets, project.frame_ids(), strict=True):
            points = {
                name: KeypointLabel(at, Visibility(packet.states[name]), Origin.HAND)
                for name, at in packet.points.items()
                if packet.states[name]
            }
            said = FrameLabels((Instance(0, points),), attributes={"cards": float(packet.cards)})
            project.save_record(frame_id, FrameRecord(said), text="Label")
        out = tmp_path / "cards.gif"
        assert run_command(["render", str(project.path), str(out)]) == 0
    done, animation = cv2.imreadanimation(str(out))
    assert done
    assert len(animation.frames) == 2
