"""Things in their boxes: crops, maps read, points back in the frame, answers seen twice; against the published ways."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from poses import SMALL, reference_network, seeded, write_published

from annotator.schemes import COCO_17, MPII_16
from model import decoders
from model.card import IMAGENET_MEAN, IMAGENET_STD, Card, CheckpointError
from model.checkpoint import Checkpoint
from model.hrnet import HRNet, preset
from model.people import Candidate, InstancePrediction
from model.predictor import Predictor
from model.published import COCO_PERSON, MPII_PERSON, import_published, is_foreign, load_any
from model.suppression import alike, distinct_boxes, distinct_things, sigmas_of
from model.topdown import Crop, TopDown, blur_kernel, crop_about, part_about, pixels_about, read_maps

SPEC = preset("pose-w32", channels=17, **SMALL)
OFFICIAL = Card(
    SPEC, COCO_PERSON.names, (192, 256), sigma=2.0, alignment="corner", decoder="quarter", scheme="coco-17",
    mirror=COCO_PERSON.mirror, threshold=0.2,
)  # fmt: skip


def card_like(card: Card = OFFICIAL, **changes: object) -> Card:
    return Card(**{**vars(card), **changes})  # type: ignore[arg-type]


def checkpoint_of(net: HRNet, card: Card) -> Checkpoint:
    weights = {name: value.float() for name, value in net.state_dict().items() if value.is_floating_point()}
    return Checkpoint(card, weights, "tiny")


def predictor_of(net: HRNet, card: Card, **options: object) -> Predictor:
    return Predictor.of(checkpoint_of(net, card), "cpu", threads=1, **options)  # type: ignore[arg-type]


def with_background(maps: np.ndarray) -> np.ndarray:
    return np.concatenate([maps, 1 - maps.max(axis=1, keepdims=True)], axis=1)


@pytest.fixture(scope="module")
def net() -> HRNet:
    return seeded(SPEC)


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    noise = np.random.default_rng(5).integers(0, 256, (36, 48, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (480, 360), interpolation=cv2.INTER_CUBIC))


@pytest.fixture
def people() -> list[Candidate]:
    rng = np.random.default_rng(1)
    corners = rng.uniform((-20, -20), (400, 250), (7, 2))
    sizes = rng.uniform((20, 40), (120, 200), (7, 2))
    return [
        Candidate((x, y, x + w, y + h), score)
        for (x, y), (w, h), score in zip(corners.tolist(), sizes.tolist(), np.linspace(1, 0.4, 7).tolist(), strict=True)
    ]


def test_points_of_official_maps_come_back_to_the_frame(parity: Path) -> None:
    with np.load(parity / "pose_official.npz") as z:
        places, values, _ = read_maps(OFFICIAL, with_background(z["out"]))
        (cx, cy), (wide, high) = z["center"][0], z["scale"][0] * 200
        crop = Crop.of(OFFICIAL, (cx - wide / 2, cy - high / 2, wide, high))
        assert np.abs(crop.image_from_input(places[0]) - z["preds"][0]).max() < 1e-5
        assert np.abs(values[0] - z["maxvals"][0, :, 0]).max() < 1e-6


@pytest.mark.parametrize("decoder", ["dark", "udp"])
def test_distribution_aware_reading_is_the_published_one(parity: Path, decoder: str) -> None:
    with np.load(parity / "dark_udp.npz") as z:
        maps = with_background(z["maps"][None])
        names = tuple("abcdef")
        spec = preset("pose-w32", channels=6, **SMALL)
        card = Card(spec, names, (192, 160), sigma=2.0, alignment="corner", decoder=decoder)  # type: ignore[arg-type]
        places, _, sd = read_maps(card, maps)
        wanted = z["dark"][0] * 4 if decoder == "dark" else z["dark_udp"][0] * (np.array([191, 159]) / [47, 39])
        assert np.abs(places[0] - wanted).max() < 1e-4
        assert (sd > 0).all()


def test_kernels_are_the_published_ones() -> None:
    assert [blur_kernel(sigma) for sigma in (2.0, 3.0)] == [11, 17]


@pytest.mark.parametrize("decoder", ["quarter", "udp", "newton"])
@pytest.mark.parametrize("alignment", ["centre", "corner"])
def test_a_crop_is_undone_exactly(decoder: str, alignment: str) -> None:
    card = card_like(decoder=decoder, alignment=alignment)
    points = np.random.default_rng(2).uniform(-50, 900, (40, 2))
    crop = crop_about(card, Candidate((10.25, -3.5, 77.0, 205.0)))
    assert np.abs(crop.image_from_input(crop.input_from_image(points)) - points).max() < 1e-9


def test_the_part_has_the_inputs_aspect_and_a_quarter_more_about_the_same_middle() -> None:
    for box in ((0.0, 0.0, 100.0, 100.0), (5.0, 7.0, 25.0, 407.0), (-30.0, 2.0, 300.0, 12.0)):
        x, y, wide, high = part_about(OFFICIAL, Candidate(box))
        assert wide / high == pytest.approx(192 / 256)
        assert (x + wide / 2, y + high / 2) == pytest.approx(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
        assert min(wide / (box[2] - box[0]), high / (box[3] - box[1])) == pytest.approx(1.25)
    with pytest.raises(ValueError, match="no box"):
        part_about(OFFICIAL, Candidate((3.0, 3.0, 3.0, 9.0)))


def test_a_crop_is_the_published_affine_map(frame: np.ndarray, people: list[Candidate]) -> None:
    for one in people:
        x, y, wide, high = part_about(OFFICIAL, one)
        centre, scale = np.array([x + wide / 2, y + high / 2]), np.array([wide, high]) / decoders.PIXEL_STD
        matrix = decoders.crop_from_image(centre, scale, (192, 256))
        wanted = cv2.warpAffine(frame, matrix, (192, 256), flags=cv2.INTER_LINEAR)
        got = pixels_about(OFFICIAL, frame, one)
        assert np.abs(got.astype(int) - wanted.astype(int)).max() <= 1  # cv2 rounds places to 1/32 of a pixel
        assert np.abs(crop_about(OFFICIAL, one).input_from_image(centre) - [96, 128]).max() < 1e-9


def test_unbiased_crops_lay_corner_pixels_on_corners() -> None:
    card = card_like(decoder="udp")
    x, y, wide, high = part_about(card, Candidate((10.0, 20.0, 110.0, 220.0)))
    ends = crop_about(card, Candidate((10.0, 20.0, 110.0, 220.0))).input_from_image(
        np.array([[x, y], [x + wide, y + high]])
    )
    assert np.abs(ends - [[0, 0], [191, 255]]).max() < 1e-9
    maps = np.zeros((1, 18, 64, 48), np.float32)
    maps[:, :, 63, 47] = 1
    places, _, _ = read_maps(card, maps)
    assert np.abs(places[0] - [191, 255]).max() < 2.1  # the peak is cut off: half a cell


def by_hand(net: HRNet, card: Card, frame: np.ndarray, one: Candidate, *, flip: bool) -> tuple[np.ndarray, np.ndarray]:
    """The published evaluation, step by step, in double precision: places in the frame and peak values."""
    mean, std = np.array(IMAGENET_MEAN), np.array(IMAGENET_STD)

    def maps_of(crop: np.ndarray) -> np.ndarray:
        given = torch.from_numpy((crop / 255.0 - mean) / std).permute(2, 0, 1)[None]
        with torch.inference_mode():
            return np.asarray(net(given)[-1].numpy())

    crop = pixels_about(card, frame, one)
    maps = maps_of(crop)
    if flip:
        pairs = [(k, m) for k, m in enumerate(card.mirror) if k < m]
        back = decoders.flip_back(maps_of(crop[:, ::-1].copy()), pairs)
        if card.decoder != "udp":
            back[:, :, :, 1:] = back[:, :, :, :-1].copy()
        maps = (maps + back) / 2
    x, y, wide, high = part_about(card, one)
    if card.decoder == "udp":
        cells, value = decoders.dark_udp(maps)
        return cells[0] * np.array([wide, high]) / (np.array(maps.shape[:1:-1]) - 1) + [x, y], value[0]
    cells, value = decoders.quarter_offset(maps)
    centre, scale = np.array([x + wide / 2, y + high / 2]), np.array([wide, high]) / decoders.PIXEL_STD
    crop_of_image = decoders.crop_from_image(centre, scale, (maps.shape[3], maps.shape[2]))
    image_of_crop = np.linalg.inv(np.vstack([crop_of_image, [0, 0, 1]]))[:2]
    return cells[0] @ image_of_crop[:, :2].T + image_of_crop[:, 2], value[0]


@pytest.mark.parametrize("flip", ["off", "on"])
@pytest.mark.parametrize("decoder", ["quarter", "udp"])
def test_people_are_seen_as_by_the_published_program(
    parity: Path, frame: np.ndarray, people: list[Candidate], decoder: str, flip: str
) -> None:
    net = reference_network(parity / "pose_tiny.weights.npz", "pose")
    names = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    card = Card(
        net.spec, names, (96, 128), sigma=2.0, alignment="corner", decoder=decoder, mirror=(0, 2, 1, 4, 3)  # type: ignore[arg-type]
    )  # fmt: skip
    found = TopDown(predictor_of(net, card, flip_test=flip), batch=3).predict(frame, people)
    assert len(found) == len(people)
    for one, candidate in zip(found, people, strict=True):
        places, value = by_hand(net, card, frame, candidate, flip=flip == "on")
        seen = value > 0
        assert np.abs(one.confidence - np.clip(value, 0, 1)).max() < 1e-5
        assert np.isnan(one.xy[~seen]).all()
        # Where the maps are flat, UDP's step is a quotient of small numbers.
        assert np.abs(one.xy[seen] - places[seen]).max() < (1e-5 if decoder == "quarter" else 1e-2)
        sure = value[value > 0.2]
        assert one.score == pytest.approx(min(candidate.score * (sure.mean() if len(sure) else 0), 1), abs=1e-5)
        assert one.box == candidate.box


def test_batches_of_any_size_say_the_same_and_bound_the_memory(
    net: HRNet, frame: np.ndarray, people: list[Candidate]
) -> None:
    predictor = predictor_of(net, OFFICIAL)
    sizes: list[int] = []
    original = predictor.answers

    def watched(pixels: np.ndarray) -> object:
        sizes.append(len(pixels))
        return original(pixels)

    predictor.answers = watched  # type: ignore[assignment,method-assign]
    crowd = (people * 8)[:50]
    many = TopDown(predictor).predict(frame, crowd)
    assert sizes == [16, 16, 16, 2]
    single = TopDown(predictor, batch=1).predict(frame, crowd)
    for one, other in zip(many, single, strict=True):
        assert np.allclose(one.xy, other.xy, atol=1e-5, equal_nan=True)
        assert np.allclose(one.confidence, other.confidence, atol=1e-6)


def test_ours_are_cut_as_training_samples_are(net: HRNet, frame: np.ndarray) -> None:
    from model.boxes import cut

    card = card_like(decoder="newton", alignment="centre")
    box = Candidate((-10.0, 5.0, 470.0, 350.0))
    assert np.array_equal(pixels_about(card, frame, box), cut(frame, part_about(card, box), (192, 256)))
    found = TopDown(predictor_of(net, card)).predict(frame, [box])
    x, y, wide, high = part_about(card, box)
    seen = found[0].xy[np.isfinite(found[0].xy).all(axis=1)]
    assert len(seen)
    assert (seen >= [x - 1, y - 1]).all()
    assert (seen <= [x + wide + 1, y + high + 1]).all()


def one_of(xy: np.ndarray, score: float) -> InstancePrediction:
    count = len(xy)
    return InstancePrediction(tuple(map(str, range(count))), xy, np.ones(count), np.ones(count), score)


def published_oks_nms(
    xy: np.ndarray, scores: np.ndarray, areas: np.ndarray, sigmas: np.ndarray, same: float
) -> list[int]:
    """The published suppression, spelled out: two passes over pairs instead of arrays."""
    order, kept = list(np.argsort(-scores)), []
    while order:
        first = order.pop(0)
        kept.append(int(first))
        rest = []
        for other in order:
            total = 0.0
            for k in range(len(sigmas)):
                dx, dy = xy[other, k] - xy[first, k]
                e = (dx**2 + dy**2) / (2 * sigmas[k]) ** 2 / ((areas[first] + areas[other]) / 2 + np.spacing(1)) / 2
                total += np.exp(-e)
            if total / len(sigmas) <= same:
                rest.append(other)
        order = rest
    return kept


def test_answers_alike_are_suppressed_as_published() -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(0, 300, (6, 17, 2))
    xy = np.concatenate([base + rng.normal(0, noise, base.shape) for noise in (0, 1, 3, 9)])
    scores, areas = rng.permutation(len(xy)) / len(xy), rng.uniform(2000, 60000, len(xy))
    sigmas = np.array(COCO_PERSON.sigmas)
    things = [one_of(*pair) for pair in zip(xy, scores.tolist(), strict=True)]
    for same in (0.5, 0.9):
        wanted = published_oks_nms(xy, scores, areas, sigmas, same)
        assert distinct_things(things, areas, sigmas, same=same) == wanted
        assert 6 <= len(wanted) < len(xy)
    assert alike(xy[0], xy[:1], (100.0, np.array([100.0])), sigmas)[0] == pytest.approx(1)


def test_two_boxes_about_one_person_leave_one_answer(net: HRNet, frame: np.ndarray) -> None:
    top_down = TopDown(predictor_of(net, OFFICIAL))
    twice = [Candidate((50.0, 40.0, 150.0, 240.0), 0.5), Candidate((50.0, 40.0, 150.0, 240.0), 1.0)]
    assert len(top_down.predict(frame, twice)) == 2
    kept = top_down.predict(frame, twice, same=0.9)
    assert [one.score for one in kept] == [max(one.score for one in top_down.predict(frame, twice))]
    assert top_down.predict(frame, [], same=0.9) == ()


def test_overlapping_boxes_of_a_kind_leave_the_surest() -> None:
    corners = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60], [5, 5, 5, 5]], dtype=float)
    scores = np.array([0.5, 0.9, 0.8, 0.1, 0.05])
    assert distinct_boxes(corners, scores, same=0.5) == [1, 3, 4]
    assert distinct_boxes(corners, scores, same=0.5, kinds=np.array([0, 0, 1, 0, 0])) == [1, 2, 3, 4]


def test_constants_that_do_not_fit_are_refused() -> None:
    assert sigmas_of(OFFICIAL).tolist() == list(COCO_PERSON.sigmas)
    assert sigmas_of(card_like(scheme="mine")).tolist() == [0.1] * 17
    with pytest.raises(ValueError, match="17 points"):
        sigmas_of(OFFICIAL, [0.1, 0.2])


def test_images_and_networks_that_do_not_fit_are_refused(net: HRNet) -> None:
    top_down = TopDown(predictor_of(net, OFFICIAL))
    with pytest.raises(ValueError, match="RGB uint8"):
        top_down.predict(np.zeros((4, 4), np.uint8), [])
    with pytest.raises(ValueError, match="at least one"):
        TopDown(top_down.predictor, batch=0)


@pytest.mark.parametrize(("published", "scheme"), [(COCO_PERSON, COCO_17), (MPII_PERSON, MPII_16)])
def test_published_points_are_those_of_the_schemes(published: object, scheme: object) -> None:
    assert published.names == scheme.keypoints  # type: ignore[attr-defined]
    assert published.mirror == scheme.mirror  # type: ignore[attr-defined]
    assert published.sigmas == scheme.sigmas  # type: ignore[attr-defined]
    assert published.scheme == scheme.id  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "channels", "size", "decoder", "sigma"),
    [
        ("pose_hrnet_w32_256x192.pth", 17, (192, 256), "quarter", 2.0),
        ("pose_hrnet_w48_384x288.pth", 17, (288, 384), "quarter", 3.0),
        ("pose_hrnet_w32_256x256.pth", 16, (256, 256), "quarter", 2.0),
        ("hrnet_w32_coco_256x192_dark-07f147eb_20200812.pth", 17, (192, 256), "dark", 2.0),
        ("hrnet_w32_coco_256x192_udp-aba0be42_20210220.pth", 17, (192, 256), "udp", 2.0),
        ("mine.pth", 16, (256, 256), "quarter", 2.0),
    ],
)
def test_a_published_file_is_ready_to_predict(
    tmp_path: Path, frame: np.ndarray, name: str, channels: int, size: tuple[int, int], decoder: str, sigma: float
) -> None:
    path = tmp_path / name
    net = write_published(path, channels=channels, wrapped="state_dict" if "mine" in name else None)
    card = load_any(path).card
    assert (card.input_size, card.decoder, card.sigma, card.colour) == (size, decoder, sigma, "rgb")
    assert (card.mean, card.std) == (IMAGENET_MEAN, IMAGENET_STD)
    known = COCO_PERSON if channels == 17 else MPII_PERSON
    assert (card.names, card.mirror, card.scheme) == (known.names, known.mirror, known.scheme)
    box = Candidate((100.0, 50.0, 220.0, 300.0))
    (found,) = TopDown(Predictor.load(path, "cpu", threads=1, way="plain")).predict(frame, [box])
    if decoder == "quarter":
        places, value = by_hand(net.double(), card, frame, box, flip=False)
        assert np.abs(found.confidence - np.clip(value, 0, 1)).max() < 1e-5
        assert np.abs(found.xy[value > 0] - places[value > 0]).max() < 1e-5


def test_renamed_weights_with_another_input_are_another_network(tmp_path: Path) -> None:
    first, second = tmp_path / "a_256x192.pth", tmp_path / "a_384x288.pth"
    write_published(first)
    second.write_bytes(first.read_bytes())
    assert import_published(first).id != import_published(second).id
    assert import_published(first).id == import_published(first).id


def test_files_of_other_kinds_are_refused_with_a_reason(tmp_path: Path) -> None:
    strange = tmp_path / "strange.pth"
    write_published(strange, channels=9)
    with pytest.raises(CheckpointError, match="9 channels"):
        Predictor.load(strange, "cpu")
    strange.write_bytes(b"PK nothing of the kind")
    with pytest.raises(CheckpointError, match="strange"):
        Predictor.load(strange, "cpu")
    strange.write_bytes(b"neither")
    assert not is_foreign(b"neither")
    with pytest.raises(CheckpointError, match="not a safetensors"):
        Predictor.load(strange, "cpu")
