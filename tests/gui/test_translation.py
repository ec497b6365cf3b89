"""Everything shown goes through Qt's translation: under a pseudo-translation nothing plain is left to be seen."""

from __future__ import annotations

import ast
import re
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QTableView,
    QTreeView,
    QWidget,
)
from windows import open_folder

from annotator.box_offers import BoxOffer, Category
from annotator.export import ExportKind, ExportReport, LeftOut
from annotator.gui import language
from annotator.gui.dialogs.about import AboutDialog
from annotator.gui.dialogs.boxes_preview import BoxesPreview
from annotator.gui.dialogs.detect import DetectDialog
from annotator.gui.dialogs.export import ExportDialog, export_report
from annotator.gui.dialogs.keys import KeysDialog
from annotator.gui.dialogs.preferences import PreferencesDialog
from annotator.gui.palette import Palette
from annotator.gui.popups import reasons

pytest_plugins = ("window_fixtures",)

ROOT = Path(__file__).resolve().parents[2]
# Names of programs, formats and scales, and what is no word at all.
NAMES = re.compile(
    r"\b(?:Touchline|CVAT|SLEAP|SoccerNet|COCO|YOLO|DeepLabCut|JSON|PDF|English|Magma|Viridis|Cividis|Turbo|Inferno|Gray"
    r"|Qt|Python|CPU|GPU|k1|px|Conf)\b"
)
# Sentences of the part without Qt, which has no translation yet.
UNSPOKEN = ("Nothing is drawn or placed yet.",)
WORD = re.compile(r"[^\W\d_]{3,}")


