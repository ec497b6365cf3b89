"""A field for a number that knows who said it: a person, a network whose word was taken over, or a network alone.

What a network says stands in it in italics, with its mark and the word, and is nobody's yet: Enter takes it, typing
overwrites it. A number that is not allowed stays as it was typed, and beside it what is allowed.
"""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QStyle, QWidget

from annotator.gui.glyphs import Glyph
from annotator.gui.panels.points_model import chip
from annotator.network_numbers import as_allowed, as_text, is_whole
from annotator.scheme import Attribute

_CHARACTERS = frozenset("0123456789+-.,eE")
_ARROWS = 28
"""Pixels of the arrows behind a number and the frame."""
_GAPS = 12
"""Pixels that a line of text keeps free around the mark in it and at its ends."""


class NumberField(QAbstractSpinBox):
    """One number that a scheme asks; it keeps none itself and reports what a person does."""

    said = Signal(float)
    taken = Signal(float)
    cleared = Signal()
    left = Signal()
    refused = Signal(str)

    def __init__(self, attribute: Attribute, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attribute = attribute
        self._value: float | None = None
        self._about: Hashable = None
        self.predicted: float | None = None
        self.why = ""
        self._mark = QAction(self)
        self.lineEdit().addAction(self._mark, self.lineEdit().ActionPosition.LeadingPosition)
        self.lineEdit().textEdited.connect(self._on_typed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def shows_prediction(self) -> bool:
        """Whether what stands in it is a network's word alone, and is to be seen."""
        return self.predicted is not None and not self.text() and self.isVisible()

    def show_number(self, value: float | None, predicted: float | None, *, accepted: bool, about: Hashable) -> None:
        """Show what is said of it, else what a network says; ``about`` is what it is asked of.

        What is being typed, and what was refused, stays while it is asked of the same.
        """
        fresh, self._about = about != self._about, about
        self.predicted = predicted if value is None else None
        text = "" if value is None else as_text(value)
        changed, self._value = value != self._value, value
        if fresh or changed or not self._is_open:
            self.lineEdit().setText(text)
            self._refuse("")
        self._show_source(accepted=accepted)

    def _show_source(self, *, accepted: bool) -> None:
        if self._value is not None:
            glyph: Glyph | None = Glyph.ACCEPTED if accepted else Glyph.PLACED
        else:
            glyph = None if self.predicted is None else Glyph.PREDICTED
        if glyph is not None:
            self._mark.setIcon(chip(glyph))
            self._mark.setToolTip(self._whose(glyph))
        self._lean()
        self.setAccessibleDescription("" if glyph is None else self._whose(glyph))

    def _whose(self, glyph: Glyph) -> str:
        if glyph is Glyph.PREDICTED:
            return self.tr("Predicted: nobody said it yet. Enter takes it, typing overwrites it")
        if glyph is Glyph.ACCEPTED:
            return self.tr("Taken over from the network")
        return self.tr("Said by a person or a file")

    def _lean(self) -> None:
        """Italics while a network's word stands in it; what is being typed has no mark yet."""
        is_predicted = self.predicted is not None and not self.text()
        font = self.font()
        font.setItalic(is_predicted)
        self.lineEdit().setFont(font)
        self._put_word()
        self._mark.setVisible(is_predicted or (self._value is not None and not self._is_open))

    def _put_word(self) -> None:
        """Say beside the number that it is predicted, where there is room; else as on the picture, never cut."""
        words: tuple[str, ...] = ("",)
        if self.predicted is not None:
            number = as_text(self.predicted)
            words = self.tr("{value} predicted").format(value=number), f"{number}?", number
        room, measure = self.lineEdit().width() - self._mark_width(), self.lineEdit().fontMetrics()
        word = next((one for one in words if measure.horizontalAdvance(one) <= room), words[-1])
        if word != self.lineEdit().placeholderText():
            self.lineEdit().setPlaceholderText(word)

    def _mark_width(self) -> int:
        """Pixels of a line of text that the mark before it takes, with the gaps around it and at the end."""
        return self.style().pixelMetric(QStyle.PixelMetric.PM_SmallIconSize) * 5 // 4 + _GAPS

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The word is there as far as there is room for it."""
        super().resizeEvent(event)
        self._put_word()

    # What a person does

    @property
    def _is_open(self) -> bool:
        """Whether what stands in it is another number than is said: being typed, or refused."""
        return self.text() != ("" if self._value is None else as_text(self._value))

    def _on_typed(self) -> None:
        self._lean()
        self._refuse(self._why_not() if self._is_hopeless() else "")

    def _read(self) -> float | None:
        """The number that stands in it, None where it is none."""
        try:
            return float(self.text().replace(",", "."))
        except ValueError:
            return None

    def _why_not(self) -> str:
        """What is allowed, where the text is not."""
        one, value = self._attribute, self._read()
        if not self.text():
            return ""
        if value is not None:
            try:
                one.checked(value)
                return ""
            except ValueError:
                pass
        if one.range is not None and (value is None or not one.range[0] <= value <= one.range[1]):
            low, high = map(as_text, one.range)
            return self.tr("{low} to {high}").format(low=low, high=high)
        if one.step is None:
            return self.tr("A number")
        whole, steps = self.tr("Whole numbers"), self.tr("In steps of {step}").format(step=as_text(one.step))
        return whole if is_whole(one) and one.step == 1.0 else steps

    def _is_hopeless(self) -> bool:
        """Whether no further figure makes what is being typed a number that is allowed."""
        value, limits = self._read(), self._attribute.range
        return value is not None and limits is not None and not min(limits[0], 0.0) <= value <= max(limits[1], 0.0)

    def _refuse(self, why: str) -> None:
        if why != self.why:
            self.why = why
            self.refused.emit(why)

    def commit(self) -> bool:
        """Say what was typed; whether that was allowed."""
        if not self._is_open:
            return True
        value = self._read()
        self._refuse(self._why_not())
        if self.why:
            return False
        if not self.text():
            self.cleared.emit()
        elif value is not None:
            self.said.emit(value)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter says what stands there, a prediction, too; Escape takes back what was typed."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            if self.predicted is not None and not self.text():
                self.taken.emit(self.predicted)
                self.left.emit()
            elif self.commit():
                self.left.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            event.accept()
            self.lineEdit().setText("" if self._value is None else as_text(self._value))
            self._refuse("")
            self._lean()
            self.left.emit()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed is said; a prediction is not."""
        super().focusOutEvent(event)
        self.commit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel changes a number only where a person is at work on it."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def minimumSizeHint(self) -> QSize:
        """Room for the longest number with the word behind it, its mark and the arrows."""
        longest = max(map(as_text, self._attribute.range or (-99999.0,)), key=len)
        font = self.font()
        font.setItalic(True)
        # Whichever digits: one may be wider than another.
        longest = "".join("0" if one.isdigit() else one for one in longest)
        words = QFontMetrics(font).horizontalAdvance(self.tr("{value} predicted").format(value=longest))
        plain = super().minimumSizeHint()
        return QSize(max(plain.width(), words + self._mark_width() + _ARROWS), plain.height())

    def sizeHint(self) -> QSize:
        """As wide as it has to be at least."""
        return super().sizeHint().expandedTo(self.minimumSizeHint())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Only what may belong to a number can be typed; whether it is one is looked at later."""
        good = set(text) <= _CHARACTERS
        return (QValidator.State.Acceptable if good else QValidator.State.Invalid), text, position

    def stepBy(self, steps: int) -> None:
        """Say the number so many steps on, from the one that stands there."""
        one = self._attribute
        at = self._read() if self.text() else self.predicted
        if at is None:
            start = (one.range[0] if one.range is not None else 0.0) if steps > 0 else self._highest()
            found = as_allowed(one, start)
        else:
            found = as_allowed(one, at + steps * self._step())
        if found is not None and found != self._value:
            self.lineEdit().setText(as_text(found))
            self._refuse("")
            self.said.emit(found)

    def _step(self) -> float:
        one = self._attribute
        if one.step is not None:
            return one.step
        return 1.0 if one.range is None else (one.range[1] - one.range[0]) / 100.0 or 1.0

    def _highest(self) -> float:
        return 0.0 if self._attribute.range is None else self._attribute.range[1]

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Up and down as far as it is allowed."""
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        at, limits = self._read(), self._attribute.range
        if not self.isEnabled():
            return flags
        if limits is None or at is None or at < limits[1]:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if limits is None or at is None or at > limits[0]:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return flags
