"""Training sets of rendered card packets: corners, which of them are seen, and how many cards there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from annotator.schemes import scheme_of
from annotator.synthetic.cards import DECK, SCHEME_ID, CardPacket, render_cards
from model.dataset import Sample, Scalar, TrainingSet, write_training_set

CARDS = Scalar("cards", 1.0, float(DECK))
SIZE = (320, 240)
VALIDATION_EVERY = 20
RENDERER = 1


def render_card_set(
    folder: Path,
    *,
    frames: int,
    first_seed: int = 0,
    size: tuple[int, int] = SIZE,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> TrainingSet:
    """Write ``frames`` rendered packets as a training set; the same arguments give the same bytes.

    One in twenty is for validation. A folder that cannot be written is a `model.dataset.TrainingSetError`.
    """
    scheme = scheme_of(SCHEME_ID)

    def samples() -> Iterator[Sample]:
        for i in range(frames):
            seed = first_seed + i
            yield card_sample(render_cards(seed, size), seed)
            progress(i + 1, frames)

    return write_training_set(
        folder,
        scheme=scheme.id,
        keypoints=scheme.keypoints,
        mirror=scheme.mirror,
        mirror_rules={},
        samples=samples(),
        settings={"renderer": f"cards {RENDERER}", "first_seed": first_seed, "frames": frames},
        scalars=[CARDS],
    )


def card_sample(packet: CardPacket, seed: int) -> Sample:
    """A rendered packet as a training sample."""
    height, width = packet.rgb.shape[:2]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(packet.rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return Sample(
        image=f"{seed:07d}.jpg",
        size=(width, height),
        points={name: (*packet.points[name], state) for name, state in packet.states.items() if state},
        source=data.tobytes(),
        group=f"cards-{seed}",
        split="val" if seed % VALIDATION_EVERY == 0 else "train",
        scalars={CARDS.name: float(packet.cards)},
    )
