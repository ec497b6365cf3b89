"""What a network sees of the people of a project, frame by frame, kept beside what persons said and never in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from annotator.dismissals import left
from annotator.frames import FrameSource, MediaError
from annotator.labels import FrameLabels
from annotator.people_boxes import FOUND, as_seen, free_of, image_id_of, labelled_boxes
from annotator.project import Project
from model.people import Candidate, InstancePrediction, PeoplePrediction

if TYPE_CHECKING:
    from annotator.scheme import Scheme
    from model.heatmaps import Prediction

Rgb = NDArray[np.uint8]
SAME = 0.9
"""OKS above which two answers in detected boxes are the same person, as in the published evaluation."""


class SeesPeople(Protocol):
    """A network here (``model.predictor.Predictor``) or in a process of its own (``model.remote.RemotePredictor``)."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its keypoints."""

    @property
    def takes_boxes(self) -> bool:
        """Whether it has to be told where to look."""

    def predict_people(
        self, rgb: Rgb, candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> PeoplePrediction:
        """Everybody it sees."""


FindBoxes = Callable[[str, Rgb], Sequence[Candidate]]
"""The boxes that a file or a detector has for a frame, by its name and pixels."""


@dataclass
class Tally:
    """What became of the frames of a run."""

    frames: int = 0
    people: int = 0
    without: int = 0
    """Frames that nobody has a box in, where the network needs one; nothing is stored for them."""
    lost: list[str] = field(default_factory=list)


def check_points(network: SeesPeople, scheme: Scheme) -> None:
    """ValueError if a network knows other points than a scheme."""
    if network.names != scheme.keypoints:
        raise ValueError(f"the network's {len(network.names)} points are not the {len(scheme)} of {scheme.id}")


def see(
    network: SeesPeople, rgb: Rgb, labels: FrameLabels, others: Sequence[Candidate] = ()
) -> PeoplePrediction | None:
    """Everybody that a network sees in a frame, best first; None where it needs boxes and there are none.

    Everyone who is labelled is looked for in their own box and has an answer. Boxes of others are looked into as well,
    where they are not of somebody labelled; of those, answers alike are one.
    """
    if not network.takes_boxes:
        return network.predict_people(rgb)
    mine = labelled_boxes(labels, (rgb.shape[1], rgb.shape[0]))
    rest = free_of(others, mine)
    if not mine and not rest:
        return None
    found = network.predict_people(rgb, mine)
    more = network.predict_people(rgb, rest, same=SAME).instances if rest else ()
    return found.with_instances((*found.instances, *more))


def predict_people(
    project: Project,
    network: SeesPeople,
    *,
    pixels: FrameSource,
    boxes: FindBoxes | None = None,
    frame_ids: Sequence[int] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Look at every frame of a project (or those named) and store what is seen of each as soon as it is known.

    What persons said is read, never written. The boxes found are kept in the project, too; without ``boxes`` those that
    were found before are looked into. A run that is stopped keeps what it did.

    Raises
    ------
    ValueError
        If the network knows other points than the project's scheme.
    ProjectError
        If the disk refuses.
    """
    check_points(network, project.scheme)
    ids = project.frame_ids() if frame_ids is None else list(frame_ids)
    tally = Tally()
    for done, frame_id in enumerate(ids):
        if should_stop():
            break
        progress(done, len(ids))
        row = project.row(frame_id)
        try:
            rgb = pixels.read(row)
        except MediaError as error:
            tally.lost.append(str(error))
            continue
        if boxes is not None and network.takes_boxes:
            project.save_boxes({frame_id: boxes(row.name, rgb)})
        found = see(network, rgb, project.record(frame_id).labels, boxes_left(project, frame_id))
        if found is None:
            tally.without += 1
            continue
        project.save_people(frame_id, found)
        tally.frames += 1
        tally.people += len(found.instances)
    progress(len(ids), len(ids))
    return tally


def boxes_left(project: Project, frame_id: int) -> tuple[Candidate, ...]:
    """The boxes that were found in a frame, without those of which a person said that nothing is there."""
    boxes, dismissed = project.boxes(frame_id) or (), project.dismissed(frame_id)
    if not boxes or FOUND not in dismissed:
        return boxes
    seen = left(as_seen(boxes, project.scheme, (1, 1)), dismissed)
    return tuple(Candidate(one.box, one.score) for one in seen if one.box is not None)


def look_and_store(
    project: Project,
) -> tuple[Callable[[Any, Rgb, int], Prediction | PeoplePrediction | None], Callable[[int, Any], None]]:
    """How a network looks at a frame of a project, by the frame's id, and how what it saw is kept.

    Where a frame shows many, people are looked for in the boxes that its labels have just then, and in those that a
    detector or a file has for it, None without any;
    else, and by a network that sees no people, the frame is looked at as a whole.
    """
    is_many = project.scheme.is_many

    def look(network: Any, rgb: Rgb, frame_id: int) -> Prediction | PeoplePrediction | None:
        if is_many and hasattr(network, "predict_people"):
            return see(network, rgb, project.record(frame_id).labels, boxes_left(project, frame_id))
        found: Prediction = network.predict(rgb)
        return found

    def store(frame_id: int, found: Prediction | PeoplePrediction) -> None:
        if isinstance(found, PeoplePrediction):
            project.save_people(frame_id, found)
        else:
            project.save_prediction(frame_id, found)

    return look, store


def seen_in(
    project: Project, frame_id: int, network: str | None, labels: FrameLabels, size: tuple[int, int]
) -> PeoplePrediction | None:
    """What is to be seen of the things in a frame of ``size`` (w, h): as this network saw them, else any.

    Without either, the boxes that were found, of those who have no label; None where nothing looked.
    """
    stored = project.people(frame_id, network) or project.people(frame_id)
    boxes = None if stored is not None else project.boxes(frame_id)
    if boxes is None or min(size) <= 0:
        return stored
    return as_seen(free_of(boxes, labelled_boxes(labels, size)), project.scheme, size)


def results(
    name: str, instances: Sequence[InstancePrediction], *, image_id: int | str | None = None
) -> Iterator[dict[str, Any]]:
    """COCO keypoint results of one image: ``keypoints`` is x, y, confidence of every point, 0, 0, 0 of unseen ones.

    No ``bbox`` is written: evaluation then takes the area around the points, as for the published results.
    """
    for one in instances:
        flat: list[float] = []
        for (x, y), confidence in zip(one.xy.tolist(), one.confidence.tolist(), strict=True):
            seen = bool(np.isfinite((x, y)).all())
            flat += [round(x, 3), round(y, 3), round(confidence, 5)] if seen else [0, 0, 0]
        yield {
            "image_id": image_id_of(name) if image_id is None else image_id,
            "file_name": name,
            "category_id": 1,
            "keypoints": flat,
            "score": round(float(one.score), 6),
        }