class Pseudo(QTranslator):
    """Puts every text into «these»."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context, source, disambiguation=None, n=-1) -> str:
        return f"«{source}»"


@pytest.fixture
def pseudo(qapp):
    translator = Pseudo()
    qapp.installTranslator(translator)
    yield translator
    # A translator written in Python must not be asked by a thread while it is taken away.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(1.0)
    qapp.removeTranslator(translator)


def plain(text: str) -> str:
    """What is left of a text without what was translated, names, keys and numbers."""
    text = text.replace("&", "").split("\t")[0]
    while "«" in text:
        shorter = re.sub(r"«[^«»]*»", " ", text)
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"\([^()]*\)|\S*[/\\.+]\S*|\S+_\S+", " ", text)
    words = WORD.findall(NAMES.sub(" ", text))
    return " ".join(words)


def texts(root: QWidget):
    """Every text that a widget and what is in it shows or says, with where it stands."""
    for widget in (root, *root.findChildren(QWidget)):
        where = f"{type(widget).__name__}#{widget.objectName()}"
        yield where, widget.toolTip()
        yield where, widget.accessibleName()
        yield where, widget.accessibleDescription()
        yield where, widget.whatsThis()
        if isinstance(widget, (QLabel, QAbstractButton)):
            yield where, widget.text()
        if isinstance(widget, QLineEdit):
            yield where, widget.placeholderText()
        if isinstance(widget, (QDockWidget,)):
            yield where, widget.windowTitle()
        if isinstance(widget, (QMenu, QGroupBox)):
            yield where, widget.title()
        if isinstance(widget, QComboBox):
            yield from ((where, widget.itemText(row)) for row in range(widget.count()))
        if isinstance(widget, QTabBar):
            yield from ((where, widget.tabText(tab)) for tab in range(widget.count()))
        if isinstance(widget, (QTableView, QTreeView)) and widget.model() is not None:
            model, across = widget.model(), Qt.Orientation.Horizontal
            yield from ((where, str(model.headerData(n, across) or "")) for n in range(model.columnCount()))
    for action in root.findChildren(QAction):
        where = f"action {action.objectName()}"
        yield from ((where, text) for text in (action.text(), action.toolTip(), action.statusTip()))


def untranslated(root: QWidget, allowed: tuple[str, ...] = ()) -> list[str]:
    found = [(where, text) for where, text in texts(root) if text and plain(text)]
    return sorted({f"{where}: {text!r}" for where, text in found if not any(part in text for part in allowed)})


@pytest.fixture
def translated(pseudo, make_window, frames, qtbot):
    window = make_window()
    open_folder(window, frames, qtbot)
    return window


def test_the_window_its_menus_and_its_panels_speak_the_persons_language(translated):
    for menu in translated.menuBar().findChildren(QMenu):
        menu.aboutToShow.emit()
    assert untranslated(translated, allowed=("frame_0", "frames", *UNSPOKEN)) == []


def test_the_window_without_a_project_does_too(pseudo, make_window):
    assert untranslated(make_window(), allowed=UNSPOKEN) == []


@pytest.mark.parametrize("name", ["keys", "palette", "preferences", "about", "export", "report", "detect", "boxes"])
def test_the_dialogs_do_too(translated, qtbot, tmp_path, settings, name):
    report = ExportReport(ExportKind.COCO, tmp_path, 3, (LeftOut("frame_001.png", "damaged"),))
    make = {
        "keys": lambda: KeysDialog(translated.actions_, translated),
        "palette": lambda: Palette(translated.actions_, translated),
        "preferences": lambda: PreferencesDialog(translated.actions_, settings, translated),
        "about": lambda: AboutDialog("", translated),
        "export": lambda: ExportDialog(translated.session, str(tmp_path), translated),
        "report": lambda: export_report(report, translated),
        "detect": lambda: DetectDialog(translated, lambda choice, ids: None),
        "boxes": lambda: BoxesPreview(BoxOffer(tmp_path, (Category(7, "", 3),), images=2, strangers=1), translated),
    }
    dialog = make[name]()
    qtbot.addWidget(dialog)
    allowed = (str(tmp_path), "Français", "Deutsch")
    assert plain(dialog.windowTitle()) == ""
    assert untranslated(dialog, allowed) == []


def test_what_is_said_in_passing_does_too(translated, qtbot, tmp_path):
    assert [plain(reason) for reason in reasons()] == [""] * len(reasons())
    translated.dialogs.tell_export(ExportReport(ExportKind.COCO, tmp_path, 3, (LeftOut("a", "b"),)))
    translated.arrivals.bring([tmp_path / "away"])
    qtbot.waitUntil(lambda: len(translated.message.toasts) == 2)
    assert untranslated(translated.message, allowed=(str(tmp_path), tmp_path.name)) == []


def test_the_walk_finds_what_is_not_translated(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    QLabel("Plain words", holder)
    QLabel("«Good» 12.5 px", holder)
    assert untranslated(holder) == ["QLabel#: 'Plain words'"]


# Languages


def compiled(tmp_path, code: str, texts: dict[tuple[str, str], str]):
    """A translation made the way translators make one."""
    import subprocess

    import PySide6

    lrelease = Path(PySide6.__file__).parent / "lrelease"
    if not lrelease.exists():
        pytest.skip("PySide6 came without lrelease")
    messages = "".join(
        f"<context><name>{context}</name><message><source>{source}</source>"
        f"<translation>{meaning}</translation></message></context>"
        for (context, source), meaning in texts.items()
    )
    source = tmp_path / f"touchline_{code}.ts"
    source.write_text(
        f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="{code}">{messages}</TS>',
        encoding="utf-8",
    )
    target = tmp_path / f"touchline_{code}.qm"
    subprocess.run([str(lrelease), str(source), "-qm", str(target)], check=True, capture_output=True)
    return target


def test_a_translation_beside_the_program_is_offered_and_spoken(qapp, tmp_path, settings):
    compiled(tmp_path, "de", {("Commands", "Next frame"): "Nächstes Bild"})
    assert language.languages(tmp_path) == {"en": "English", "de": "Deutsch"}
    language.choose(settings, "de")
    installed = language.install(qapp, settings, tmp_path)
    try:
        assert installed
        assert QCoreApplication.translate("Commands", "Next frame") == "Nächstes Bild"
    finally:
        for translator in installed:
            qapp.removeTranslator(translator)


def test_english_and_an_unknown_language_need_no_translation(qapp, tmp_path, settings):
    language.choose(settings, "en")
    assert language.install(qapp, settings, tmp_path) == []
    language.choose(settings, "xx")
    assert language.install(qapp, settings, tmp_path) == []


def test_every_text_is_found_by_the_tool_that_collects_them():
    """``lupdate`` reads sources: it knows ``self.tr`` and ``translate`` with a context, and no other name for them."""
    wrong = []
    for path in sorted((ROOT / "annotator" / "gui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            bare = isinstance(called, ast.Name) and called.id == "tr"
            foreign = isinstance(called, ast.Attribute) and called.attr == "tr" and ast.unparse(called.value) != "self"
            if bare or foreign:
                wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []
