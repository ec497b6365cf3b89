"""Average precision by OKS: pycocotools is the judge, and cases small enough to work out by hand."""

import contextlib
import io
import json
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.average_precision import (
    Annotated,
    Detected,
    DetectedBox,
    average_precision,
    box_precision,
    similarities,
)
from model.metrics import oks

COCO_SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000


def judged(document, results, sigmas):
    """What pycocotools makes of an annotation file and a list of results, its -1 for nothing as NaN."""
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = json.loads(json.dumps(document))
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(results))), "keypoints")
        evaluation.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return np.where(evaluation.stats == -1, np.nan, evaluation.stats)


def ours(document, results, sigmas):
    found = []
    for image in sorted(document["images"], key=lambda image: image["id"]):
        people, seen = [], []
        for one in document["annotations"]:
            if one["image_id"] == image["id"]:
                points = np.array(one["keypoints"], dtype=float).reshape(-1, 3)
                ignored = one["num_keypoints"] == 0
                flags = (bool(one["iscrowd"]), ignored)
                people.append(Annotated(points[:, :2], points[:, 2] > 0, one["area"], tuple(one["bbox"]), *flags))
        for one in results:
            if one["image_id"] == image["id"]:
                places = np.array(one["keypoints"], dtype=float).reshape(-1, 3)[:, :2]
                seen.append(Detected(places, one["score"], float(np.prod(np.ptp(places, axis=0)))))
        found.append((people, seen))
    return np.array(astuple(average_precision(found, np.asarray(sigmas))))


def perturbed(document, rng, *, noise, extra, ties):
    """Detections of most people off by a share of their size, doubles, false ones, and often equal scores."""
    results = []
    for one in document["annotations"]:
        points = np.array(one["keypoints"], dtype=float).reshape(-1, 3)
        points[points[:, 2] == 0, :2] = np.array(one["bbox"][:2]) + 3
        for _ in range(1 + rng.integers(0, extra + 1)):
            if rng.random() < 0.12:
                continue
            moved = points.copy()
            moved[:, :2] += rng.normal(0, noise * rng.random() * np.sqrt(max(one["area"], 1)), moved[:, :2].shape)
            moved[:, 2] = 1
            score = float(rng.integers(1, 5) / 5 if ties else rng.random())
            entry = {"image_id": one["image_id"], "category_id": 1, "keypoints": moved.ravel().tolist()}
            results.append({**entry, "score": score})
    for image in document["images"]:
        for _ in range(rng.integers(0, 3)):
            places = np.column_stack([rng.uniform(0, 600, (len(points), 2)), np.ones(len(points))])
            entry = {"image_id": image["id"], "category_id": 1, "keypoints": places.ravel().tolist()}
            results.append({**entry, "score": float(rng.random())})
    return results


def made_up(rng, *, images=6, count=5):
    """An annotation file of any scheme, with crowds, people without points, and every size."""
    document = {
        "images": [{"id": n + 1} for n in range(images)],
        "annotations": [],
        "categories": [{"id": 1, "name": "thing", "keypoints": [f"p{k}" for k in range(count)], "skeleton": []}],
    }
    for image in document["images"]:
        for _ in range(rng.integers(0, 5)):
            size = float(rng.choice([15, 40, 70, 150, 300]))
            corner = rng.uniform(0, 400, 2)
            state = rng.integers(0, 3, count)
            if rng.random() < 0.2:
                state[:] = 0
            places = np.where(state[:, None] > 0, corner + rng.uniform(0, size, (count, 2)), 0.0)
            document["annotations"].append(
                {
                    "id": len(document["annotations"]) + 1,
                    "image_id": image["id"],
                    "category_id": 1,
                    "iscrowd": int(rng.random() < 0.15),
                    "keypoints": np.column_stack([places, state]).ravel().tolist(),
                    "num_keypoints": int((state > 0).sum()),
                    "bbox": [*corner.tolist(), size, size],
                    "area": size * size * 0.6,
                }
            )
    return document


