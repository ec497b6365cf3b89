"""Snapping to the white paint: on a key, or whenever a drag ends; in a thread, with its evidence shown for a moment."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from annotator.gui.background import Lane, Progress, ShouldStop, sentence
from annotator.gui.canvas import Canvas
from annotator.gui.loading import Image
from annotator.gui.session import Session
from annotator.gui.sketch import NO_SKETCH, Look, Sign, Sketch, Spot, Stroke, spots
from annotator.gui.snap_words import told
from annotator.gui.view_state import Polyline, Selection
from annotator.keypoints import Resolved
from annotator.labels import FrameLabels
from annotator.paint import PaintField
from annotator.snapping import EVERYTHING, Outcome, Snapped, Target, snap_labels

SHOWN_MS = 1600
PREPARE_MS = 120
FULLY_SHOWN = 2
_SETTING = "snapOnRelease"


class PaintKeeper:
    """The prepared paint of the newest frame; used in the one thread of a lane only."""

    def __init__(self) -> None:
        self._of: Image | None = None
        self._paint: PaintField | None = None

    def paint(self, rgb: Image) -> PaintField:
        """The paint of this frame, made ready if it is not the one at hand."""
        if self._paint is None or self._of is not rgb:
            self._of, self._paint = rgb, PaintField.of(rgb)
        return self._paint


class Snapper(QObject):
    """Draws what is selected, or what was just dropped, to the paint: one step to undo, never silent.

    ``on_release`` says whether drops are snapped. The evidence stays while the key is held, and a moment longer.
    """

    changed = Signal()
    snapped = Signal(object)

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._lane = Lane("paint", self)
        self._keeper = PaintKeeper()
        self.on_release = False
        self._key_held = False
        self._answered: tuple[int, FrameLabels, Target] | None = None
        self._hide = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._hide.timeout.connect(self._on_time_over)
        self._prepare = QTimer(self, singleShot=True, interval=PREPARE_MS)
        self._prepare.timeout.connect(self._on_prepare)
        session.frame_changed.connect(self._on_frame)
        session.record_changed.connect(self.clear)
        canvas.installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether an answer is waited for."""
        return self._lane.busy

    def toggle(self) -> None:
        """Snap drops from now on, or no longer."""
        self.on_release = not self.on_release
        if self.on_release:
            self._session.say(self.tr("What you drop snaps to the paint; hold Ctrl to drop it exactly where it is"))
        else:
            self._session.say(self.tr("What you drop stays exactly where it is"))
        self.changed.emit()

    def restore(self, settings: QSettings) -> None:
        """Begin as the last time ended."""
        self.on_release = bool(settings.value(_SETTING, False, bool))

    def store(self, settings: QSettings) -> None:
        """Remember this for the next time."""
        settings.setValue(_SETTING, self.on_release)

    def snap_selection(self) -> None:
        """Snap what is selected now; with nothing selected everything that is drawn."""
        self._session.end_gesture()
        selection = self._session.selection
        self._snap(Target(selection.keypoints, selection.marking, selection.click), quiet=False)

    def dropped(self, selection: Selection) -> None:
        """A drag of this has ended: snap it if that is wanted."""
        target = Target(selection.keypoints, selection.marking, selection.click)
        if self.on_release and target != EVERYTHING:
            self._snap(target, quiet=True)

    def placed(self) -> None:
        """The whole pitch was placed: snap all of it if drops are to be snapped."""
        if self.on_release:
            self._session.end_gesture()
            self._snap(EVERYTHING, quiet=True)

    def close(self) -> None:
        """Wait for the thread to end."""
        self._lane.close()

    def _snap(self, target: Target, *, quiet: bool) -> None:
        session = self._session
        rgb, frame_id, labels, resolved = session.rgb, session.frame_id, session.labels, session.resolved
        if rgb is None or frame_id is None:
            return
        asked = (frame_id, labels, target)
        if asked == self._answered and self._hide.isActive():
            # A key that repeats itself, as some systems have it.
            self._hide.start()
            return

        def work(progress: Progress, should_stop: ShouldStop) -> Snapped:
            return snap_labels(labels, target, self._keeper.paint(rgb), resolved=resolved)

        def then(found: Snapped) -> None:
            # An answer to what is no longer so is of no use to anyone.
            if session.frame_id == frame_id and session.labels == labels:
                self._take(found, resolved, quiet=quiet)
                self._answered = (frame_id, session.labels, target)

        self._lane.ask(work, then=then, failed=lambda error: session.failed.emit(sentence(error)))

    def _take(self, found: Snapped, before: Resolved | None, *, quiet: bool) -> None:
        moved = any(outcome.moved for outcome in found.outcomes)
        if found.labels != self._session.labels:
            # What lies on the paint already is checked now, though it did not move.
            self._session.edit(found.labels, text=self.tr("Snap to paint"))
        if not moved and quiet and all(outcome.snap.ticks.size == 0 for outcome in found.outcomes):
            # A first click has nothing to snap to yet; that needs no word.
            return
        self._canvas.show_evidence(evidence(found.outcomes, before, self._session.resolved))
        self._hide.start()
        self._session.say(told(found))
        self.snapped.emit(found)

    def clear(self) -> None:
        """Show no evidence any more."""
        self._hide.stop()
        self._canvas.show_evidence(NO_SKETCH)

    def _on_time_over(self) -> None:
        if not self._key_held:
            self.clear()

    def _on_frame(self) -> None:
        self.clear()
        if self.on_release:
            self._prepare.start()

    def _on_prepare(self) -> None:
        rgb = self._session.rgb
        if rgb is not None and not self._lane.busy:
            self._lane.ask(
                lambda progress, should_stop: self._keeper.paint(rgb),
                then=lambda paint: None,
                failed=lambda error: self._session.failed.emit(sentence(error)),
            )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The key that snaps went down or came up on the canvas."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_S and not event.isAutoRepeat():
            if event.type() is QEvent.Type.ShortcutOverride:
                self._key_held = True
            elif event.type() is QEvent.Type.KeyRelease:
                self._key_held = False
                if not self._hide.isActive():
                    self.clear()
        elif event.type() is QEvent.Type.FocusOut:
            self._key_held = False
        return False


def evidence(outcomes: tuple[Outcome, ...], before: Resolved | None, after: Resolved | None) -> Sketch:
    """What was found: the markings as they were and as they are now, and a sign wherever paint was seen.

    Of many markings a third of the paint that agrees is shown, so that the lines can still be seen.
    """
    strokes: list[Stroke] = []
    signs: list[Spot] = []
    every = 1 if len(outcomes) <= FULLY_SHOWN else 3
    for outcome in outcomes:
        if outcome.is_marking and outcome.moved:
            strokes.extend(_path_of(outcome.name, before, Look.BEFORE))
            strokes.extend(_path_of(outcome.name, after, Look.AFTER))
        snap = outcome.snap
        signs.extend(spots(Sign.PAINT, snap.ticks[snap.agree][::every]))
        signs.extend(spots(Sign.STRAY, snap.ticks[~snap.agree]))
    return Sketch(tuple(strokes), tuple(signs))


def _path_of(name: str, resolved: Resolved | None, look: Look) -> tuple[Stroke, ...]:
    curve = resolved.curves.get(name) if resolved is not None else None
    return (Stroke(look, Polyline(curve.path)),) if curve is not None and len(curve.path) >= 2 else ()
