"""When the loupe is shown: one setting with one wording, wherever it can be chosen."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QWidget

from annotator.gui.session import Session
from annotator.gui.view_settings import LoupeWhen


class LoupeChoice(QComboBox):
    """While placing, always or never; every box of this kind says the same."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        texts = {
            LoupeWhen.PLACING: self.tr("While placing"),
            LoupeWhen.ALWAYS: self.tr("Always"),
            LoupeWhen.NEVER: self.tr("Never"),
        }
        for when, text in texts.items():
            self.addItem(text, when)
        self.setAccessibleName(self.tr("Loupe"))
        self.say_key("")
        self.activated.connect(self._choose)
        session.settings_changed.connect(self._follow)
        self._follow()

    def say_key(self, key: str) -> None:
        """Name the key that changes it in the tip; "" where there is none."""
        named = self.tr("Loupe") + (f" ({key})" if key else "")
        self.setToolTip(self.tr("{loupe}: when the pixels under the pointer are shown large").format(loupe=named))

    def _choose(self, index: int) -> None:
        self._session.set_settings(replace(self._session.settings, loupe=self.itemData(index)))

    def _follow(self) -> None:
        self.setCurrentIndex(self.findData(self._session.settings.loupe))