@pytest.mark.parametrize("seed", range(6))
def test_real_people_get_the_numbers_of_pycocotools(shared_data, seed):
    document = json.loads((shared_data / "pose/coco/test_coco.json").read_text())
    rng = np.random.default_rng(seed)
    if seed % 2:
        for one in rng.choice(document["annotations"], 3, replace=False):
            one["iscrowd"] = 1
    results = perturbed(document, rng, noise=0.15, extra=seed % 3, ties=seed >= 3)
    expected = judged(document, results, COCO_SIGMAS)
    assert 0 < expected[0] < 1
    np.testing.assert_allclose(ours(document, results, COCO_SIGMAS), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(30))
def test_any_scheme_with_crowds_and_empty_people_gets_the_numbers_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    document = made_up(rng)
    results = perturbed(document, rng, noise=0.2, extra=seed % 3, ties=bool(seed % 2))
    sigmas = rng.uniform(0.02, 0.1, 5)
    np.testing.assert_allclose(ours(document, results, sigmas), judged(document, results, sigmas), rtol=0, atol=1e-9)


def test_more_than_twenty_detections_an_image_are_cut_as_there():
    rng = np.random.default_rng(1)
    document = made_up(rng, images=2)
    results = perturbed(document, rng, noise=0.1, extra=14, ties=False)
    assert max(sum(one["image_id"] == n for one in results) for n in (1, 2)) > 20
    sigmas = np.full(5, 0.05)
    np.testing.assert_allclose(ours(document, results, sigmas), judged(document, results, sigmas), rtol=0, atol=1e-9)


def person(x=0.0, *, area=5000.0, labelled=True, **kind):
    places = np.array([[x, 0.0], [x + 60, 0.0], [x, 60.0]])
    return Annotated(places, np.full(3, labelled), area, (x, 0.0, 60.0, 60.0), **kind)


def seen(x=0.0, *, score=0.9, shift=0.0, area=5000.0):
    return Detected(person(x).xy + np.array([shift, 0.0]), score, area)


SIGMAS = np.full(3, 0.05)


def test_one_of_two_people_found_before_a_false_one_is_half_the_recalls():
    found = average_precision([([person(), person(900)], [seen(score=0.9), seen(400, score=0.1)])], SIGMAS)
    assert found.ar == found.ar50 == 0.5
    assert found.ap == pytest.approx(51 / 101), "precision is 1 at the recalls 0, .01, ... .5 and nothing above"
    assert np.isnan(found.ap_large)
    assert found.ap_medium == found.ap


def test_a_false_detection_with_a_better_score_halves_the_precision():
    found = average_precision([([person()], [seen(score=0.5), seen(400, score=0.6)])], SIGMAS)
    assert found.ap == pytest.approx(0.5)
    assert found.ar == 1


def test_thresholds_are_those_of_similarity():
    # exp(-d^2 / (2 area (2 sigma)^2)) = 0.62 at d = sqrt(-2 ln(0.62) 5000 0.01)
    shift = float(np.sqrt(-2 * np.log(0.62) * 5000 * 0.01))
    found = average_precision([([person()], [seen(shift=shift)])], SIGMAS)
    assert similarities([person()], [seen(shift=shift)], SIGMAS)[0, 0] == pytest.approx(0.62)
    assert found.ap == pytest.approx(0.3), ".50, .55 and .60 of ten"
    assert (found.ap50, found.ap75) == pytest.approx((1, 0))


def test_crowds_and_people_without_points_are_neither_found_nor_missed():
    crowd, nobody = person(900, is_crowd=True), person(1800, labelled=False)
    detections = [seen(), seen(900), seen(902), seen(1800)]
    found = average_precision([([person(), crowd, nobody], detections)], SIGMAS)
    assert (found.ap, found.ar) == (pytest.approx(1), 1)


def test_nobody_to_find_gives_nan_and_nothing_found_gives_zero():
    assert np.isnan(astuple(average_precision([([], [seen()])], SIGMAS))).all()
    assert np.isnan(astuple(average_precision([], SIGMAS))).all()
    nothing = average_precision([([person()], [])], SIGMAS)
    assert (nothing.ap, nothing.ar) == (0, 0)


