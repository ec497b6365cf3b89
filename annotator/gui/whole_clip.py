"""What is found out about a whole clip because a person asks: where its camera stands, and which frames to label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from annotator.gui.background import Progress, ShouldStop
from annotator.gui.errands import Errands
from annotator.gui.session import Session
from annotator.gui.timeline import Timeline
from annotator.gui.timeline_words import spoken

if TYPE_CHECKING:
    from annotator.choosing import Choice
    from annotator.tripod import Tripod
    from annotator.tripod_store import ClipTripod


class WholeClip(QObject):
    """Solves the fixed camera of the clip on the timeline, and lists the frames that differ most."""

    told = Signal(str)
    stands = Signal(str)
    chosen_changed = Signal()

    def __init__(self, session: Session, timeline: Timeline, errands: Errands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._timeline, self._errands = session, timeline, errands
        self.chosen: tuple[int, ...] = ()
        session.project_changed.connect(self._forget_choice)

    # The fixed camera

    def solve_camera(self) -> None:
        """Find out where the camera of the clip stands, from all of its labelled frames."""
        session, track = self._session, self._timeline.track
        project, frame_id, size = session.project, session.frame_id, session.size
        if project is None or track is None or frame_id is None or min(size) <= 0:
            return
        session.end_gesture()
        media_id, cuts = track.media_id, {track.media_id: track.cuts.tolist()}

        def work(progress: Progress, should_stop: ShouldStop) -> list[ClipTripod] | None:
            from annotator.tripod_store import find_tripods, keep_tripods, shots_of

            shots = [shot for shot in shots_of(project, cuts) if shot.media_id == media_id]
            found = find_tripods(
                project, shots, size_of=lambda row: size, progress=progress, should_stop=should_stop
            )
            if found is not None:
                keep_tripods(project, found)
            return found

        self._errands.run(self.tr("Solving the fixed camera"), work, lambda found: self._on_solved(frame_id, found))

    def _on_solved(self, frame_id: int, found: list[ClipTripod] | None) -> None:
        project = self._session.project
        if project is None:
            return
        if found is None:
            self.told.emit(self.tr("Stopped: what was known of the camera stays"))
            return
        row = project.row(frame_id)
        here = next((one for one in found if one.shot.holds(row)), None)
        if here is None:
            self.told.emit(self.tr("This clip has no pitch whose camera could be solved"))
        elif here.tripod.standing is None:
            self.told.emit(self.tr("No fixed camera. {why}").format(why=spoken(here.tripod.reason, row.name)))
        else:
            self.stands.emit(self._stands_text(here.tripod))
        self._session.resolve_anew()

    def _stands_text(self, tripod: Tripod) -> str:
        standing = tripod.standing
        assert standing is not None
        x, y, z = (float(value) for value in standing.position)
        sd = float(standing.covariance.diagonal().max()) ** 0.5
        text = self.tr(
            "The camera of this shot stands {along} m along and {across} m across from the centre spot, {height} m up "
            "(\u00b1 {sd} m), as {frames} frames agree. From now on two points or three markings determine a frame."
        )
        return text.format(
            along=f"{x:.1f}", across=f"{y:.1f}", height=f"{-z:.1f}", sd=f"{sd:.2f}", frames=len(tripod.frames)
        ).replace("-", "\u2212")

    def forget_camera(self) -> None:
        """From now on no camera is known to stand anywhere."""
        from annotator.tripod_store import forget_tripods

        if self._session.project is not None:
            forget_tripods(self._session.project)
            self._session.resolve_anew()
            self.told.emit(self.tr("Forgotten: every frame's camera is its own again"))

    # Which frames to label

    def choose(self, count: int, *, everywhere: bool) -> None:
        """List the frames that differ most, of the clip on the timeline or of all."""
        session, track = self._session, self._timeline.track
        project, threshold = session.project, session.settings.threshold
        if project is None:
            return
        session.end_gesture()
        cuts = {} if track is None else {track.media_id: track.cuts.tolist()}
        own = None if everywhere or track is None else set(track.ids.tolist())

        def work(progress: Progress, should_stop: ShouldStop) -> list[Choice] | None:
            from annotator.choosing import choose
            from annotator.choosing_sources import labelled_in, project_candidates

            found = project_candidates(
                project, threshold=threshold, cuts=cuts, progress=progress, should_stop=should_stop
            )
            if found is None:
                return None
            candidates = [one for one in found if own is None or one.key in own]
            return choose(candidates, count, labelled=labelled_in(project))

        self._errands.run(self.tr("Comparing frames"), work, self._on_chosen)

    def _on_chosen(self, choices: Any) -> None:
        if choices is None:
            self.told.emit(self.tr("Stopped: the list stays as it is"))
            return
        if not choices:
            self.told.emit(self.tr("No frame is left that shows a pitch and is not labelled"))
            return
        self.chosen = tuple(choice.key for choice in choices)
        self._session.arrange(self.chosen)
        self._session.show(self.chosen[0])
        self.chosen_changed.emit()

    def show_all(self) -> None:
        """List all frames again."""
        if self.chosen:
            self._session.arrange(None)
            self._forget_choice()

    def _forget_choice(self) -> None:
        """The list is another's."""
        if self.chosen:
            self.chosen = ()
            self.chosen_changed.emit()

    def give_way(self, on: bool) -> None:
        """The review queue arranges the list now."""
        if on:
            self._forget_choice()
