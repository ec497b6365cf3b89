"""Images in, predictions out: the one door through which the rest of the program runs a network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from model.ahead import ahead
from model.audition import FRAMES, Rehearsal, audition, candidates, converted_path, forget, rehearsal, remembered
from model.card import Card, card_of, identity, read_bytes
from model.engines import (
    Engine,
    EngineError,
    OpenVinoEngine,
    Pixels,
    Telling,
    cpu_engine,
    log,
    openvino_file,
)
from model.heatmaps import Maps, Prediction, predict_from_maps
from model.images import stretch
from model.published import is_foreign
from model.second_look import looked_again

if TYPE_CHECKING:
    from model.checkpoint import Checkpoint
    from model.people import Candidate, PeoplePrediction
    from model.people_predictor import PeoplePredictor

Device = Literal["auto", "cuda", "mps", "cpu"]
FlipTest = Literal["off", "on"]
Way = Literal["fastest", "plain", "asked"]
"""Whether a processor may compute in another way than torch in single precision, see `model.audition`.

"fastest" finds out which on the first frames, "asked" only as far as `Predictor.rehearse` is called.
"""


class Predictor:
    """A loaded network, ready to predict. Build it with `load` or `of`.

    Attributes
    ----------
    card : what the weights mean.
    id : identity of the weights, stored with every prediction.
    weights, device : the checkpoint, kept for networks that say more than an engine asks them, and where it runs.
    """

    def __init__(
        self,
        card: Card,
        network: str,
        engine: Engine,
        *,
        checkpoint: Checkpoint | None = None,
        threads: int | None = None,
        flip_test: FlipTest = "off",
        way: Way = "fastest",
    ) -> None:
        """``checkpoint`` is given while a faster engine may still be looked for."""
        self._way: Way = way
        self.card, self.id, self._engine = card, network, engine
        self._checkpoint, self._threads = checkpoint, threads
        self._seen: list[Pixels] = []
        self._people: PeoplePredictor | None = None
        self.weights: Checkpoint | None = None
        self.device = "cpu"
        self._steps: Rehearsal | None = None
        self._flip = flip_test == "on"
        if self._flip and not self.card.mirror:
            raise ValueError("a flip test needs a network whose card says which points mirror each other")

    @classmethod
    def load(
        cls,
        path: Path,
        device: Device = "auto",
        threads: int | None = None,
        *,
        flip_test: FlipTest = "off",
        way: Way = "fastest",
    ) -> Predictor:
        """Read a checkpoint of ours, or a published one of people, see `model.published`.

        "auto" takes CUDA, then MPS, then the CPU with ``threads`` threads.
        Without a number one core is left to whoever works at the machine: two programs that both wait for every core
        take many times as long as one after the other.
        On a CPU the fastest way that gives the same points is found out on the first frames and used from then on,
        without torch where that is OpenVINO. A file that cannot be used is a `CheckpointError`, a device that is not
        there a ValueError.
        """
        path, threads = Path(path), threads or _threads()
        data = read_bytes(path)
        if way != "plain" and device in ("auto", "cpu") and not is_foreign(data):
            card, network = card_of(path, data), identity(data)
            engine = None if card.spec.tags else _without_torch(network, threads)
            if engine is not None:
                return cls(card, network, engine, flip_test=flip_test)
        from model.published import load_any

        return cls.of(load_any(path), device, threads, flip_test=flip_test, way=way)

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        device: Device = "auto",
        threads: int | None = None,
        *,
        flip_test: FlipTest = "off",
        way: Way = "plain",
    ) -> Predictor:
        """The same from a checkpoint in memory, for instance an imported one."""
        import torch

        from model.pipeline import TorchEngine, choose_device

        threads = threads or _threads()
        torch.set_num_threads(threads)
        chosen = choose_device(device)
        spec = checkpoint.card.spec
        if chosen != "cpu" or way == "plain" or spec.has_extras or spec.tags:
            engine: Engine = TorchEngine(checkpoint, chosen)
            made = cls(checkpoint.card, checkpoint.id, engine, flip_test=flip_test)
            made.weights, made.device = checkpoint if spec.tags else None, chosen
            return made
        known = remembered(checkpoint.id)
        if known is not None:
            try:
                engine = cpu_engine(known, checkpoint, converted=converted_path(checkpoint.id), threads=threads)
                return cls(checkpoint.card, checkpoint.id, engine, flip_test=flip_test)
            except EngineError as error:
                log.warning("the network runs in plain torch: %s", error)
                forget(checkpoint.id)
        engine = TorchEngine(checkpoint, "cpu")
        undecided = checkpoint if candidates() else None
        return cls(
            checkpoint.card, checkpoint.id, engine, checkpoint=undecided, threads=threads, flip_test=flip_test,
            way=way,
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The K keypoints in channel order."""
        return self.card.names

    @property
    def threshold(self) -> float:
        """The confidence from which its points are worth showing."""
        return self.card.threshold

    @property
    def device_text(self) -> str:
        """For a status bar: "CPU", "CPU, OpenVINO", "MPS" or "CUDA: " and the name of the card."""
        return self._engine.text

    def predict(self, rgb: NDArray[np.uint8]) -> Prediction:
        """What the network sees in one RGB uint8 image ``(H, W, 3)`` of any size; other arrays are a ValueError."""
        return next(self.predict_many([rgb], batch=1))

    def predict_people(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> PeoplePrediction:
        """Everybody that it sees in an image, in the boxes given where it takes some, see `model.people_predictor`."""
        if self._people is None:
            from model.people_predictor import PeoplePredictor

            self._people = PeoplePredictor(self)
        return self._people.look(rgb, candidates, same=same)

    @property
    def flips(self) -> bool:
        """Whether it looks at everything mirrored as well."""
        return self._flip

    @property
    def takes_boxes(self) -> bool:
        """Whether `predict_people` has to be told where to look."""
        return not self.card.spec.tags

    def predict_many(self, images: Iterable[NDArray[np.uint8]], *, batch: int = 4) -> Iterator[Prediction]:
        """Predictions of many images in order, ``batch`` of them at a time.

        Images are taken one batch ahead, in another thread, while the network computes; memory stays bounded however
        many there are. Where a batch does not fit the device's memory smaller ones are tried, then the processor.
        """
        if self.card.second_look:
            for rgb in images:
                first = next(self._looks([rgb], 1))
                yield looked_again(first, rgb, self._close, size=self.card.input_size, threshold=self.threshold)
            return
        yield from self._looks(images, batch)

    def _close(self, part: NDArray[np.uint8]) -> Prediction:
        """What is seen in a close-up, looked at mirrored as well where it is known what points are called then."""
        return next(self._looks([part], 1, mirrored=bool(self.card.mirror)))

    def _looks(
        self, images: Iterable[NDArray[np.uint8]], batch: int, *, mirrored: bool = False
    ) -> Iterator[Prediction]:
        """What is seen in images at one look each; ``mirrored`` looks at them both ways as a flip test does."""
        fed, both = self._fed(images, batch), mirrored or self._flip
        if self.card.spec.has_extras:
            yield from self._told(fed, both)
            return
        for sizes, pixels in ahead(fed, 1) if batch > 1 else fed:
            maps = self._maps(pixels, both)
            for one, size in zip(maps, sizes, strict=True):
                yield predict_from_maps(
                    one, codec=self.card.codec, names=self.names, image_size=size, network=self.id
                )

    def _told(self, fed: Iterable[tuple[list[tuple[int, int]], Pixels]], both: bool) -> Iterator[Prediction]:
        """Predictions of a network that also says what is seen, and numbers of the whole image."""
        for sizes, pixels in fed:
            maps, seen, shares = self._answers(pixels, both)
            for i, size in enumerate(sizes):
                found = predict_from_maps(
                    maps[i], codec=self.card.codec, names=self.names, image_size=size, network=self.id
                )
                kinds = () if shares is None else zip(self.card.scalars, shares[i].tolist(), strict=True)
                scalars = {kind.name: kind.value(share) for kind, share in kinds}
                yield replace(found, seen=None if seen is None else seen[i].astype(np.float64), scalars=scalars)

    def _fed(
        self, images: Iterable[NDArray[np.uint8]], batch: int
    ) -> Iterator[tuple[list[tuple[int, int]], Pixels]]:
        """Sizes (w, h) and pixels at the input size, a batch at a time."""
        source = iter(images)
        while group := list(islice(source, batch)):
            for rgb in group:
                if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
                    raise ValueError(f"expected an RGB uint8 image (H, W, 3), got {rgb.dtype} {rgb.shape}")
            pixels = np.stack([stretch(rgb, self.card.input_size) for rgb in group])
            yield [(rgb.shape[1], rgb.shape[0]) for rgb in group], pixels

    def maps(self, pixels: Pixels) -> Maps:
        """Linear maps ``(B, K + 1, h, w)`` of RGB uint8 ``(B, H, W, 3)`` already at the input size, background last."""
        return self._maps(pixels, self._flip)

    def _maps(self, pixels: Pixels, both: bool) -> Maps:
        maps = self._computed(pixels)
        if both:
            mirrored = self._computed(np.ascontiguousarray(pixels[:, :, ::-1]))
            maps = (maps + self._flipped_back(mirrored)) * np.float32(0.5)
        if self._checkpoint is not None:
            self._look_for_faster(pixels)
        return maps

    def answers(self, pixels: Pixels) -> tuple[Maps, NDArray[np.float32] | None, NDArray[np.float32] | None]:
        """As `maps`, and ``(B, K)`` visibilities and ``(B, S)`` scalars in 0..1 where the network says them."""
        return self._answers(pixels, self._flip)

    def _answers(
        self, pixels: Pixels, both: bool
    ) -> tuple[Maps, NDArray[np.float32] | None, NDArray[np.float32] | None]:
        if not (isinstance(self._engine, Telling) and self.card.spec.has_extras):
            return self._maps(pixels, both), None, None
        maps, seen, shares = self._engine.answers(pixels)
        if not both:
            return maps, seen, shares
        others, seen_too, shares_too = self._engine.answers(np.ascontiguousarray(pixels[:, :, ::-1]))
        half = np.float32(0.5)
        if seen is not None and seen_too is not None:
            seen = (seen + seen_too[:, list(self.card.mirror)]) * half
        if shares is not None and shares_too is not None:
            shares = (shares + shares_too) * half
        return (maps + self._flipped_back(others)) * half, seen, shares

    def _computed(self, pixels: Pixels) -> Maps:
        """The engine's maps; a batch too large for the memory goes in halves, a single frame to the processor."""
        try:
            return self._engine.maps(pixels)
        except (MemoryError, RuntimeError) as error:
            if not _is_shortage(error):
                raise
            shortage = error
        if len(pixels) > 1:
            log.warning("%d frames at once do not fit the memory of the device; smaller batches are used", len(pixels))
            half = len(pixels) // 2
            return np.concatenate([self._computed(pixels[:half]), self._computed(pixels[half:])])
        if self._fall_back():
            return self._computed(pixels)
        raise shortage

    def _fall_back(self) -> bool:
        """Whether the engine could be exchanged for the same network on the processor."""
        engine = self._engine.on_cpu()
        if engine is None:
            return False
        log.warning("the memory of %s does not hold one frame; the processor goes on", self._engine.text)
        self._engine = engine
        return True

    def _look_for_faster(self, pixels: Pixels) -> None:
        """Remember frames, and hold the audition once there are enough, unless that is for somebody else to begin."""
        self._seen += [one.copy() for one in pixels[: FRAMES - len(self._seen)]]
        if self._way == "asked" or len(self._seen) < FRAMES or self._checkpoint is None:
            return
        checkpoint, self._checkpoint = self._checkpoint, None
        seen, self._seen = self._seen, []
        _, self._engine = audition(checkpoint, self._engine, seen, threads=self._threads)

    def rehearse(self) -> bool:
        """One step of finding out what is faster, a frame's work at most; False where there is nothing to do (yet)."""
        if self._checkpoint is None or len(self._seen) < FRAMES:
            return False
        if self._steps is None:
            self._steps = rehearsal(self._checkpoint, self._engine, self._seen, threads=self._threads)
        try:
            next(self._steps)
        except StopIteration as end:
            _, self._engine = end.value
            self._checkpoint, self._steps, self._seen = None, None, []
        return self._checkpoint is not None

    def _flipped_back(self, maps: Maps) -> Maps:
        """Maps of the mirrored input as maps of the input."""
        back = maps[:, [*self.card.mirror, len(self.names)], :, ::-1]
        # Unbiased processing (UDP) lays pixel centres on pixel centres: there nothing moves.
        if self.card.alignment == "corner" and self.card.decoder != "udp":
            back = np.concatenate([back[..., :1], back[..., :-1]], axis=3)
        return back


def _without_torch(network: str, threads: int | None) -> Engine | None:
    """The engine that was chosen for a network, if it needs no torch and still works."""
    chosen, converted = remembered(network), converted_path(network)
    if chosen is None or chosen.startswith("torch") or not openvino_file(chosen, converted).exists():
        return None
    try:
        return OpenVinoEngine(chosen, converted, threads=threads)
    except EngineError as error:
        log.warning("the network runs in torch: %s", error)
        forget(network)
        return None


def _threads() -> int:
    """All processors this program may use but one."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return max(1, min(usable - 1, 16))


def _is_shortage(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "allocate memory" in text
