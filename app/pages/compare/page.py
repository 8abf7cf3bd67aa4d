"""The Compare page: systems, source, and what they give on the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.blind_tab import BlindTab
from app.pages.compare.clips_tab import ClipsTab
from app.pages.compare.comparison_controller import ComparisonController
from app.pages.compare.curves_tab import CurvesTab
from app.pages.compare.experiments_tab import ExperimentsTab
from app.pages.compare.export import results_csv
from app.pages.compare.results import ResultsModel
from app.pages.compare.saving import Saver
from app.pages.compare.scores_tab import ScoresTab
from app.pages.compare.settings_tab import SettingsTab
from app.pages.compare.systems import SystemFile, list_systems
from app.pages.compare.systems_bar import FEWEST
from app.pages.compare.top_bar import TopBar
from app.pages.compare.work import Loader, is_table, load_captioner
from app.sound_paths import collect_sounds, dialog_filter
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from core.models.checkpoint_files import SUFFIX

# Until the folders were looked through, nobody knows whether there are two.
READING = ("Looking for checkpoints", "The runs and checkpoints of this machine are being read.")
PURPOSE = (
    "Put two trained checkpoints, or captions of another system, side by side on the same clips "
    "and see, word by word, where they differ. Train two runs first, for example CE and CE + "
    "contrast."
)


class ComparePage(QWidget):
    """Two to six systems side by side.

    `load` makes a captioner of a checkpoint path; `metrics` are those to score by, None for all.
    """

    def __init__(
        self,
        studio: Studio,
        parent: QWidget | None = None,
        load: Loader = load_captioner,
        metrics: Sequence[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.studio = studio
        self._opened: list[Path] = []
        self._pending: list[Path] = []
        self._listed = False
        self.model = ResultsModel(self)
        self.top = TopBar(studio)
        self.systems, self.source = self.top.systems, self.top.source
        self.clips = ClipsTab(studio, self.model)
        self.scores = ScoresTab(studio)
        self.curves = CurvesTab(studio)
        self.settings = SettingsTab(studio)
        self.blind = BlindTab(studio, self.model)
        self.experiments = ExperimentsTab(studio)
        self.banner = Banner(studio.theme)
        self.saver = Saver(studio, self)
        self.controller = ComparisonController(self, load, metrics)
        self._build()
        self._connect()

    # ---- construction ----------------------------------------------------------------------

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for tab, title in (
            (self.clips, "Clips"),
            (self.scores, "Scores"),
            (self.curves, "Curves"),
            (self.settings, "Settings"),
            (self.blind, "Blind test"),
            (self.experiments, "Experiments"),
        ):
            self.tabs.addTab(tab, title)
        self.content = QWidget()
        inner = QVBoxLayout(self.content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.top)
        inner.addWidget(self.tabs, 1)
        self.empty = EmptyState(self.studio.theme, "compare-horizontal", *READING)
        self.open_file = self.empty.add_quiet("Open a checkpoint or captions...")
        self.open_file.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.banner)
        outer.addWidget(self.stack, 1)

    def _connect(self) -> None:
        studio, controller = self.studio, self.controller
        self.empty.clicked.connect(lambda: studio.show_page.emit("train"))
        self.open_file.clicked.connect(self._open_systems)
        self.systems.open_clicked.connect(self._open_systems)
        self.systems.changed.connect(self._systems_changed)
        self.source.changed.connect(controller.source_changed)
        self.source.choose_clicked.connect(self._choose_sounds)
        self.source.failed.connect(controller.failed)
        self.clips.export_clicked.connect(self._export_clips)
        self.clips.open_clicked.connect(lambda path: studio.open_in_caption.emit([path]))
        self.scores.export_wanted.connect(self._export_scores)
        self.blind.failed.connect(controller.failed)
        self.experiments.failed.connect(controller.failed)
        self.experiments.compare_wanted.connect(self._compare_runs)
        self.tabs.currentChanged.connect(self._tab_changed)
        studio.open_in_compare.connect(self.open_systems)
        studio.checkpoints_changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)
        studio.runs_changed.connect(self.experiments.refresh)
        studio.datasets_changed.connect(self._datasets_changed)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.top.button.click)

    # ---- systems ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """List systems and splits when first shown."""
        super().showEvent(event)
        if not self._listed:
            self._listed = True
            self.refresh()
            self.source.load_splits()

    def refresh(self) -> None:
        """List the systems again, in a worker thread."""
        if not self._listed:
            return
        opened = list(self._opened)
        self.studio.jobs.run_quick(
            lambda: list_systems(opened), self._systems_listed, self._not_listed, self
        )

    def open_systems(self, paths: Sequence[str]) -> None:
        """Compare these checkpoints and tables of captions, which may lie anywhere."""
        self._pending = [Path(path) for path in paths]
        self._opened += [path for path in self._pending if path not in self._opened]
        self._listed = True
        if not self.source.split.count():
            self.source.load_splits()
        self.refresh()

    def _systems_listed(self, files: list[SystemFile]) -> None:
        for file in files:
            if file.problem and file.path in self._pending:
                self.banner.show_message(file.problem)
                self._opened.remove(file.path)
        self.systems.set_checkpoints([file for file in files if not file.problem])
        pending, self._pending = self._pending, []
        if pending and all(is_table(path) for path in pending):
            # Captions of others are looked at beside what is there.
            self.systems.add_systems(pending)
        elif pending:
            self.systems.choose(pending)
        self._show_stack()

    def _not_listed(self, sentence: str, details: str) -> None:
        self.controller.failed(sentence, details)
        self._show_stack()

    def _show_stack(self) -> None:
        count = len(self.systems.files())
        title = (
            "One more system, and you can compare" if count == 1 else "Compare needs two systems"
        )
        self.empty.set_texts(title, PURPOSE, "Go to Train")
        self.open_file.show()
        self.stack.setCurrentWidget(self.content if count >= FEWEST else self.empty)

    def _open_systems(self) -> None:
        start = str(self.studio.settings.value("folders/checkpoint", str(Path.home())))
        kinds = f"*{SUFFIX} *.csv *.tsv *.jsonl"
        names, _ = QFileDialog.getOpenFileNames(
            self, "Open checkpoints or captions", start, f"Checkpoints and captions ({kinds})"
        )
        if names:
            self.studio.settings.setValue("folders/checkpoint", str(Path(names[0]).parent))
            self.open_systems(names)

    def _compare_runs(self, paths: Sequence[str], dataset: str, split: str) -> None:
        self.open_systems(paths)
        self.source.choose_split(dataset, split)
        self.tabs.setCurrentWidget(self.clips)

    def _systems_changed(self) -> None:
        files = self.systems.selected()
        self.settings.set_systems(files)
        self.curves.set_systems(files)
        self.controller.systems_changed()

    def _tab_changed(self, _index: int) -> None:
        # An experiment brings its own systems and its own split.
        shown = self.tabs.currentWidget() is not self.experiments
        focus = QApplication.focusWidget()
        if not shown and focus is not None and self.top.isAncestorOf(focus):
            # Else the keyboard's frame would jump to the rail.
            self.tabs.tabBar().setFocus()
        self.top.setVisible(shown)

    # ---- sounds ----------------------------------------------------------------------------

    def _datasets_changed(self) -> None:
        if self._listed:
            self.source.load_splits()

    def _choose_sounds(self) -> None:
        start = str(self.studio.settings.value("folders/sound", str(Path.home())))
        names, _ = QFileDialog.getOpenFileNames(self, "Choose sounds", start, dialog_filter())
        if names:
            self.studio.settings.setValue("folders/sound", str(Path(names[0]).parent))
            self.source.add_files([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Compare on the dropped sounds; dropped checkpoints and tables become systems."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        systems = [str(path) for path in paths if path.suffix == SUFFIX or is_table(path)]
        others = [path for path in paths if str(path) not in systems]
        if systems:
            self.open_systems(systems)
        if others:
            self.studio.jobs.run_quick(
                lambda: collect_sounds(others), self._sounds_found, self.controller.failed, self
            )

    def _sounds_found(self, paths: list[Path]) -> None:
        if paths:
            self.source.add_files(paths)
        else:
            self.studio.message.emit("There is no sound file in what was dropped.")

    # ---- export ----------------------------------------------------------------------------

    def _export_clips(self) -> None:
        text = results_csv(self.model.titles, self.clips.shown(), self.model.scores)
        self.saver.save("Export table", Path("comparison.csv"), text)

    def _export_scores(self, name: str) -> None:
        text = self.scores.text(name)
        self.saver.save(f"Export as {name}", self.scores.suggested_name(name), text)
