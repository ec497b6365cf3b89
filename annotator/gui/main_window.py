"""The window: puts canvas, panels, menus and dialogs together, and leads their signals to each other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.gui import theme, view_memory
from annotator.gui.actions import Actions
from annotator.gui.canvas import Canvas
from annotator.gui.checking import Checker
from annotator.gui.docks import Docks
from annotator.gui.easel import Easel
from annotator.gui.errands import RESOURCES, Errands
from annotator.gui.files import Files
from annotator.gui.forecasting import NetworkFactory, load_network
from annotator.gui.hover_light import HoverLight
from annotator.gui.issue_search import IssueSearch
from annotator.gui.keymap_file import Keyring, keys_path
from annotator.gui.menus.table import CONTEXT, DECISIONS, MENUS, TOOLBAR
from annotator.gui.mnemonics import letter_menu
from annotator.gui.panels.empty_state import EmptyState
from annotator.gui.panels.frames import FramesPanel
from annotator.gui.panels.message_bar import MessageBar
from annotator.gui.panels.status import StatusBar
from annotator.gui.session import Session
from annotator.gui.toolbox import Toolbox


class MainWindow(QMainWindow):
    """The one window of the program."""

    session: Session
    errands: Errands
    files: Files
    canvas: Canvas
    tools: Toolbox
    checker: Checker
    issues: IssueSearch
    docks: Docks
    frames: FramesPanel

    def __init__(
        self,
        settings: QSettings,
        *,
        network_factory: NetworkFactory = load_network,
        resources: Path = RESOURCES,
        data: Path | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Touchline")
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 560)
        self._settings = settings
        self.session = Session(network_factory, self)
        self.errands = Errands(self.session, resources=resources, data=data)
        self.files = Files(self, settings)
        self.canvas = Canvas()
        self.tools = Toolbox(self.session, self.canvas)
        self.easel = Easel(self.session, self.canvas)
        self._hover_light = HoverLight(self.session, self.canvas)
        self.actions_ = Actions(self, Keyring(keys_path(settings), self))
        self.empty = EmptyState(self.actions_)
        self.session.set_settings(view_memory.restored(settings))
        self.tools.restore(settings)
        self._build_centre()
        self.checker = Checker(self.session, self)
        self.issues = IssueSearch(self.session, self.checker, self)
        self.docks = Docks(self, self.session, self.tools, self.checker, settings)
        self.frames = self.docks.frames
        self.status = StatusBar(self.session, self.errands)
        self.setStatusBar(self.status)
        self._build_toolbar()
        self._build_menus()
        self.actions_.attach(self, self.docks.views, self.canvas)
        self._connect()
        self.docks.restore(settings)
        if self.actions_.keyring.notice:
            self.message.warn(self.actions_.keyring.notice)
        self._refresh_icons()
        self.actions_.refresh()

    def _build_centre(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.canvas)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(centre)
        self.message = MessageBar(centre)

    def _build_toolbar(self) -> None:
        bar = QToolBar(self.tr("Toolbar"), movable=False)
        bar.setObjectName("toolbar")
        bar.setIconSize(QSize(20, 20))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.actions_.fill(bar, TOOLBAR)
        room = QWidget()
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(room)
        self.actions_.fill(bar, DECISIONS)
        for command_id in DECISIONS:
            button = bar.widgetForAction(self.actions_[command_id])
            if isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                button.setObjectName(command_id.replace(".", "-"))
        self.addToolBar(bar)

    def _build_menus(self) -> None:
        self._recent = QMenu(self.tr("Open recent"), self)
        self._recent.aboutToShow.connect(self._fill_recent)
        for name, title in MENUS:
            menu = self.menuBar().addMenu(QApplication.translate("Menus", title))
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(partial(letter_menu, menu))
            if name == "window":
                for dock in self.docks.all:
                    if dock is not self.docks.camera_dock:
                        menu.addAction(dock.toggleViewAction())
                menu.addSeparator()
            self.actions_.fill_menu(menu, name)
            if name == "file":
                menu.insertMenu(self.actions_["file.openSample"], self._recent)
            if name == "view":
                menu.addMenu(self._theme_menu())

    def _theme_menu(self) -> QMenu:
        menu = QMenu(self.tr("Theme"), self)
        now = theme.stored(self._settings)
        texts = {
            theme.Scheme.SYSTEM: self.tr("As the system"),
            theme.Scheme.LIGHT: self.tr("Light"),
            theme.Scheme.DARK: self.tr("Dark"),
        }
        choices: list[QAction] = []
        for scheme, text in texts.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(scheme is now)
            action.triggered.connect(lambda checked=False, s=scheme, a=action: self._choose_theme(s, a, choices))
            choices.append(action)
        return menu

    def _choose_theme(self, scheme: theme.Scheme, chosen: QAction, choices: list[QAction]) -> None:
        for action in choices:
            action.setChecked(action is chosen)
        theme.choose(self._settings, scheme)

    def _connect(self) -> None:
        session, canvas = self.session, self.canvas
        for signal in (
            session.project_changed, session.frame_changed, session.selection_changed, session.settings_changed,
            session.stack.indexChanged, session.forecaster.state_changed, self.tools.changed,
            session.forecaster.job.changed, self.errands.job.changed, session.saved, self.checker.changed,
        ):  # fmt: skip
            signal.connect(self.actions_.refresh_soon)
        session.project_changed.connect(self._show_project)
        session.wanted_changed.connect(self._show_title)
        session.failed.connect(self.message.warn)
        self.actions_.keyring.failed.connect(self.message.warn)
        session.frame_changed.connect(self.message.leave_frame)
        session.unreadable.connect(self.message.warn_of_frame)
        session.frame_changed.connect(self.tools.say_hint)
        self.errands.failed.connect(self._on_failed)
        self.errands.done.connect(self.message.tell)
        self.errands.opening.connect(self.empty.show_waiting)
        self.errands.exported.connect(self._show_export)
        self.errands.imported.connect(self._show_import)
        self.errands.counted.connect(self._show_statistics)
        session.forecaster.loaded.connect(self._take_threshold)
        canvas.pointer_moved.connect(self.status.show_pointer)
        canvas.pointer_left.connect(self.status.show_no_pointer)
        canvas.hint_changed.connect(session.say)
        self.checker.pointed_at.connect(canvas.point_out)
        canvas.zoom_changed.connect(self.status.show_zoom)
        canvas.files_dropped.connect(lambda paths: self.files.open([Path(path) for path in paths]))
        canvas.space_tapped.connect(self.actions_.tap)
        canvas.context_requested.connect(self._show_context)
        for view in (self.frames.view, self.docks.points):
            view.space_tapped.connect(self.actions_.tap)

    def _on_failed(self, text: str) -> None:
        self.empty.show_waiting("")
        self.message.warn(text)

    def _show_project(self) -> None:
        self.empty.show_waiting("")
        self.message.hide()
        open_now = self.session.project is not None
        self._stack.setCurrentWidget(self.canvas if open_now else self.empty)
        if open_now:
            self.canvas.setFocus()
        self._show_title()

    def _show_title(self) -> None:
        project, wanted = self.session.project, self.session.wanted
        parts = ["Touchline"]
        if project is not None:
            parts.insert(0, project.path.stem)
            if wanted is not None:
                parts.insert(0, project.row(wanted).name)
        self.setWindowTitle(" \u2013 ".join(parts))

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.files.recent:
            self._recent.addAction(str(path)).triggered.connect(lambda checked=False, p=path: self.files.open([p]))
        if self._recent.isEmpty():
            self._recent.addAction(self.tr("Nothing was opened yet")).setEnabled(False)

    def _show_context(self, found: Any, at: QPoint) -> None:
        keypoint = getattr(found, "keypoint", None)
        if keypoint is not None and keypoint not in self.session.selection.keypoints:
            self.tools.choose_keypoint(keypoint)
        elif getattr(found, "marking", None) is not None:
            self.session.select(self.session.selection.__class__(marking=found.marking, click=found.click))
        self.actions_.refresh()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_.fill(menu, CONTEXT)
        letter_menu(menu)
        menu.popup(at)

    def reject_menu(self) -> None:
        """Ask why the frame is rejected; the digits choose."""
        if not self.session.can_decide:
            return
        reasons = (
            self.tr("Points are in the wrong place"),
            self.tr("Left and right, or near and far, are swapped"),
            self.tr("Lines do not fit"),
            self.tr("No pitch to be seen"),
            self.tr("Replay, graphics or a cut"),
            self.tr("Too blurred"),
            self.tr("Too few points"),
            self.tr("Not sure"),
            self.tr("Another reason"),
        )
        menu = QMenu(self)
        menu.setObjectName("rejectMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Reject this frame because")).setEnabled(False)
        menu.addSeparator()
        for number, reason in enumerate(reasons, start=1):
            action = menu.addAction(f"&{number}  {reason}")
            action.triggered.connect(lambda checked=False, why=reason: self.session.reject(why))
        size = menu.sizeHint()
        middle = self.canvas.viewport().rect().center() - QPoint(size.width() // 2, size.height() // 2)
        menu.popup(self.canvas.viewport().mapToGlobal(middle))

    def show_palette(self) -> None:
        """Open the command palette."""
        from annotator.gui.palette import Palette

        palette = Palette(self.actions_, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open_over(self)

    def show_keys(self) -> None:
        """Open the list of keys."""
        from annotator.gui.dialogs.keys import KeysDialog

        self._open_dialog(KeysDialog(self.actions_, self))

    def show_about(self) -> None:
        """Say what this program is."""
        from annotator.gui.dialogs.about import AboutDialog

        self._open_dialog(AboutDialog(self.session.forecaster.text, self))

    def _show_export(self, report: Any) -> None:
        from annotator.gui.dialogs.export import export_report

        if report is not None:
            self._open_dialog(export_report(report, self))

    def _show_import(self, report: Any) -> None:
        from annotator.gui.dialogs.export import import_report

        self._open_dialog(import_report(report, self))

    def _show_statistics(self, statistics: Any) -> None:
        from annotator.gui.dialogs.statistics import StatisticsDialog

        if statistics is not None:
            self._open_dialog(StatisticsDialog(statistics, self))

    def _open_dialog(self, dialog: Any) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def reset_layout(self) -> None:
        """Put the panels back."""
        self.docks.reset()

    def _take_threshold(self) -> None:
        """A network that is new here brings its own threshold; what a person chose for it afterwards is kept."""
        network, threshold = self.session.forecaster.network_id, self.session.forecaster.threshold
        if threshold is not None and self._settings.value("view/threshold_of") != network:
            self._settings.setValue("view/threshold_of", network)
            self.session.set_settings(replace(self.session.settings, threshold=threshold))

    def changeEvent(self, event: QEvent) -> None:
        """Icons follow the palette."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "docks"):
            QTimer.singleShot(0, self, self._refresh_icons)

    def _refresh_icons(self) -> None:
        self.actions_.refresh_icons()
        self.empty.refresh_icons()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.files.open(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Everything is stored already: remember the layout, hide at once and let the threads end."""
        self.docks.store(self._settings)
        view_memory.store(self._settings, self.session.settings)
        self.hide()
        self.tools.close(self._settings)
        self.issues.close()
        self.checker.close()
        self.errands.close()
        self.session.close()
        super().closeEvent(event)
