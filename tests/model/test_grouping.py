"""Everybody at once: peaks, their assignment by tags, what is filled in, and the way back to the frame."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from poses import write_published
from scipy.optimize import linear_sum_assignment

from model import grouping
from model.bottomup import BottomUp, input_from_image, input_size_for, joined
from model.card import Card
from model.checkpoint import Checkpoint
from model.foreign import infer_spec, normalise
from model.people_predictor import PeoplePredictor
from model.predictor import Predictor
from model.published import load_any


def listed_peaks(det: np.ndarray, tag: np.ndarray, k: int) -> np.ndarray:
    """x, y, value and tags of one joint's peaks, largest first, cell by cell."""
    seen = []
    for y, x in np.ndindex(*det[k].shape):
        if det[k, y, x] == det[k, max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].max():
            seen.append((x, y, det[k, y, x], *tag[k, y, x]))
    seen.sort(key=lambda one: -one[2])
    return np.array([one for one in seen[:30] if one[2] > 0.1]).reshape(-1, 3 + tag.shape[3])


def published_match(det: np.ndarray, tag: np.ndarray, order: list[int]) -> np.ndarray:
    """The published assignment, with scipy's in place of munkres."""
    people: dict[float, np.ndarray] = {}
    tags: dict[float, list[np.ndarray]] = {}

    def begin(k: int, one: np.ndarray) -> None:
        people.setdefault(one[3], np.zeros((len(det), 3)))[k] = one[:3]
        tags[one[3]] = [one[3:]]

    for k in order:
        found = listed_peaks(det, tag, k)
        keys = list(people)[:30]
        if not len(found) or not keys:
            for one in found:
                begin(k, one)
            continue
        means = np.array([np.mean(tags[key], axis=0) for key in keys])
        diff = np.linalg.norm(found[:, None, 3:] - means[None], axis=2)
        cost = np.round(diff) * 100 - found[:, 2:3]
        if len(found) > len(keys):
            cost = np.concatenate([cost, np.full((len(found), len(found) - len(keys)), 1e10)], axis=1)
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if column < len(keys) and diff[row, column] < 1:
                people[keys[column]][k] = found[row, :3]
                tags[keys[column]].append(found[row, 3:])
            else:
                begin(k, found[row])
    return np.array(list(people.values())).reshape(-1, len(det), 3)


def published_group(det: np.ndarray, tag: np.ndarray, order: list[int]) -> tuple[np.ndarray, list[float]]:
    """The published grouping, point by point: matched, adjusted, scored, filled in."""
    joints, height, width = det.shape
    answer = published_match(det, tag, order)

    def moved(k: int, x: int, y: int) -> tuple[float, float]:
        right = det[k, y, min(x + 1, width - 1)] > det[k, y, max(x - 1, 0)]
        below = det[k, min(y + 1, height - 1), x] > det[k, max(y - 1, 0), x]
        return x + 0.5 + (0.25 if right else -0.25), y + 0.5 + (0.25 if below else -0.25)

    scores = []
    for one in answer:
        seen = np.flatnonzero(one[:, 2] > 0)
        scores.append(float(one[:, 2].mean()))
        mean = np.mean([tag[k, int(one[k, 1]), int(one[k, 0])] for k in seen], axis=0)
        for k in range(joints):
            if one[k, 2] > 0:
                one[k, :2] = moved(k, int(one[k, 0]), int(one[k, 1]))
                continue
            rest = det[k] - np.round(np.sqrt(((tag[k] - mean) ** 2).sum(axis=2)))
            y, x = np.unravel_index(rest.argmax(), rest.shape)
            one[k] = (*moved(k, int(x), int(y)), det[k, y, x])
    return answer, scores


def drawn_people(
    rng: np.random.Generator, *, people: int = 4, joints: int = 17, tags: int = 1
) -> tuple[np.ndarray, ...]:
    """Maps and tags of people in a frame of 60x80, some of whose joints are missing or faint; and the places."""
    det = rng.uniform(0, 0.05, (joints, 60, 80)).astype(np.float32)
    tag = rng.normal(0, 0.1, (joints, 60, 80, tags)).astype(np.float32)
    places = rng.uniform((6, 6), (74, 54), (people, joints, 2))
    rows, columns = np.mgrid[:60, :80]
    for n in range(people):
        for k in range(joints):
            if rng.uniform() < 0.15:
                continue
            x, y = places[n, k]
            bump = rng.uniform(0.3, 1) * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 8)
            near = bump > det[k]
            det[k] = np.maximum(det[k], bump)
            tag[k][near & (bump > 0.02)] = 3.0 * n + rng.normal(0, 0.05, tags)
    return det, tag, places


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tags", [1, 2])
def test_people_are_put_together_as_published(seed: int, tags: int) -> None:
    rng = np.random.default_rng(seed)
    joints = 17 if seed % 2 else 5
    det, tag, _ = drawn_people(rng, joints=joints, tags=tags)
    order = list(grouping.COCO_ORDER) if joints == 17 else list(range(joints))
    wanted, scores = published_group(det, tag, order)
    found = grouping.group(det, tag)
    assert len(found) == len(wanted) >= 3
    for one, points, score in zip(found, wanted, scores, strict=True):
        assert np.abs(one.points - points).max() < 1e-5
        assert one.score == pytest.approx(score, abs=1e-6)