def test_similarity_is_that_of_the_plain_formula():
    rng = np.random.default_rng(2)
    truth, places = rng.uniform(0, 90, (1, 3, 2)), rng.uniform(0, 90, (1, 3, 2))
    labelled = np.array([[True, False, True]])
    one = Annotated(truth[0], labelled[0], 4000.0, (0.0, 0.0, 90.0, 90.0))
    found = similarities([one], [Detected(places[0], 1.0, 1.0)], SIGMAS)[0, 0]
    assert found == pytest.approx(oks(places, truth, labelled, area=np.array([4000.0]), sigmas=SIGMAS)[0], rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([0.25, 2.0, 8.0]), lift=st.floats(0.1, 3.0))
def test_only_the_order_of_scores_counts_and_everything_may_be_moved(seed, scale, lift):
    rng = np.random.default_rng(seed)
    people = [person(float(x)) for x in rng.uniform(0, 500, 4)]
    found = [seen(float(one.xy[0, 0]), score=float(rng.random()), shift=float(rng.normal(0, 6))) for one in people]
    plain = average_precision([(people, found)], SIGMAS)
    assert 0 <= plain.ap <= plain.ap50 + 1e-12 <= 1 + 1e-9
    assert plain.ar >= plain.ap - 1 / 101, "precision is at most 1, and is read at 101 recalls"
    raised = [Detected(one.xy, one.score * lift + 5, one.area) for one in found]
    assert astuple(average_precision([(people, raised)], SIGMAS))[0] == plain.ap
    moved = [Annotated(p.xy + 8, p.labelled, p.area, p.box) for p in people]
    there = [Detected(d.xy + 8, d.score, d.area) for d in found]
    assert average_precision([(moved, there)], SIGMAS).ap == pytest.approx(plain.ap)
    square = scale * scale
    larger = [Annotated(p.xy * scale, p.labelled, p.area * square, p.box) for p in people]
    too = [Detected(d.xy * scale, d.score, d.area * square) for d in found]
    assert average_precision([(larger, too)], SIGMAS).ap == pytest.approx(plain.ap)


def judged_boxes(document, results):
    """What pycocotools makes of boxes."""
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = json.loads(json.dumps(document))
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(results))), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return np.where(evaluation.stats == -1, np.nan, evaluation.stats)


def our_boxes(document, results):
    found = []
    for image in sorted(document["images"], key=lambda image: image["id"]):
        mine = [one for one in document["annotations"] if one["image_id"] == image["id"]]
        labelled = [
            Annotated(np.zeros((1, 2)), np.zeros(1, bool), one["area"], tuple(one["bbox"]), bool(one["iscrowd"]))
            for one in mine
        ]
        seen = [DetectedBox(tuple(r["bbox"]), r["score"]) for r in results if r["image_id"] == image["id"]]
        found.append((labelled, seen))
    return np.array(astuple(box_precision(found)))


@pytest.mark.parametrize("seed", range(12))
def test_boxes_get_the_numbers_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    document = made_up(rng)
    results = []
    for one in document["annotations"]:
        for _ in range(rng.integers(0, 3)):
            box = np.array(one["bbox"]) + rng.normal(0, 0.1, 4) * one["bbox"][2]
            box[2:] = np.maximum(box[2:], 1)
            score = float(rng.integers(0, 4)) / 4 if seed % 2 else float(rng.random())
            results.append({"image_id": one["image_id"], "category_id": 1, "bbox": box.tolist(), "score": score})
    for _ in range(120 if seed == 3 else 5):
        box = rng.uniform((0, 0, 5, 5), (300, 300, 200, 200)).tolist()
        results.append({"image_id": 1, "category_id": 1, "bbox": box, "score": float(rng.random())})
    np.testing.assert_allclose(our_boxes(document, results), judged_boxes(document, results), rtol=0, atol=1e-9)


def test_real_detections_of_boxes_get_the_numbers_of_pycocotools(shared_data):
    folder = shared_data / "pose/coco"
    document, results = (
        json.loads((folder / name).read_text()) for name in ("test_coco.json", "test_coco_det_AP_H_56.json")
    )
    expected = judged_boxes(document, results)
    assert 0 < expected[0] < 1
    np.testing.assert_allclose(our_boxes(document, results), expected, rtol=0, atol=1e-9)
