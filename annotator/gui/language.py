"""The language of the program: that of the system or a chosen one, as far as there is a translation."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QSettings, QTranslator

TRANSLATIONS = Path(__file__).resolve().parents[2] / "resources" / "translations"
SYSTEM, ENGLISH = "system", "en"
_PREFIX = "touchline_"


def languages(folder: Path = TRANSLATIONS) -> dict[str, str]:
    """The languages there are, by code, each in its own words; English is built in."""
    codes = [ENGLISH, *(path.stem.removeprefix(_PREFIX) for path in sorted(folder.glob(f"{_PREFIX}*.qm")))]
    return {code: _own_name(code) for code in codes}


def _own_name(code: str) -> str:
    if code == ENGLISH:
        return "English"  # Qt would say American English.
    name = QLocale(code).nativeLanguageName()
    return (name[:1].upper() + name[1:]) if name else code


def stored(settings: QSettings) -> str:
    """The language that the person chose; the system's at first."""
    return str(settings.value("language", SYSTEM))


def choose(settings: QSettings, code: str) -> None:
    """Speak this language from the next start on."""
    settings.setValue("language", code)


def install(app: QCoreApplication, settings: QSettings, folder: Path = TRANSLATIONS) -> list[QTranslator]:
    """Translate what is shown from now on; the translators that were found, none where English is spoken.

    Qt's own words, as on the buttons of dialogs, come with Qt.
    """
    code = stored(settings)
    locale = QLocale.system() if code == SYSTEM else QLocale(code)
    if code == ENGLISH:
        return []
    found = []
    own, qt = QTranslator(app), QTranslator(app)
    if own.load(locale, _PREFIX.removesuffix("_"), "_", str(folder)):
        found.append(own)
        if qt.load(locale, "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            found.insert(0, qt)
    for translator in found:
        app.installTranslator(translator)
    return found
