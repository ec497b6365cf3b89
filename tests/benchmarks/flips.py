"""Does the flip test find what a network gets wrong?

python tests/benchmarks/flips.py [--packets 400] [--samples 6000] [--weights FILE] [--only packets|people]

A point is wrong when it lies further than 10 % of its thing's size (the square root of its box) from the truth; a
corner of a packet, of which the network is surer, further than 3 %. Of the points that a network shows, printed is how
well each of several numbers tells wrong ones from right ones: the area under the ROC curve (0.5: not at all, 1:
perfectly) of the distance that the mirrored look is away, of the confidence, and of both together (the mean of their
ranks). Then how many points move by as much as counts as wrong, and how many of those are wrong.

Packets: the embedded network of card packets on rendered ones that it was not trained on (seeds from 3,200,000 on);
also the frames with a wrong corner that the review queue brings into its first fifth, without the flip test and with
it.

People: the annotated COCO images of the shared data, in the boxes of their labels. With --weights a network of your own
is judged. Without, there is none to be had here: for every image a small one learns from the people in the others (and
begins with the embedded network of the pitch). These are far too few to see people well, so points are shown from a
confidence of 0.1 on; what it says is how the test does with a poor network, no more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402

from annotator.commands.network import embedded_weights  # noqa: E402
from annotator.frames import read_image  # noqa: E402
from annotator.labels import EMPTY  # noqa: E402
from annotator.review import rank  # noqa: E402
from annotator.review.judged import PLAIN, size_of  # noqa: E402
from annotator.review.mirrored import as_thing, look, look_at_things  # noqa: E402
from annotator.review.thing_signs import Things, signs_of_things  # noqa: E402
from annotator.schemes import CARD_PACKET_8, COCO_17  # noqa: E402
from annotator.synthetic.cards import ABSENT, render_cards  # noqa: E402
from model.dataset import Sample, write_training_set  # noqa: E402
from model.people import Candidate, InstancePrediction  # noqa: E402
from model.plan import TrainingConfig  # noqa: E402
from model.predictor import Predictor  # noqa: E402

POSE = ROOT.parent / "shared" / "data" / "pose" / "coco"
FIRST_SEED = 3_200_000
FIRST = 0.2
LEAST = 0.1


@dataclass
class Points:
    """Points that a network shows: how far off they are, how far away mirrored (NaN: not seen), and how sure it is."""

    wrong: float
    off: list[float] = field(default_factory=list)
    apart: list[float] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)

    def add(self, seen: InstancePrediction, back: InstancePrediction, truth, *, unit: float, threshold: float) -> float:
        """Take the points of a thing; ``truth`` is position by name. How far the worst one is off."""
        there = dict(zip(back.names, zip(back.xy, back.confidence, strict=True), strict=True))
        worst = 0.0
        for name, at, sure in zip(seen.names, seen.xy, seen.confidence, strict=True):
            if name in truth and sure >= threshold and np.isfinite(at).all():
                other, also = there.get(name, (np.full(2, np.nan), 0.0))
                self.off.append(float(np.linalg.norm(at - truth[name])) * unit)
                self.apart.append(float(np.linalg.norm(at - other)) * unit if also >= threshold else np.nan)
                self.sure.append(float(sure))
                worst = max(worst, self.off[-1])
        return worst

    def report(self, name: str) -> None:
        """One row of the table."""
        off, apart, sure = (np.array(some) for some in (self.off, self.apart, self.sure))
        wrong = off > self.wrong
        # What is not seen mirrored is as far away as can be.
        moved = np.where(np.isnan(apart), np.inf, apart)
        both = ranks(moved) + ranks(-sure)
        told = apart > self.wrong
        right = f"{wrong[told].mean():7.0%} of {told.sum():4}" if told.any() else f"{'-':>15}"
        figures = "".join(f"{roc(value, wrong):11.3f}" for value in (moved, -sure, both))
        print(f"{name:34}{len(off):8}{wrong.mean():8.1%}{figures}{right:>20}{np.isnan(apart).sum():13}", flush=True)


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, the mean one of equals."""
    kinds, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2.0)[place] if len(kinds) else values


