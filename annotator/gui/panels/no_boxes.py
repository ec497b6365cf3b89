"""What the list of things says while a frame has none: how boxes get there."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from annotator.gui.actions import Actions
from annotator.gui.panels.action_button import ActionButton
from annotator.gui.session import Session

DRAW, FIND = "tool.box", "predict.boxesHere"


class NoBoxes(QWidget):
    """Says that nothing is labelled or seen yet, and offers to draw a box or to find some."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._actions = session, actions
        self.label = QLabel(wordWrap=True)
        self.label.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        self.buttons = [ActionButton(actions[command_id]) for command_id in (DRAW, FIND)]
        row = QHBoxLayout()
        for button in self.buttons:
            button.setObjectName("small")
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
        actions.keys_changed.connect(self._say)
        session.forecaster.state_changed.connect(self.refresh)
        self._say()
        self.hide()

    def refresh(self) -> None:
        """Be there while it is of use: a network may need no boxes."""
        session = self._session
        finds_all = session.forecaster.network_id is not None and not session.forecaster.takes_boxes
        there = session.people.is_many and session.frame_id is not None and not session.people.things
        self.setVisible(there and not finds_all and not session.is_blind)

    def _say(self) -> None:
        draw, find = (self._actions.key_text(command_id) for command_id in (DRAW, FIND))
        text = self.tr("No boxes yet: draw one ({draw}), or find them with a detector ({find}).")
        self.label.setText(text.format(draw=draw, find=find))
