"""Who those are that are only seen in the frame on the screen, as far as the clip around it tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from annotator.instance_numbers import numbers_in_clip
from annotator.instance_points import numbers_free_here
from annotator.instances import present
from annotator.labels import Instance
from annotator.project import ProjectError

if TYPE_CHECKING:
    from annotator.gui.session import Session
    from annotator.gui.timeline import Timeline
    from annotator.gui.timeline_things import Identities
    from model.people import InstancePrediction

_FEW = 5
"""Frames up to which somebody is taken for the one who is labelled about there."""


class ClipNumbers(QObject):
    """Gives the things of the session that are only seen their numbers, and anew when the clip is known better."""

    def __init__(self, session: Session, timeline: Timeline, identities: Identities, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._identities = session, timeline, identities
        self._told: tuple[frozenset[int], tuple[int, ...]] = (frozenset(), ())
        self._near: tuple[tuple[int, ...], tuple[tuple[Instance, ...], ...]] = ((), ())
        session.people.number_seen = self._numbers
        identities.changed.connect(self._on_changed)
        session.many_changed.connect(self._forget)
        session.frame_changed.connect(self._forget)

    def _forget(self) -> None:
        self._near = ((), ())

    def _numbers(self, seen: Sequence[InstancePrediction], taken: Collection[int]) -> Sequence[int]:
        session = self._session
        self._told = ((frozenset(), ()) if session.passing or not seen else self._known())
        elsewhere, places = self._told
        if not elsewhere:
            return numbers_free_here(seen, taken)
        near = self._labelled_in(places)
        return numbers_in_clip(
            seen, taken, session.people.scheme, size=session.size, elsewhere=elsewhere, near=near
        )  # fmt: skip

    def _known(self) -> tuple[frozenset[int], tuple[int, ...]]:
        """The numbers in other frames of the clip, and the closest frames on both sides that have any."""
        track, frame_id, lanes = self._timeline.track, self._session.frame_id, self._identities.lanes.lanes
        here = None if track is None or frame_id is None else track.place_of(frame_id)
        if here is None or track is None or not lanes:
            return frozenset(), ()
        others = {
            number for number, where in lanes.items()
            if len(where.starts) and (where.starts[0] < here or where.ends[-1] > here + 1)
        }  # fmt: skip
        # Beyond a cut nobody is where they were.
        start, end = track.shot_around(here)
        found: list[tuple[int, int]] = []
        for by in (-1, 1):
            for far in range(1, _FEW + 1):
                place = here + by * far
                if start <= place < end and any(lanes[number].at(place) for number in others):
                    found.append((far, int(track.ids[place])))
                    break
        return frozenset(others), tuple(frame for _, frame in sorted(found, key=lambda one: one[0]))

    def _labelled_in(self, frames: tuple[int, ...]) -> tuple[tuple[Instance, ...], ...]:
        project = self._session.project
        if project is None or self._near[0] == frames:
            return self._near[1]
        try:
            self._near = (frames, tuple(present(project.record(frame).labels) for frame in frames))
        except ProjectError:
            return ()
        return self._near[1]

    def _on_changed(self) -> None:
        """What is known of other frames may be more than when the numbers were given."""
        session = self._session
        if session.passing or session.in_gesture or all(one.labelled for one in session.people.things):
            return
        if self._known() != self._told:
            self._forget()
            session.resolve_anew()