def roc(values: np.ndarray, wrong: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney U); NaN where all are wrong or none is."""
    many, few = int(wrong.sum()), int((~wrong).sum())
    if not many or not few:
        return float("nan")
    return float((ranks(values)[wrong].sum() - many * (many + 1) / 2.0) / (many * few))


def packets(count: int) -> None:
    predictor = Predictor.load(embedded_weights(CARD_PACKET_8.id), "cpu")
    found, plain, flipped, wrong = Points(3.0), [], [], set()
    for n in range(count):
        packet = render_cards(FIRST_SEED + n)
        prediction = predictor.predict(packet.rgb)
        seen = InstancePrediction.of(prediction)
        back = as_thing(look(predictor.predict, packet.rgb, CARD_PACKET_8.mirrored))
        truth = {name: np.array(at) for name, at in packet.points.items() if packet.states[name] > ABSENT}
        xs = np.array(list(truth.values()))
        unit = 100.0 / size_of((*xs.min(axis=0), *xs.max(axis=0)))
        if found.add(seen, back, truth, unit=unit, threshold=predictor.threshold) > found.wrong:
            wrong.add(n)
        for mirrored, signs in ((None, plain), ((back,), flipped)):
            things = Things(CARD_PACKET_8, EMPTY, (seen,), (), mirrored)
            size = prediction.image_size
            signs.append(signs_of_things(n, things, prediction, size=size, threshold=predictor.threshold))
    found.report("card packets, embedded network")
    first = max(1, round(FIRST * count))
    for name, signs in (("without", plain), ("with", flipped)):
        come = len(wrong & {one.frame_id for one in rank(signs)[:first]})
        print(f"  frames with a wrong corner in the first {FIRST:.0%}, {name} the flip test: "
              f"{come} of {min(len(wrong), first)} possible ({len(wrong)})")  # fmt: skip


def people(weights: Path | None, samples: int) -> None:
    if not POSE.is_dir():
        print(f"no people: the shared data is not at {POSE}")
        return
    document = json.loads((POSE / "test_coco.json").read_text(encoding="utf-8"))
    files = {one["id"]: one["file_name"] for one in document["images"]}
    labelled = {
        image: [one for one in document["annotations"] if one["image_id"] == image and one["num_keypoints"] >= 3]
        for image in files
    }
    found = Points(PLAIN)
    threshold = None if weights else LEAST
    with tempfile.TemporaryDirectory() as folder:
        own = None if weights is None else Predictor.load(weights, "cpu")
        for image, file in files.items():
            others = {files[other]: some for other, some in labelled.items() if other != image}
            predictor = own or taught(Path(folder) / str(image), others, samples)
            judge(predictor, read_image(POSE / file), labelled[image], found, threshold or predictor.threshold)
    found.report("people, " + ("your network" if weights else "a poor network"))


def places(person) -> dict[str, tuple[float, float, int]]:
    """Where the points of an annotation are that have a place, and whether they are hidden (1) or seen (2)."""
    flat = person["keypoints"]
    rows = zip(COCO_17.keypoints, flat[0::3], flat[1::3], flat[2::3], strict=True)
    return {name: (float(x), float(y), int(state)) for name, x, y, state in rows if state > 0}


def judge(predictor: Predictor, rgb, some, found: Points, threshold: float) -> None:
    for person in some:
        x, y, wide, high = person["bbox"]
        box = (x, y, x + wide, y + high)
        (seen,) = predictor.predict_people(rgb, [Candidate(box)]).instances
        (back,) = look_at_things(predictor, rgb, [seen], COCO_17.mirrored)
        truth = {name: np.array((px, py)) for name, (px, py, _) in places(person).items()}
        found.add(seen, back, truth, unit=100.0 / size_of(box), threshold=threshold)


def taught(folder: Path, images, samples: int) -> Predictor:
    """A network that learnt from the people of some images."""
    from model.training import train

    rows = []
    for file, some in images.items():
        high, wide = read_image(POSE / file).shape[:2]
        for n, person in enumerate(some):
            points = places(person)
            unknown = frozenset(COCO_17.keypoints) - points.keys()
            name = f"{Path(file).stem}-{n}.jpg"
            rows.append(Sample(name, (wide, high), points, POSE / file, unknown, box=tuple(person["bbox"])))
    learnt = write_training_set(
        folder, scheme=COCO_17.id, keypoints=COCO_17.keypoints, mirror=COCO_17.mirror, mirror_rules={},
        samples=rows, settings={},
    )  # fmt: skip
    config = TrainingConfig(
        output=folder.with_suffix(".safetensors"), input_size=(96, 128), samples=samples, batch=12, validate_every=0,
        ema=0.99, workers=0,
    )  # fmt: skip
    train(config, [(learnt, 1.0)], start=embedded_weights())
    return Predictor.load(config.output, "cpu", way="plain")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the flip test says of a network's errors.")
    parser.add_argument("--packets", type=int, default=400)
    parser.add_argument("--samples", type=int, default=6000)
    parser.add_argument("--weights", type=Path, metavar="FILE")
    parser.add_argument("--only", choices=("packets", "people"))
    options = parser.parse_args()
    columns = (("points", 8), ("wrong", 8), ("flip", 11), ("confidence", 11), ("both", 11), ("moved, wrong of", 20),
               ("not seen", 13))  # fmt: skip
    print(f"{'':34}" + "".join(f"{name:>{wide}}" for name, wide in columns))
    if options.only != "people":
        packets(options.packets)
    if options.only != "packets":
        people(options.weights, options.samples)


if __name__ == "__main__":
    main()
