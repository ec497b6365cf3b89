"""How the chrome looks: two palettes, one accent, a short style sheet and the icons. Data has its own colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPalette, QPixmapCache
from PySide6.QtWidgets import QApplication

from annotator.gui.svg_engine import SvgEngine

ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"
_SYSTEM_FONT = "touchlineSystemFont"
TEXT_SIZES = (90, 100, 115, 130, 150)
"""Sizes of text to choose from, in % of the system's."""


class Scheme(Enum):
    """Which palette a person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Tokens:
    """The colours of one palette, and the icon of a tick on its accent."""

    window: str
    base: str
    raised: str
    text: str
    muted: str
    border: str
    accent: str
    on_accent: str
    soft: str
    hover: str
    warning: str
    warning_soft: str
    tick: str


LIGHT = Tokens(
    window="#f3f4f3",
    base="#ffffff",
    raised="#fafbfa",
    text="#1d2321",
    muted="#626b67",
    border="#d9dddb",
    accent="#167a57",
    on_accent="#ffffff",
    soft="#d8ede4",
    hover="#e7ebe9",
    warning="#a8480c",
    warning_soft="#fbeadf",
    tick="tick",
)
DARK = Tokens(
    window="#202423",
    base="#191c1b",
    raised="#262b29",
    text="#e4e8e6",
    muted="#97a09c",
    border="#353c39",
    accent="#45bb8c",
    on_accent="#0c1a14",
    soft="#244237",
    hover="#2e3532",
    warning="#f0a070",
    warning_soft="#40291c",
    tick="tick-dark",
)


def tokens() -> Tokens:
    """The colours of the palette in use."""
    return DARK if QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def tabular(font: QFont) -> QFont:
    """The font with digits of one width, so that numbers in a column or a status bar do not dance."""
    fixed = QFont(font)
    fixed.setFeature(QFont.Tag("tnum"), 1)
    return fixed


def palette_of(colours: Tokens) -> QPalette:
    """The Qt palette made of these colours."""
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.window,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.base,
        QPalette.ColorRole.AlternateBase: colours.raised,
        QPalette.ColorRole.ToolTipBase: colours.raised,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.Button: colours.window,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.warning,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.Light: colours.raised,
        QPalette.ColorRole.Midlight: colours.hover,
        QPalette.ColorRole.Mid: colours.border,
        QPalette.ColorRole.Dark: colours.muted,
        QPalette.ColorRole.Shadow: "#000000",
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    faded = QColor(colours.muted)
    # Still 3:1 on every ground that text stands on (WCAG 2.2, 1.4.3 asks nothing of what is disabled; reading does).
    faded.setAlpha(200)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faded)
    return palette


def apply(app: QApplication, scheme: Scheme, text_size: int = 100) -> None:
    """Dress the program in the palette that the person, or else the system, asks for, with text of this size in %."""
    system = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    dark = system if scheme is Scheme.SYSTEM else scheme is Scheme.DARK
    colours = DARK if dark else LIGHT
    QPixmapCache.clear()
    icon.cache_clear()
    font = _system_font(app)
    font.setPointSizeF(font.pointSizeF() * text_size / 100.0)
    if font != app.font():
        app.setFont(font)
    app.setPalette(palette_of(colours))
    app.setStyleSheet(style_sheet(colours, font.pointSizeF()))


def _system_font(app: QApplication) -> QFont:
    """The font as the system has it, before it was made larger or smaller here."""
    known = app.property(_SYSTEM_FONT)
    if not isinstance(known, QFont):
        known = QFont(app.font())
        app.setProperty(_SYSTEM_FONT, known)
    return QFont(known)


def stored(settings: QSettings) -> Scheme:
    """The palette that the person chose."""
    name = str(settings.value("theme", Scheme.SYSTEM.value))
    return next((scheme for scheme in Scheme if scheme.value == name), Scheme.SYSTEM)


def stored_text_size(settings: QSettings) -> int:
    """The text size that the person chose, in %."""
    try:
        size = int(str(settings.value("text_size", 100)))
    except ValueError:
        return 100
    return size if size in TEXT_SIZES else 100


def scheme_text(scheme: Scheme) -> str:
    """The palette in words."""
    texts = {
        Scheme.SYSTEM: QCoreApplication.translate("Theme", "As the system"),
        Scheme.LIGHT: QCoreApplication.translate("Theme", "Light"),
        Scheme.DARK: QCoreApplication.translate("Theme", "Dark"),
    }
    return texts[scheme]


def choose(settings: QSettings, scheme: Scheme) -> None:
    """Follow the system, or keep to one palette, from now on."""
    settings.setValue("theme", scheme.value)
    apply_stored(settings)


def choose_text_size(settings: QSettings, size: int) -> None:
    """Write text in this size, in %, from now on."""
    settings.setValue("text_size", size)
    apply_stored(settings)


def apply_stored(settings: QSettings) -> None:
    """Dress the program the way the person chose."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        apply(app, stored(settings), stored_text_size(settings))


