"""What a project keeps beside the word of persons: predictions, signs of the review queue, effort, the timeline's data.

All of it but the effort can be worked out anew; none of it is ever taken for what a person said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from annotator import (
    store_boxes,
    store_dismissed,
    store_effort,
    store_many,
    store_rows,
    store_signs,
    store_timeline,
)
from annotator.effort import Effort
from annotator.project_file import ProjectFile

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import Candidate, PeoplePrediction


class ProjectFindings(ProjectFile):
    """The findings in a project's file; see `annotator.project.Project` for its errors and threads."""

    def prediction(self, frame_id: int, network: str | None = None) -> Prediction | None:
        """The stored prediction of a network, or the newest of any; None if there is none that can be read."""
        from model.heatmaps import Prediction, PredictionError

        with self._read() as db:
            data = store_rows.prediction_data(db, frame_id, network)
        try:
            return None if data is None else Prediction.from_bytes(data)
        except PredictionError:
            return None

    def save_prediction(self, frame_id: int, prediction: Prediction) -> None:
        """Store what a network saw, in place of what it saw before."""
        data = prediction.to_bytes()
        with self._write() as db:
            store_rows.save_prediction(db, frame_id, prediction.network, data)

    def people(self, frame_id: int, network: str | None = None) -> PeoplePrediction | None:
        """As `prediction`, of many things in a frame."""
        from model.heatmaps import PredictionError
        from model.people import PeoplePrediction

        with self._read() as db:
            data = store_rows.prediction_data(db, frame_id, network)
        try:
            return None if data is None else PeoplePrediction.from_bytes(data)
        except PredictionError:
            return None

    def save_people(self, frame_id: int, people: PeoplePrediction) -> None:
        """Store all things that a network saw in a frame, in place of what it saw before."""
        data = people.to_bytes()
        with self._write() as db:
            store_rows.save_prediction(db, frame_id, people.network, data)

    def has_prediction(self, frame_id: int, network: str | None = None) -> bool:
        """True when a prediction of this network, or of any, is stored."""
        with self._read() as db:
            return store_rows.has_prediction(db, frame_id, network)

    def networks(self) -> list[str]:
        """The networks whose predictions are stored, sorted."""
        with self._read() as db:
            return store_rows.networks(db)

    def delete_predictions(self, network: str | None = None) -> None:
        """Forget what a network, or every network, saw; what persons said is not touched."""
        with self._write() as db:
            store_rows.delete_predictions(db, network)

    def boxes(self, frame_id: int) -> tuple[Candidate, ...] | None:
        """Where a detector or a file has things in a frame, surest first; None where nothing looked for any."""
        from model.people import Candidate

        with self._read() as db:
            found = store_boxes.boxes(db, frame_id)
        return None if found is None else tuple(Candidate(row[:4], row[4]) for row in found)

    def frames_with_boxes(self) -> set[int]:
        """The frames in which a detector or a file was asked for boxes, also where it has none."""
        with self._read() as db:
            return store_boxes.frames(db)

    def save_boxes(self, found: Mapping[int, Sequence[Candidate]]) -> None:
        """Keep boxes of frames in place of those before; where they are others, what networks saw before goes."""
        rows = {frame_id: [(*one.box, one.score) for one in some] for frame_id, some in found.items()}
        with self._write() as db:
            store_rows.delete_predictions_of(db, store_boxes.save(db, rows))

    def prediction_heads_of(self, ids: Sequence[int]) -> dict[int, list[tuple[str, bytes]]]:
        """By frame, network and beginning of each of its predictions, newest first; for a few hundred at a time."""
        with self._read() as db:
            return store_many.heads(db, ids)

    def dismissed(self, frame_id: int) -> dict[str, tuple[store_dismissed.Mark, ...]]:
        """By network, what a person dismissed of what it saw in a frame, see `annotator.dismissals`."""
        with self._read() as db:
            return store_dismissed.of_frame(db, frame_id)

    def all_dismissed(self) -> dict[int, Mapping[str, tuple[store_dismissed.Mark, ...]]]:
        """As `dismissed`, by frame."""
        with self._read() as db:
            return store_dismissed.all_of(db)

    def save_dismissed(self, frame_id: int, network: str, marks: Sequence[store_dismissed.Mark]) -> None:
        """Keep these as what was dismissed of what a network saw in a frame."""
        with self._write() as db:
            store_rows.frame_fields(db, frame_id)
            store_dismissed.put(db, frame_id, network, marks)

    def add_effort(self, frame_id: int, effort: Effort) -> None:
        """Add to what a person spent on a frame."""
        with self._write() as db:
            store_effort.add(db, frame_id, effort)

    def efforts(self) -> list[Effort]:
        """What every accepted frame took, in the order in which they were last worked on."""
        with self._read() as db:
            return store_effort.of_accepted(db)

    def edited_since(self, entry: int) -> list[int]:
        """The frames of which something was said since this entry of the history (`HistoryEntry.id`)."""
        with self._read() as db:
            return store_rows.edited_since(db, entry)

    def accepted_at(self) -> list[float]:
        """When every accepted frame was last changed, in seconds since 1970, in order."""
        with self._read() as db:
            return store_effort.accepted_at(db)

    def sign_versions(self) -> dict[int, str]:
        """For every frame in media order, what its signs follow from: its newest edit and its predictions."""
        with self._read() as db:
            return store_signs.versions(db)

    def stored_signs(self) -> dict[int, tuple[str, str]]:
        """By frame, the version and the document of the signs that were kept."""
        with self._read() as db:
            return store_signs.stored(db)

    def store_signs(self, found: Iterable[tuple[int, str, str]]) -> None:
        """Keep signs: (frame, version, document) each."""
        with self._write() as db:
            store_signs.store(db, found)

    def timeline_states(self, media_id: int) -> list[tuple[int, str]]:
        """Id and state of every frame of a medium, in order; read piece by piece, so that nobody waits long."""
        found: list[tuple[int, str]] = []
        first: int | None = 0
        while first is not None:
            with self._read() as db:
                some, first = store_timeline.states(db, media_id, first)
            found += some
            # Else this thread takes the file again before whoever waits for it is awake.
            time.sleep(0)
        return found

    def timeline_kinds(self, media_id: int) -> dict[int, int]:
        """By frame of a medium, who spoke of it, see `store_timeline.kinds`."""
        with self._read() as db:
            return store_timeline.kinds(db, media_id)

    def timeline_kinds_of_things(self, media_id: int) -> dict[int, int]:
        """As `timeline_kinds`, of a scheme without a pitch, see `store_timeline.kind_of_things`."""
        found: dict[int, int] = {}
        after: int | None = -1
        while after is not None:
            documents, after = self.timeline_documents(media_id, after)
            found |= {frame_id: store_timeline.kind_of_things(document) for frame_id, document in documents}
        return {frame_id: kind for frame_id, kind in found.items() if kind}

    def timeline_documents(self, media_id: int, after: int) -> tuple[list[tuple[int, str]], int | None]:
        """Records of a medium as they are stored, piece by piece, see `store_timeline.documents`."""
        with self._read() as db:
            return store_timeline.documents(db, media_id, after)

    def timeline_ends(self, media_id: int) -> tuple[str, str, int] | None:
        """The names of the first and last frame of a medium and how many there are; None without any."""
        with self._read() as db:
            return store_timeline.ends(db, media_id)

    def timeline_predictions(self, media_id: int, after: int) -> tuple[list[tuple[int, bytes]], int | None]:
        """Beginnings of stored predictions of a medium, piece by piece, see `store_timeline.prediction_heads`."""
        with self._read() as db:
            return store_timeline.prediction_heads(db, media_id, after)

    def mirrored(self, frame_id: int, network: str) -> str | None:
        """The document of what a network saw of the mirrored frame; None where it did not look."""
        with self._read() as db:
            return store_signs.mirrored(db, frame_id, network)

    def mirrored_frames(self, network: str) -> set[int]:
        """The frames that a network looked at mirrored."""
        with self._read() as db:
            return store_signs.mirrored_frames(db, network)

    def store_mirrored(self, frame_id: int, network: str, document: str) -> None:
        """Keep what a network saw of the mirrored frame."""
        with self._write() as db:
            store_signs.store_mirrored(db, frame_id, network, document)
