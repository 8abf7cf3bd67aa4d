"""The Compare page: systems, source, and what they give on the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.collect import collect_sounds, dialog_filter
from app.pages.compare.captioning import Captioning
from app.pages.compare.captions_tab import CaptionsTab
from app.pages.compare.export import results_csv
from app.pages.compare.results import ResultsModel
from app.pages.compare.score_keeper import ScoreKeeper
from app.pages.compare.scores_tab import ScoresTab
from app.pages.compare.settings_tab import SettingsTab
from app.pages.compare.source_bar import FILES
from app.pages.compare.sources import file_clips, split_clips
from app.pages.compare.systems_bar import FEWEST
from app.pages.compare.top_bar import TopBar
from app.pages.compare.work import ComparedClip, Loader, SystemId, load_captioner
from app.studio import Studio
from app.widgets.banner import Banner
from app.widgets.empty_state import EmptyState
from core.files import write_text_atomic
from core.models.checkpoint_files import (
    SUFFIX,
    CheckpointFile,
    describe_checkpoint,
    list_checkpoints,
)


class ComparePage(QWidget):
    """Two to four checkpoints side by side. `load` makes a captioner of a checkpoint path."""

    def __init__(
        self, studio: Studio, parent: QWidget | None = None, load: Loader = load_captioner
    ) -> None:
        super().__init__(parent)
        self.studio = studio
        self._clips: list[ComparedClip] = []
        self._clips_wanted = 0
        self._opened: list[Path] = []
        self._pending: list[Path] = []
        self._listed = False
        self.model = ResultsModel(self)
        self.top = TopBar(studio)
        self.systems, self.source = self.top.systems, self.top.source
        self.captions = CaptionsTab(studio, self.model)
        self.scores = ScoresTab(studio)
        self.settings = SettingsTab(studio)
        self.banner = Banner(studio.theme)
        self.captioning = Captioning(studio.jobs, load, self)
        self.keeper = ScoreKeeper(studio.jobs, self.model, self.scores, self)
        self._build()
        self._connect()

    # ---- construction ----------------------------------------------------------------------

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.captions, "Captions")
        self.tabs.addTab(self.scores, "Scores")
        self.tabs.addTab(self.settings, "Settings")
        self.content = QWidget()
        inner = QVBoxLayout(self.content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.top)
        inner.addWidget(self.tabs, 1)
        self.empty = EmptyState(
            self.studio.theme,
            "compare-horizontal",
            "Compare needs two checkpoints",
            "Put two trained systems side by side on the same clips and see, word by word, where "
            "they differ. Train two runs first, for example CE and CE + contrast.",
            "Go to Train",
        )
        self.open_file = QPushButton("Open a checkpoint file...")
        self.open_file.setProperty("role", "quiet")
        layout = self.empty.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.count() - 1, self.open_file, 0, Qt.AlignmentFlag.AlignHCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.banner)
        outer.addWidget(self.stack, 1)

    def _connect(self) -> None:
        studio = self.studio
        self.top.caption_clicked.connect(self.start)
        self.top.stop_clicked.connect(self.captioning.stop)
        self.captioning.answered.connect(self._answered)
        self.captioning.advanced.connect(self.top.show_progress)
        self.captioning.busy_changed.connect(self._busy_changed)
        self.captioning.failed.connect(self._failed)
        self.keeper.changed.connect(self.captions.set_scores)
        self.keeper.failed.connect(self._failed)
        self.empty.clicked.connect(lambda: studio.show_page.emit("train"))
        self.open_file.clicked.connect(self._open_checkpoint)
        self.systems.open_clicked.connect(self._open_checkpoint)
        self.systems.changed.connect(self._systems_changed)
        self.source.changed.connect(self._source_changed)
        self.source.choose_clicked.connect(self._choose_sounds)
        self.source.failed.connect(self._failed)
        self.captions.export_clicked.connect(self._export)
        self.captions.open_clicked.connect(lambda path: studio.open_in_caption.emit([path]))
        self.scores.caption_clicked.connect(self.start)
        studio.open_in_compare.connect(self.open_checkpoints)
        studio.checkpoints_changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)
        studio.datasets_changed.connect(self._datasets_changed)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.top.button.click)

    # ---- checkpoints -----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """List checkpoints and splits when first shown."""
        super().showEvent(event)
        if not self._listed:
            self._listed = True
            self.refresh()
            self.source.load_splits()

    def refresh(self) -> None:
        """List the checkpoints again, in a worker thread."""
        if not self._listed:
            return
        opened = list(self._opened)
        self.studio.jobs.run_quick(
            lambda: _checkpoints(opened), self._checkpoints_listed, self._failed, self
        )

    def open_checkpoints(self, paths: Sequence[str]) -> None:
        """Compare these files, which may lie anywhere."""
        self._pending = [Path(path) for path in paths]
        self._opened += [path for path in self._pending if path not in self._opened]
        self._listed = True
        if not self.source.split.count():
            self.source.load_splits()
        self.refresh()

    def _checkpoints_listed(self, files: list[CheckpointFile]) -> None:
        for file in files:
            if file.problem and file.path in self._pending:
                self.banner.show_message(file.problem)
                self._opened.remove(file.path)
        self.systems.set_checkpoints([file for file in files if file.usable])
        pending, self._pending = self._pending, []
        if pending:
            self.systems.choose(pending)
        enough = len(self.systems.files()) >= FEWEST
        one = len(self.systems.files()) == 1
        self.empty.title.setText(
            "One more checkpoint, and you can compare" if one else "Compare needs two checkpoints"
        )
        self.stack.setCurrentWidget(self.content if enough else self.empty)

    def _open_checkpoint(self) -> None:
        start = str(self.studio.settings.value("folders/checkpoint", str(Path.home())))
        names, _ = QFileDialog.getOpenFileNames(
            self, "Open checkpoints", start, f"Checkpoints (*{SUFFIX})"
        )
        if names:
            self.studio.settings.setValue("folders/checkpoint", str(Path(names[0]).parent))
            self.open_checkpoints(names)

    def system_ids(self) -> list[SystemId]:
        """Return the compared systems, A first."""
        return [SystemId(file.path, file.modified) for file in self.systems.selected()]

    # ---- clips -----------------------------------------------------------------------------

    def _datasets_changed(self) -> None:
        if self._listed:
            self.source.load_splits()

    def _source_changed(self) -> None:
        self._clips_wanted += 1
        if self.source.kind.value == FILES:
            self._set_clips(file_clips(self.source.files))
            return
        split = self.source.split_info()
        if split is None:
            self._set_clips([])
            return
        number = self._clips_wanted
        name, limit = self.source.dataset.currentText(), self.source.clips.value()
        root = self.source.root()
        self.studio.jobs.run_quick(
            lambda: split_clips(name, split.name, limit, root),
            lambda clips: self._clips_found(number, clips),
            self._failed,
            self,
        )

    def _clips_found(self, number: int, clips: list[ComparedClip]) -> None:
        # Only the answer to the last question counts.
        if number == self._clips_wanted:
            self._set_clips(clips)

    def _set_clips(self, clips: list[ComparedClip]) -> None:
        self._clips = clips
        self._show_rows()

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
        """Compare on the dropped sounds; dropped checkpoints become systems."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        checkpoints = [str(path) for path in paths if path.suffix == SUFFIX]
        others = [path for path in paths if path.suffix != SUFFIX]
        if checkpoints:
            self.open_checkpoints(checkpoints)
        if others:
            self.studio.jobs.run_quick(
                lambda: collect_sounds(others), self._sounds_found, self._failed, self
            )

    def _sounds_found(self, paths: list[Path]) -> None:
        if paths:
            self.source.add_files(paths)
        else:
            self.studio.message.emit("There is no sound file in what was dropped.")

    # ---- rows ------------------------------------------------------------------------------

    def _systems_changed(self) -> None:
        self.settings.set_systems(self.systems.selected())
        self._show_rows()

    def _show_rows(self) -> None:
        titles = [file.label for file in self.systems.selected()]
        answers = self.captioning.answers
        self.model.show_rows(self.system_ids(), titles, self._clips, answers)
        self._refresh_controls()
        if not self.captioning.busy:
            self.keeper.update()

    def _refresh_controls(self) -> None:
        left = self.captioning.left(self.system_ids(), self._clips)
        self.top.show_state(self.captioning.busy, left, bool(self._clips))

    def start(self) -> None:
        """Let the systems caption what they have not captioned yet."""
        self.banner.dismiss()
        self.captioning.start(self.system_ids(), self._clips)

    def _answered(self, keys: set[str]) -> None:
        self.model.update_rows(keys, self.captioning.answers)

    def _busy_changed(self, busy: bool) -> None:
        self._refresh_controls()
        if not busy:
            self.keeper.update()

    def _failed(self, sentence: str, details: str) -> None:
        self.banner.show_message(sentence, "danger", details)

    # ---- export ----------------------------------------------------------------------------

    def _export(self) -> None:
        start = str(Path(str(self.studio.settings.value("folders/table", str(Path.home())))))
        name, _ = QFileDialog.getSaveFileName(
            self, "Export table", str(Path(start) / "comparison.csv"), "Table (*.csv)"
        )
        if not name:
            return
        path = Path(name)
        self.studio.settings.setValue("folders/table", str(path.parent))
        text = results_csv(self.model.titles, self.captions.shown(), self.keeper.per_clip)
        self.studio.jobs.run_quick(
            lambda: write_text_atomic(path, text),
            lambda _none: self.studio.message.emit(f"Saved {path}"),
            self._failed,
            self,
        )


def _checkpoints(opened: Sequence[Path]) -> list[CheckpointFile]:
    """List every checkpoint and the opened files; for worker threads."""
    listed = list_checkpoints()
    known = {file.path for file in listed}
    return listed + [describe_checkpoint(path) for path in opened if path not in known]