def style_sheet(c: Tokens, points: float = 10.0) -> str:
    """What the palette alone does not say, for text of so many points."""
    return f"""
QMainWindow::separator {{ background: {c.border}; width: 1px; height: 1px; margin: 0 2px; }}
QMainWindow::separator:hover {{ background: {c.accent}; }}
QMenuBar {{ background: {c.window}; padding: 1px 4px; }}
QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.hover}; }}
QMenu {{ background: {c.raised}; border: 1px solid {c.border}; padding: 4px; }}
QMenu::item {{ padding: 5px 26px 5px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.soft}; color: {c.text}; }}
QMenu::item:disabled {{ color: {c.muted}; }}
QMenu::separator {{ height: 1px; background: {c.border}; margin: 4px 8px; }}
QMenu::icon {{ padding-left: 6px; }}
QToolBar {{ background: {c.window}; border: 0; border-bottom: 1px solid {c.border}; padding: 3px 6px; spacing: 2px; }}
QToolBar::separator {{ background: {c.border}; width: 1px; margin: 5px 6px; }}
QToolButton {{ border: 0; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: {c.hover}; }}
QToolButton:pressed, QToolButton:checked {{ background: {c.soft}; }}
QToolButton#review-accept, QToolButton#review-reject {{ padding: 4px 10px 4px 6px; }}
QToolButton#review-accept {{ background: {c.soft}; font-weight: 600; }}
QToolButton#review-accept:hover {{ background: {c.hover}; }}
QToolButton#review-accept:disabled {{ background: transparent; color: {c.muted}; }}
QToolButton:focus {{ border: 1px solid {c.accent}; padding: 3px; }}
QStatusBar {{ background: {c.window}; border-top: 1px solid {c.border}; }}
QStatusBar::item {{ border: 0; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ background: {c.window}; padding: 6px 8px 4px 10px; text-align: left; }}
QDockWidget > QWidget {{ font-weight: 400; }}
QTabBar {{ font-weight: 600; }}
QTabBar::tab {{ background: transparent; color: {c.muted}; padding: 5px 7px; border: 0;
  border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom-color: {c.accent}; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabWidget::pane {{ border: 0; }}
QLineEdit, QPlainTextEdit, QComboBox, QSpinBox {{ background: {c.base}; border: 1px solid {c.border};
  border-radius: 5px; padding: 4px 7px; selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QSpinBox:focus {{ border-color: {c.accent}; }}
QComboBox::drop-down {{ border: 0; width: 22px; }}
QComboBox::down-arrow {{ image: url({(ICONS / "down.svg").as_posix()}); width: 12px; height: 12px; }}
QAbstractItemView {{ background: {c.base}; border: 1px solid transparent; outline: 0;
  selection-background-color: {c.soft}; selection-color: {c.text}; }}
QListView:focus, QTreeView:focus, QTableView:focus {{ border-color: {c.accent}; }}
QAbstractItemView::item:selected {{ background: {c.soft}; color: {c.text}; }}
QHeaderView::section {{ background: {c.window}; color: {c.muted}; border: 0; border-bottom: 1px solid {c.border};
  padding: 3px 4px; font-weight: 400; }}
QPushButton {{ background: {c.raised}; border: 1px solid {c.border}; border-radius: 5px; padding: 5px 14px; }}
QPushButton:hover {{ background: {c.hover}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton#small {{ padding: 2px 9px; border-radius: 4px; }}
QScrollArea#checks, QWidget#checksHolder {{ background: {c.base}; }}
QFrame#finding {{ border: 0; border-left: 3px solid transparent; border-bottom: 1px solid {c.border}; }}
QFrame#finding:hover {{ background: {c.raised}; }}
QFrame#finding:focus, QFrame#finding[current="true"] {{ background: {c.soft}; border-left-color: {c.accent}; }}
QPushButton:default {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
QPushButton:disabled, QPushButton:default:disabled {{ background: {c.window}; color: {c.muted};
  border: 1px dashed {c.border}; }}
QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QCheckBox {{ spacing: 7px; }}
QCheckBox::indicator {{ width: 13px; height: 13px; background: {c.base}; border: 1px solid {c.muted};
  border-radius: 3px; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {c.accent}; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
  image: url({(ICONS / (c.tick + ".svg")).as_posix()}); }}
QTreeView::item {{ padding: 3px 4px; }}
QProgressBar {{ background: {c.border}; border: 0; border-radius: 2px; max-height: 4px; min-height: 4px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 2px; }}
QSlider::groove:horizontal {{ height: 4px; background: {c.border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {c.accent}; border-radius: 2px; }}
QSlider::sub-page:horizontal:disabled {{ background: {c.border}; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: {c.base};
  border: 1px solid {c.muted}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border-color: {c.accent}; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {c.border}; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px; }}
QScrollBar::handle:hover {{ background: {c.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none; border: 0;
  width: 0; height: 0; }}
QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.border}; padding: 4px 6px; }}
QLabel[role="muted"] {{ color: {c.muted}; }}
QLabel[role="heading"] {{ font-size: {1.2 * points:.1f}pt; font-weight: 600; }}
QLabel[role="title"] {{ font-size: {1.7 * points:.1f}pt; font-weight: 600; }}
QLabel[role="warning"] {{ color: {c.warning}; font-weight: 600; }}
QLabel[role="section"] {{ color: {c.muted}; font-weight: 600; }}
QFrame#messageBar {{ background: {c.warning_soft}; border: 1px solid {c.warning}; border-radius: 6px; }}
QFrame#messageBar QLabel {{ color: {c.text}; }}
QFrame#card {{ background: {c.raised}; border: 1px solid {c.border}; border-radius: 8px; }}
QFrame#tip {{ background: {c.raised}; border: 0; border-top: 1px solid {c.border}; }}
QPushButton#recent {{ text-align: left; border-color: transparent; background: transparent; padding: 4px 8px; }}
QPushButton#recent:hover, QPushButton#recent:focus {{ background: {c.hover}; border-color: {c.accent}; }}
QPushButton[waiting="true"] {{ background: {c.soft}; border-color: {c.accent}; }}
QFrame#focusLine {{ background: transparent; border: 0; }}
QFrame#focusLine[active="true"] {{ background: {c.accent}; }}
QDialog QTreeView, QDialog QListWidget {{ border: 1px solid {c.border}; border-radius: 5px; }}
QDialog QTreeView:focus, QDialog QListWidget:focus {{ border-color: {c.accent}; }}
QFrame#notice {{ background: {c.soft}; border: 1px solid {c.accent}; border-radius: 6px; }}
QWidget#emptyState {{ background: {c.base}; }}
QDialog#palette {{ background: {c.raised}; border: 1px solid {c.border}; }}
QPushButton#opener {{ text-align: left; padding: 12px 18px; font-size: {1.1 * points:.1f}pt; min-width: 280px; }}
QPushButton#segment {{ border-radius: 0; padding: 3px 8px; margin: 0; }}
QPushButton#segment:checked {{ background: {c.soft}; border-color: {c.accent}; color: {c.text}; }}
"""


@cache
def icon(name: str) -> QIcon:
    """The icon of this name in the colours of the palette in use."""
    colours = tokens()
    source = (ICONS / f"{name}.svg").read_bytes()
    return QIcon(SvgEngine(source, {QIcon.Mode.Normal: colours.text, QIcon.Mode.Disabled: colours.border}))
