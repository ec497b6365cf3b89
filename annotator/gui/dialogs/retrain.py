"""Training from the window: the trainings of the project on the left, a new one or the chosen one on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.gui.dialogs.retrain_form import RetrainForm
from annotator.gui.dialogs.retrain_run import RunPage
from annotator.gui.training_words import state_text
from annotator.gui.trainings import Trainings
from annotator.training_runs import TrainingRun

_NAME = Qt.ItemDataRole.UserRole
_FORM, _WORK, _RUN = range(3)


class RetrainDialog(QDialog):
    """Stays beside the window while a training goes on; closing it changes nothing."""

    def __init__(self, trainings: Trainings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Train"))
        self._trainings = trainings
        self._showing = False
        self.form = RetrainForm(trainings)
        self.page = RunPage(trainings)
        self.pages = QStackedWidget()
        for page in (self._form_page(), self._work_page(), self.page):
            self.pages.addWidget(page)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 16, 18, 14)
        row.setSpacing(16)
        row.addLayout(self._left())
        row.addWidget(self.pages, 1)
        self.finished.connect(self._close_lanes)
        self.form.changed.connect(self._show_go)
        trainings.changed.connect(self.refresh)
        trainings.begun.connect(self._on_begun)
        trainings.not_begun.connect(self._on_not_begun)
        self.resize(1000, 620)
        self.refresh()
        self.list.setCurrentRow(0)
        trainings.refresh()

    def _left(self) -> QVBoxLayout:
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Trainings"))
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.currentRowChanged.connect(self._on_row)
        self.networks = QComboBox()
        self.networks.setAccessibleName(self.tr("Network in use"))
        self.networks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.networks.activated.connect(self._on_network)
        label = QLabel(self.tr("Network in use"))
        label.setProperty("role", "section")
        column = QVBoxLayout()
        column.addWidget(self.list, 1)
        column.addWidget(label)
        column.addWidget(self.networks)
        for widget in (self.list, self.networks):
            widget.setFixedWidth(210)
        return column

    def _form_page(self) -> QWidget:
        heading = QLabel(self.tr("Train the network on your frames"))
        heading.setProperty("role", "heading")
        said = self.tr("The training runs in a process of its own: you can go on working, or close the window.")
        about = QLabel(said, wordWrap=True)
        about.setProperty("role", "muted")
        self.failure = QLabel(wordWrap=True)
        self.failure.setProperty("role", "warning")
        self.failure.hide()
        self.go = QPushButton(self.tr("Start training"))
        self.go.setDefault(True)
        self.go.clicked.connect(self._begin)
        close = QPushButton(self.tr("Close"), autoDefault=False)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.go)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (heading, about):
            column.addWidget(widget)
        column.addWidget(self.form, 1)
        column.addWidget(self.failure)
        column.addLayout(buttons)
        return page

    def _work_page(self) -> QWidget:
        self._doing = QLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.stop = QPushButton(self.tr("Stop"), autoDefault=False)
        self.stop.clicked.connect(self._trainings.job.stop)
        page = QWidget()
        column = QVBoxLayout(page)
        column.addStretch(1)
        column.addWidget(self._doing)
        column.addWidget(self.bar)
        column.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignRight)
        column.addStretch(2)
        return page

    # What there is.

    def refresh(self) -> None:
        """Show the trainings as they are now; the chosen one stays chosen."""
        chosen = self.chosen
        self._showing = True
        wanted = [("", self.tr("New training"))]
        wanted += [(one.name, f"{one.settings.title}\n{state_text(one.status)}") for one in self._trainings.seen]
        for row, (name, text) in enumerate(wanted):
            item = self.list.item(row) or QListWidgetItem(self.list)
            item.setData(_NAME, name)
            item.setText(text)
        while self.list.count() > len(wanted):
            self.list.takeItem(self.list.count() - 1)
        names = [name for name, _ in wanted]
        self.list.setCurrentRow(names.index(chosen) if chosen in names else 0)
        self._showing = False
        self._show_networks()
        self.form.show_networks()
        self._show_page()

    @property
    def chosen(self) -> str:
        """The folder name of the training chosen; "" for a new one."""
        item = self.list.currentItem()
        return "" if item is None else str(item.data(_NAME))

    def choose(self, name: str) -> None:
        """Show the training in the folder of this name, or "" for a new one."""
        for row in range(self.list.count()):
            if self.list.item(row).data(_NAME) == name:
                self.list.setCurrentRow(row)

    def _on_row(self) -> None:
        if not self._showing:
            self._show_page()

    def _show_page(self) -> None:
        job, seen = self._trainings.job, self._trainings.of(self.chosen)
        if seen is not None:
            self.page.show_seen(seen)
            if self.isVisible():
                self._trainings.look_at(seen)
        elif job.running:
            self._doing.setText(self.tr("{title}: {done} of {total} frames").format(
                title=job.title, done=f"{job.done:,}", total=f"{job.total:,}"
            ))  # fmt: skip
            self.bar.setRange(0, job.total)
            self.bar.setValue(job.done)
        page = _RUN if seen is not None else _WORK if job.running else _FORM
        if page != self.pages.currentIndex() and page == _FORM:
            self.form.refresh()
        self.pages.setCurrentIndex(page)
        self._show_go()

    def _show_networks(self) -> None:
        networks = self._trainings.networks()
        paths = [path for _, path in networks]
        if [self.networks.itemData(row) for row in range(self.networks.count())] != paths:
            self.networks.clear()
            for title, path in networks:
                self.networks.addItem(title, path)
                self.networks.setItemData(self.networks.count() - 1, str(path), Qt.ItemDataRole.ToolTipRole)
        in_use = self._trainings.in_use
        self.networks.setCurrentIndex(paths.index(in_use) if in_use in paths else -1)
        self.networks.setEnabled(bool(networks))

    def _on_network(self, row: int) -> None:
        path = self.networks.itemData(row)
        if path != self._trainings.in_use:
            self._trainings.use(path)

    # What is done.

    def _show_go(self) -> None:
        other = self._trainings.running
        can = self.form.plan() is not None and other is None
        self.go.setEnabled(can)
        self.go.setDefault(can)
        self.go.setToolTip(
            "" if other is None else self.tr("\u201c{title}\u201d is still running").format(title=other.settings.title)
        )

    def _begin(self) -> None:
        plan = self.form.plan()
        if plan is not None and self.go.isEnabled():
            self.failure.hide()
            self._trainings.begin(plan)

    def _on_begun(self, run: TrainingRun) -> None:
        name = run.folder.name
        if self._trainings.of(name) is not None:
            self.choose(name)
            return
        item = QListWidgetItem(run.settings.title)
        item.setData(_NAME, name)
        self.list.insertItem(1, item)
        self._showing = True
        self.list.setCurrentRow(1)
        self._showing = False

    def _on_not_begun(self, why: str) -> None:
        self.failure.setText(why or self.tr("Stopped; nothing was written."))
        self.failure.show()
        self._show_page()

    def show_best(self) -> None:
        """Show what there is most to see of: the training that runs, else a new one."""
        running = self._trainings.running
        self.choose("" if running is None else running.name)

    def _close_lanes(self) -> None:
        """Let the counting end; a training goes on."""
        self.form.close_lanes()
        self.page.close_lanes()