def test_drawn_people_are_found_where_they_are() -> None:
    det, tag, places = drawn_people(np.random.default_rng(3))
    found = sorted(grouping.group(det, tag), key=lambda one: -one.score)[:4]
    for one in found:
        away = np.linalg.norm(places - (one.points[:, :2] - 0.5), axis=2)
        assert np.median(away, axis=1).min() < 0.8


def test_nobody_is_found_in_empty_maps() -> None:
    assert grouping.group(np.zeros((5, 20, 20), np.float32), np.zeros((5, 20, 20, 1), np.float32)) == []
    with pytest.raises(ValueError, match="do not go with"):
        grouping.group(np.zeros((5, 20, 20), np.float32), np.zeros((4, 20, 20, 1), np.float32))


def reference(parity: Path) -> tuple[Checkpoint, dict[str, np.ndarray]]:
    with np.load(parity / "higher_tiny.weights.npz") as arrays:
        state = {name: torch.from_numpy(arrays[name]).float() for name in arrays.files}
    own = {name: value for name, value in normalise(state).items() if not name.endswith("num_batches_tracked")}
    spec = infer_spec(normalise(state), "higher")
    names = ("a", "b", "c", "d", "e")
    card = Card(
        spec, names, (64, 64), sigma=2.0, alignment="corner", decoder="quarter", mirror=(0, 2, 1, 4, 3)
    )  # fmt: skip
    with np.load(parity / "higher_tiny.npz") as arrays:
        return Checkpoint(card, own, "higher"), dict(arrays)


def test_both_scales_are_joined_as_in_the_reference(parity: Path) -> None:
    checkpoint, z = reference(parity)
    net = checkpoint.build().double()
    with torch.inference_mode():
        outputs = net(torch.from_numpy(z["input"]))
        maps, tags = joined(outputs, 5, (64, 96))
    coarse, fine = torch.from_numpy(z["out0"]), torch.from_numpy(z["out1"])
    up = torch.nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    wanted = up((up(coarse[:, :5]) + fine) / 2)[0]
    assert float((maps - wanted).abs().max()) < 1e-5
    assert float((tags - up(up(coarse[:, 5:]))[0]).abs().max()) < 1e-5


@pytest.mark.parametrize("flip", [False, True])
def test_the_whole_way_from_pixels_is_that_of_the_reference(parity: Path, flip: bool) -> None:
    checkpoint, _ = reference(parity)
    rgb = np.random.default_rng(7).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    net = checkpoint.build().double()
    mean, std = np.array(checkpoint.card.mean), np.array(checkpoint.card.std)
    up = torch.nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)

    def seen(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with torch.inference_mode():
            coarse, fine = net(torch.from_numpy(((pixels / 255.0) - mean) / std).permute(2, 0, 1)[None])
            return np.asarray(up((up(coarse[:, :5]) + fine) / 2)[0]), np.asarray(up(up(coarse[:, 5:]))[0])

    maps, tag = seen(rgb)
    tags = [tag]
    if flip:
        mirrored, other = seen(rgb[:, ::-1].copy())
        order = list(checkpoint.card.mirror)
        maps = (maps + mirrored[order, :, ::-1]) / 2
        tags.append(other[order, :, ::-1])
    got_maps, got_tags = BottomUp(checkpoint, flip=flip).maps(rgb)
    assert np.abs(got_maps - maps).max() < 1e-5 * max(1, np.abs(maps).max())
    assert np.abs(got_tags - np.stack(tags, axis=3)).max() < 1e-5 * max(1, np.abs(tag).max())


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (500, 500), (333, 777)])
def test_frames_of_any_aspect_come_back_from_the_input(size: tuple[int, int]) -> None:
    given = input_size_for(size, 512)
    assert min(given) == 512
    assert all(side % 64 == 0 for side in given)
    matrix = input_from_image(size, given)
    corners = np.array([[0.0, 0.0], [size[0], size[1]]])
    inside = corners @ matrix[:, :2].T + matrix[:, 2]
    assert (inside >= -1.5).all()
    assert (inside <= np.array(given) + 1.5).all()


def test_a_published_file_finds_people_without_boxes(tmp_path: Path) -> None:
    path = tmp_path / "pose_higher_hrnet_w32_512.pth"
    write_published(path, kind="higher-w32")
    card = load_any(path).card
    assert (card.input_size, card.spec.tags, card.scheme) == ((512, 512), 17, "coco-17")
    rgb = np.asarray(cv2.resize(np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8), (160, 120)))
    predictor = Predictor.load(path, "cpu", threads=1)
    assert not predictor.takes_boxes
    people = PeoplePredictor(predictor)
    found = predictor.predict_people(rgb)
    assert found.image_size == (160, 120)
    assert found.network == predictor.id == people.look(rgb).network
    assert [one.score for one in found.instances] == sorted((one.score for one in found.instances), reverse=True)
    again = people.predict(rgb)
    assert len(again) == len(found.instances)
    for one, other in zip(again, found.instances, strict=True):
        assert np.allclose(one.xy, other.xy, equal_nan=True)
        inside = one.xy[np.isfinite(one.xy).all(axis=1)]
        assert (inside >= -8).all()  # the input is wider than the image by up to 64 of its own pixels
        assert (inside <= [168, 128]).all()
    assert len(people.predict(rgb, same=0.5)) <= len(again)
