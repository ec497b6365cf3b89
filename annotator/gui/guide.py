"""What to draw next: the most useful marking is proposed when one is finished, and circles that need no clicks.

The guide acts only while the marking tool is in the hand. A proposal is the active marking, nothing more: clicks draw
it, Tab takes another, Escape leaves, and whatever a person chooses takes its place.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from annotator.gui.background import Lane, Progress, ShouldStop
from annotator.gui.guide_ranking import LINE_CLICKS, deviation, is_unsure, offer_of, proposals
from annotator.gui.guide_words import offer_text, proposal_text, start_text
from annotator.gui.plain_names import plain
from annotator.gui.session import Session
from annotator.gui.view_state import NOTHING_SELECTED
from annotator.labels import Instance
from annotator.pitch import MARKINGS
from annotator.proposals import CircleOffer, Proposal, take_circle
from annotator.readiness import is_checked

_PROPOSING, _FINISHING = "guide/proposing", "guide/finishing"


class Guide(QObject):
    """Proposes the next marking, finishes lines after two clicks, and takes circles as the camera has them."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.proposing = True
        self.finishing = True
        self.proposal: Proposal | None = None
        self.offer: CircleOffer | None = None
        self.at_end = False
        self.has_issues: Callable[[], bool] = lambda: False
        self._in_hand = False
        self._skipped: set[str] = set()
        self._counts: dict[str, int] = {}
        self._lane = Lane("guide", self)
        self._warm = QTimer(self, singleShot=True, interval=400)
        self._warm.timeout.connect(self._prepare)
        session.frame_changed.connect(self._on_frame)
        session.active_changed.connect(self._on_active)
        session.resolved_changed.connect(self._on_resolved)
        session.project_changed.connect(self._warm.start)

    def restore(self, settings: QSettings) -> None:
        """Begin as the last time ended."""
        self.proposing = bool(settings.value(_PROPOSING, True, bool))
        self.finishing = bool(settings.value(_FINISHING, True, bool))

    def store(self, settings: QSettings) -> None:
        """Remember this for the next time."""
        settings.setValue(_PROPOSING, self.proposing)
        settings.setValue(_FINISHING, self.finishing)

    def close(self) -> None:
        """Wait for the thread to end."""
        self._warm.stop()
        self._lane.close()

    def _prepare(self) -> None:
        """The usual views take half a second once: not when somebody waits for them."""
        if self._session.project is None:
            return

        def work(progress: Progress, should_stop: ShouldStop) -> None:
            from annotator.prior_views import prior_views

            prior_views()

        self._lane.ask(work, then=lambda found: None, failed=lambda error: None)

    # What a person asks for

    def toggle_proposing(self) -> None:
        """Propose from now on, or no longer."""
        self.proposing = not self.proposing
        if not self.proposing:
            self._drop()
            self._session.say(self.tr("Nothing is proposed any more"))
        elif self._in_hand and self._session.active_marking is None:
            self.propose()
        self.changed.emit()

    def toggle_finishing(self) -> None:
        """Two clicks finish a line from now on, or no longer."""
        self.finishing = not self.finishing
        if self.finishing:
            self._session.say(self.tr("Two clicks finish a line"))
        else:
            self._session.say(self.tr("A line takes as many clicks as you like; Enter finishes it"))
        self.changed.emit()

    def take_up(self) -> None:
        """The marking tool came into the hand: where something is drawn already, the next marking is proposed."""
        self._in_hand = True
        if self.proposing and self._session.active_marking is None and self._said.markings:
            self.propose()
        else:
            # A circle that was chosen with another tool in the hand may be there to be taken.
            self._look()
            self.changed.emit()

    def put_down(self) -> None:
        """Another tool came into the hand: a proposal is no longer active."""
        self._in_hand = False
        self._drop()

    def propose(self) -> None:
        """Make the most useful marking the active one, or say that nothing would help much."""
        found = self._found()
        fresh = [one for one in found if one.marking not in self._skipped]
        self._take(next(iter(fresh or found), None))

    def step(self, by: int) -> None:
        """The next (+1) or the previous (-1) proposal in the place of this one."""
        found = self._found()
        names = [one.marking for one in found]
        active = self._session.active_marking
        if not found:
            self._take(None)
        elif active in names:
            if not self._clicks(str(active)):
                self._skipped.add(str(active))
            self._take(found[(names.index(str(active)) + by) % len(found)])
        else:
            self._take(found[0 if by > 0 else -1])

    def leave(self) -> None:
        """No marking is active, and none is proposed until somebody asks or draws."""
        self._take(None)
        self.at_end = False
        self.changed.emit()

    def take_offer(self) -> bool:
        """Take the offered circle as the camera has it, as one step to undo; False where none is offered."""
        offer, session = self.offer, self._session
        if offer is None or self._clicks(offer.marking):
            return False
        text = self.tr("Take {name}").format(name=plain(offer.marking))
        session.edit(take_circle(session.labels, offer), text=text)
        session.say(self.tr("{name} taken as the camera has it").format(name=plain(offer.marking)))
        self._go_on()
        return True

    # What happens

    def clicked(self, name: str, before: int) -> None:
        """A click was dropped on a marking that had ``before`` of them: the second one finishes a line."""
        straight = name in MARKINGS and not MARKINGS[name].is_round
        if self.finishing and straight and before == 1 and self._clicks(name) == LINE_CLICKS:
            self._go_on()

    def finish(self) -> None:
        """Enter or a double click on the active marking: go on where it is drawn, else leave it."""
        name = self._session.active_marking
        resolved = self._session.resolved
        curve = None if resolved is None or name is None else resolved.curves.get(name)
        if curve is not None and not curve.reason:
            self._go_on()
        else:
            self.leave()

    def _go_on(self) -> None:
        session = self._session
        session.select(NOTHING_SELECTED)
        if self.proposing:
            self.propose()
        else:
            self.leave()

    def _take(self, proposal: Proposal | None) -> None:
        """Make this the proposal and its marking the active one."""
        self.proposal = proposal
        self.at_end = proposal is None
        session = self._session
        session.activate(keypoint=session.active_keypoint, marking=None if proposal is None else proposal.marking)
        if session.selection.marking is not None:
            session.select(NOTHING_SELECTED)
        self._look()
        self.changed.emit()

    def _drop(self) -> None:
        """Forget the proposal; a marking that was only proposed is no longer active."""
        proposed, self.proposal, self.at_end = self.proposal, None, False
        session = self._session
        if proposed is not None and session.active_marking == proposed.marking:
            session.activate(keypoint=session.active_keypoint, marking=None)
        self._look()
        self.changed.emit()

    def _on_frame(self) -> None:
        self._skipped.clear()
        self._counts = self._counted()
        self._drop()
        if self._in_hand and self.proposing and self._session.active_marking is None and self._said.markings:
            self.propose()

    def _on_active(self) -> None:
        """What a person chose is no proposal."""
        if self.proposal is not None and self._session.active_marking != self.proposal.marking:
            self.proposal = None
        self.at_end = self.at_end and self._session.active_marking is None
        self._look()
        self.changed.emit()

    def _on_resolved(self) -> None:
        session = self._session
        if session.in_gesture:
            return
        before, self._counts = self._counts, self._counted()
        if not self._in_hand or session.resolved is None:
            return
        undone = [name for name, count in before.items() if count == LINE_CLICKS and self._counts.get(name) == 1]
        active = session.active_marking
        if undone and (active is None or not self._clicks(active)) and not MARKINGS[undone[0]].is_round:
            self._reopen(undone[0])
        elif self.proposal is not None:
            found = {one.marking: one for one in self._found()}
            self.proposal = found.get(self.proposal.marking, self.proposal)
        elif self.at_end:
            self.at_end = not self._found()
        self._look()
        self.changed.emit()

    def _reopen(self, name: str) -> None:
        """A line that lost its second click is drawn on."""
        self.proposal, self.at_end = None, False
        self._session.activate(keypoint=self._session.active_keypoint, marking=name)

    def _look(self) -> None:
        """Whether the active marking is a circle that can be taken as it is."""
        name = self._session.active_marking
        self.offer = offer_of(name, self._said, self._session.resolved) if self._in_hand else None

    # What is known

    @property
    def text(self) -> str:
        """What is drawn next and why, in a sentence; "" while there is nothing to say."""
        if not self._in_hand or self._session.frame_id is None:
            return ""
        active = self._session.active_marking
        if self.proposal is not None and active == self.proposal.marking:
            resolved = self._session.resolved
            if self.offer is not None and resolved is not None:
                return offer_text(self.offer.marking, deviation=deviation(self.offer, resolved))
            return proposal_text(self.proposal, unsure=is_unsure(self.proposal, self._session.size[0]))
        if active is None and self.at_end and self.has_issues():
            return self.tr("Nothing more would help much, but something does not fit: see Checks")
        if active is None and self.at_end:
            if not is_checked(self._said):
                return self.tr("Placed, not checked yet: S draws the lines to the paint")
            return self.tr("Nothing more would help much. Space accepts the frame")
        if active is None and self.proposing and not self._said.markings:
            return start_text()
        return ""

    @property
    def queue(self) -> tuple[Proposal, ...]:
        """What would be proposed now, the best first."""
        return self._found()

    @property
    def _said(self) -> Instance:
        return self._session.labels.pitch

    def _clicks(self, name: str) -> int:
        return len(self._said.markings.get(name, ()))

    def _counted(self) -> dict[str, int]:
        return {name: len(points) for name, points in self._said.markings.items()}

    def _found(self) -> tuple[Proposal, ...]:
        return proposals(self._said, self._session.resolved)
