"""What lies on the desk: a frame with what is said and seen of it, what follows, and what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from annotator.gui.answers import Answers
from annotator.gui.blind import BlindChecks
from annotator.gui.hovering import Hovering
from annotator.gui.loading import Image
from annotator.gui.passing import glimpse
from annotator.gui.people import People
from annotator.gui.progress import point_after
from annotator.gui.view_state import NOTHING_SELECTED, Selection, ViewSettings
from annotator.keypoints import Resolved, resolve
from annotator.labels import FrameLabels, FrameRecord
from annotator.project import Project
from annotator.tripod_store import standing_of

if TYPE_CHECKING:
    from model.heatmaps import Prediction
    from model.people import PeoplePrediction


class OnDesk(QObject):
    """One frame as tools know it: what was said, what geometry and network make of it, what is chosen and shown."""

    resolved_changed = Signal()
    selection_changed = Signal()
    settings_changed = Signal()
    active_changed = Signal()
    message = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.hovering = Hovering(self)
        self.blind = BlindChecks()
        self.people = People()
        # The frame on the screen is passed by, as in playing: see `annotator.gui.passing`.
        self.passing = False
        self._settings = ViewSettings()
        self._active: tuple[str | None, str | None] = (None, None)
        self._clear()

    def _clear(self) -> None:
        """Nothing is on the desk."""
        self._frame_id: int | None = None
        self._rgb: Image | None = None
        self._record: FrameRecord | None = None
        self._prediction: Prediction | None = None
        self._many: PeoplePrediction | None = None
        self.people.clear()
        self._resolved: Resolved | None = None
        self._answers = Answers()
        self._selection = NOTHING_SELECTED
        self._gesture: tuple[object, int] | None = None
        self._resting = False

    @property
    def frame_id(self) -> int | None:
        """The frame on the screen."""
        return self._frame_id

    @property
    def is_blind(self) -> bool:
        """Whether the frame on the screen is under a blind check: nothing is shown but what was said in it."""
        return self.blind.covers(self._frame_id)

    @property
    def record(self) -> FrameRecord:
        """All that was said of the frame."""
        return self._record or FrameRecord()

    @property
    def labels(self) -> FrameLabels:
        """What was said of the frame's keypoints and markings."""
        return self.record.labels

    @property
    def resolved(self) -> Resolved | None:
        """The frame's keypoints with their sources."""
        return self._resolved

    @property
    def prediction(self) -> Prediction | None:
        """What the network saw in the frame."""
        return self._prediction

    @property
    def rgb(self) -> Image | None:
        """The frame's pixels, (H, W, 3) RGB."""
        return self._rgb

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame in pixels; (0, 0) without one."""
        return (0, 0) if self._rgb is None else (self._rgb.shape[1], self._rgb.shape[0])

    @property
    def selection(self) -> Selection:
        """What is selected."""
        return self._selection

    @property
    def settings(self) -> ViewSettings:
        """What is to be seen."""
        return self._settings

    @property
    def active_keypoint(self) -> str | None:
        """The keypoint that is placed next."""
        return self._active[0]

    @property
    def active_marking(self) -> str | None:
        """The marking that is drawn."""
        return self._active[1]

    @property
    def in_gesture(self) -> bool:
        """True while something is being dragged or nudged; not in a pause, which nudges end with."""
        return self._gesture is not None and not self._resting

    def say(self, text: str) -> None:
        """Show a short hint."""
        self.message.emit(text)

    def select(self, selection: Selection) -> None:
        """Select this and nothing else; a selected thing is also the active one."""
        keypoint, marking = self._active
        self.activate(
            keypoint=selection.keypoints[-1] if selection.keypoints else keypoint,
            marking=selection.marking or marking,
        )
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit()

    def choose_thing(self, number: int, selection: Selection = NOTHING_SELECTED) -> None:
        """Work on this thing of the frame from now on, with this of it selected; a number that is free is a new one."""
        if number != self.people.active or self.people.is_new:
            self.people.choose(number)
            if self._resolved is not None:
                self._resolved = self.people.shown_alone()
                self.resolved_changed.emit()
        self.select(selection)

    def activate(self, *, keypoint: str | None, marking: str | None) -> None:
        """Choose what the point tool places and the marking tool draws."""
        if (keypoint, marking) != self._active:
            self._active = (keypoint, marking)
            self.active_changed.emit()

    def advance(self, by: int = 1) -> None:
        """Go to the next (+1) or previous (-1) keypoint in view of which nobody spoke yet, in the scheme's order."""
        if self._resolved is None:
            return
        if self.people.is_on:
            name = self.people.next_point(self.labels, self._active[0], by)
        else:
            name = point_after(self._active[0], self.labels.pitch, self._resolved, by=by)
        if name is not None:
            self.activate(keypoint=name, marking=self._active[1])
        elif self.people.is_many and self.people.key_of_another:
            text = self.tr("Something was said of every point of it; {key} begins another one")
            self.say(text.format(key=self.people.key_of_another))
        elif self.people.is_on:
            self.say(self.tr("Something was said of every point of it"))
        else:
            self.say(self.tr("Every visible point is placed"))

    def set_settings(self, settings: ViewSettings) -> None:
        """See something else."""
        if settings == self._settings:
            return
        anew = settings.threshold != self._settings.threshold
        self._settings = settings
        self.settings_changed.emit()
        if anew:
            self._resolve()

    def _compute(self) -> None:
        if self._rgb is None or self._record is None:
            self._resolved = None
            return
        said, moving = self._record.labels.pitch, self._gesture is not None
        if self.people.is_on:
            self.people.know(self.project, self._frame_id)
            self.people.look(self._many or self._prediction)
            self._resolved = self.people.resolve(
                self._record.labels, size=self.size, settings=self._settings, moving=moving
            )
            return
        frame_id = self._frame_id or 0
        known = self._answers.usable(frame_id, said, self.size) if self.passing else None
        if self.passing and known is None:
            size, threshold = self.size, self._settings.threshold
            self._resolved = glimpse(said, self._prediction, size=size, threshold=threshold)
            return
        self._resolved = resolve(
            said,
            self._prediction,
            size=self.size,
            threshold=self._settings.threshold,
            previous=self._resolved if moving else self._answers.usable(frame_id, said, self.size),
            standing=standing_of(self.project, self._frame_id),
        )
        if not moving:
            self._answers.keep(frame_id, self._resolved)

    def _resolve(self) -> None:
        self._compute()
        self.resolved_changed.emit()
