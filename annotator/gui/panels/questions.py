"""What a scheme asks beside the points, of the active thing and of the frame, to be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from annotator.gui.panels.number_field import NumberField
from annotator.gui.session import Session
from annotator.instances import clear_attribute, set_attribute
from annotator.labels import FrameLabels
from annotator.network_numbers import accept_number, as_allowed, as_text, is_accepted, said_of
from annotator.scheme import Attribute, AttributeKind, AttributeScope, AttributeValue

__all__ = ["Questions"]


@dataclass(frozen=True, eq=False)
class _Row:
    """Where one attribute is answered: its field, beside it what takes a prediction and what forgets, a line below."""

    field: QWidget
    take: QToolButton
    forget: QToolButton
    note: QLabel


class Questions(QWidget):
    """What the scheme asks of the active thing and of the frame, to be answered here."""

    left = Signal()
    """A person is done with a field."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._rows: dict[str, _Row] = {}
        self._asked: tuple[Attribute, ...] = ()
        self._filling = False
        self._form = QFormLayout(self)
        self._form.setContentsMargins(8, 4, 8, 8)
        # In a narrow panel a field stands under its title.
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        session.people.numbers_on_screen = self.predicted
        session.settings_changed.connect(self.refresh)

    def field(self, name: str) -> QWidget:
        """Where an attribute is answered."""
        return self._rows[name].field

    def note(self, name: str) -> QLabel:
        """The line below it, which says what is allowed."""
        return self._rows[name].note

    def taker(self, name: str) -> QToolButton:
        """What takes over the prediction of an attribute."""
        return self._rows[name].take

    def predicted(self) -> tuple[str, ...]:
        """The names of the numbers that are to be seen here as predicted."""
        self.refresh()
        fields = ((name, row.field) for name, row in self._rows.items())
        return tuple(name for name, one in fields if isinstance(one, NumberField) and one.shows_prediction)

    def ask(self) -> bool:
        """Put the keyboard into the first field without an answer, else the first one; False where nothing is asked."""
        if not self._asked:
            return False
        first = next((one for one in self._asked if self._value(one) is None), self._asked[0])
        field = self._rows[first.name].field
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if isinstance(field, NumberField):
            field.selectAll()
        return True

    def refresh(self) -> None:
        """Ask what the scheme asks, and show what was said."""
        asked = self._session.people.scheme.attributes if self._session.people.is_on else ()
        if asked != self._asked:
            self._asked = asked
            self._build()
        self.setVisible(bool(asked))
        self._filling = True
        for one in asked:
            self._fill(one)
        self._filling = False

    # The form

    def _build(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self._rows.clear()
        for one in self._asked:
            row = self._row_of(one)
            row.field.setObjectName(f"attribute-{one.name}")
            row.field.setAccessibleName(one.title)
            self._rows[one.name] = row
            line = QHBoxLayout()
            for widget, share in ((row.field, 1), (row.take, 0), (row.forget, 0)):
                line.addWidget(widget, share)
            whole = QVBoxLayout()
            whole.setSpacing(2)
            whole.addLayout(line)
            whole.addWidget(row.note)
            about = self.tr("{title} (frame)").format(title=one.title)
            label = QLabel(one.title if one.scope is AttributeScope.INSTANCE else about)
            label.setBuddy(row.field)
            self._form.addRow(label, whole)

    def _row_of(self, one: Attribute) -> _Row:
        note = QLabel()
        note.setProperty("role", "muted")
        note.hide()
        field = self._field_of(one)
        take = self._button("\u2713", self.tr("Take over what stands there"), lambda: self._confirm(one))
        forget = self._button("\u00d7", self.tr("Say nothing of it"), lambda: self._forget(one))
        take.setObjectName(f"take-{one.name}")
        if isinstance(field, NumberField):
            field.said.connect(lambda value: self._say(one, value))
            field.taken.connect(lambda: self._take(one))
            field.cleared.connect(lambda: self._forget(one))
            field.left.connect(self.left)
            field.refused.connect(lambda why: self._refuse(one, why))
        return _Row(field, take, forget, note)

    def _button(self, text: str, tip: str, run: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: run())
        return button

    def _field_of(self, one: Attribute) -> QWidget:
        if one.kind is AttributeKind.NUMBER:
            return NumberField(one)
        if one.kind is AttributeKind.CHOICE:
            choice = QComboBox()
            choice.addItem("", None)
            for word in one.choices:
                choice.addItem(word, word)
            choice.activated.connect(lambda: self._say(one, choice.currentData()))
            return choice
        text = QLineEdit()
        text.editingFinished.connect(lambda: self._say(one, text.text() or None))
        return text

    # What stands in it

    def _value(self, one: Attribute) -> AttributeValue | None:
        return said_of(self._session.labels, one, self._session.people.active)

    def _predicted(self, one: Attribute) -> float | None:
        """What the network says of it, as the scheme allows it, where predictions are to be seen."""
        thing = self._session.people.thing
        if thing is None or not self._session.settings.predictions:
            return None
        return as_allowed(one, thing.suggested.get(one.name))

    def _fill(self, one: Attribute) -> None:
        session, row, value = self._session, self._rows[one.name], self._value(one)
        field, predicted = row.field, self._predicted(one)
        number = session.people.active if one.scope is AttributeScope.INSTANCE else 0
        if isinstance(field, QComboBox):
            field.setCurrentIndex(max(field.findData(value), 0))
        elif isinstance(field, QLineEdit):
            if not field.hasFocus():
                field.setText("" if value is None else str(value))
        elif isinstance(field, NumberField):
            said = None if value is None else float(value)
            taken = is_accepted(session.labels, one, session.people.active)
            field.show_number(said, predicted, accepted=taken, about=(session.frame_id, number))
        is_there = session.frame_id is not None
        field.setEnabled(is_there)
        row.take.setVisible(value is None and predicted is not None)
        row.forget.setVisible(not (value is None and predicted is not None))
        row.forget.setEnabled(is_there and value is not None)
        says = self.tr("The network says {value}").format(value="" if predicted is None else as_text(predicted))
        field.setToolTip("" if predicted is None else says)

    def _refuse(self, one: Attribute, why: str) -> None:
        note = self._rows[one.name].note
        note.setText(why)
        note.setVisible(bool(why))

    # What a person says

    def _base(self, one: Attribute) -> FrameLabels:
        """The labels to answer in: a thing that only a network saw is said first."""
        session = self._session
        return session.people.taken(session.labels) if one.scope is AttributeScope.INSTANCE else session.labels

    def _say(self, one: Attribute, value: AttributeValue | None) -> None:
        session = self._session
        is_known = value == self._value(one) and not is_accepted(session.labels, one, session.people.active)
        if self._filling or is_known:
            return
        if value is None:
            self._forget(one)
            return
        try:
            labels = set_attribute(self._base(one), one, value, instance=session.people.active)
        except ValueError as error:
            session.say(str(error))
            self.refresh()
            return
        session.edit(labels, text=self.tr("Set {title}").format(title=one.title))
        self.refresh()

    def _confirm(self, one: Attribute) -> None:
        """Take what stands in the field: what was typed, else the prediction."""
        field = self._rows[one.name].field
        if isinstance(field, NumberField) and field.text():
            field.commit()
        else:
            self._take(one)

    def _take(self, one: Attribute) -> None:
        session, value = self._session, self._predicted(one)
        if value is None or self._value(one) is not None:
            return
        labels = accept_number(self._base(one), one, value, instance=session.people.active)
        session.edit(labels, text=self.tr("Take over {title}").format(title=one.title))
        self.refresh()

    def _forget(self, one: Attribute) -> None:
        session = self._session
        if self._value(one) is not None:
            labels = clear_attribute(session.labels, one, instance=session.people.active)
            session.edit(labels, text=self.tr("Clear {title}").format(title=one.title))
            self.refresh()
