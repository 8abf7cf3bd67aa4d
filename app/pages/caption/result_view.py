"""What captioning made of the sound that is shown: timelines, captions and their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.pages.caption.caption_view import CaptionView
from app.pages.caption.outputs import CheckpointNames, Output, Result, Timeline
from app.pages.caption.timeline_list import TimelineList
from app.texts import breakable
from app.theme import Theme


class ResultView(QStackedWidget):
    """Shows the outputs of a file, or says why there are none.

    Signals: `action_clicked()` of the button beside a message, `timeline_changed()` when the
    timeline that is shown is another or grew, `segment_chosen(index)` when one is chosen by hand.
    """

    action_clicked = Signal()
    timeline_changed = Signal()
    segment_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._outputs: tuple[Output, ...] = ()
        self.names = CheckpointNames()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setProperty("role", "muted")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.action = QPushButton()
        self.action.setProperty("role", "primary")
        self.action.clicked.connect(self.action_clicked)
        message = QWidget()
        column = QVBoxLayout(message)
        column.setContentsMargins(16, 8, 16, 16)
        column.addStretch()
        column.addWidget(self.sentence)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        self.addWidget(message)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Captions of this sound")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.currentChanged.connect(self._on_tab)
        self.timeline = TimelineList(theme, self.names)
        self.timeline.chosen.connect(self._on_segment)
        self.view = CaptionView(theme, self.names)
        self.view.others.opened.connect(self._on_other)
        self.quiet = QLabel("No window of this recording is loud enough to have a caption.")
        self.quiet.setWordWrap(True)
        self.quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.quiet.setProperty("role", "muted")
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        for part in (self.timeline, self.view, self.quiet):
            self.split.addWidget(part)
        self.split.setSizes([400, 500, 500])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.split, 1)
        self.addWidget(page)
        self.show_message("")

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def output(self) -> Output | None:
        """The output of the tab that is in front."""
        index = self.tabs.currentIndex()
        return self._outputs[index] if 0 <= index < len(self._outputs) else None

    @property
    def result(self) -> Result | None:
        """The caption that is shown, be it one of a timeline."""
        return self.view.result if self._outputs and not self.view.isHidden() else None

    def show_message(self, sentence: str, action: str = "") -> None:
        """Show a sentence instead of a result, with a button where `action` names one."""
        self._outputs = ()
        self.view.result = None
        self.sentence.setText(breakable(sentence))
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.setCurrentIndex(0)
        self.timeline_changed.emit()

    def show_outputs(self, outputs: Sequence[Output], newest: Output | None = None) -> None:
        """Show the outputs of a file; the `newest` comes to the front, else the one before stays.

        Outputs that take the place of older ones keep their tab.
        """
        if tuple(outputs) == self._outputs and newest is None:
            return
        before = self.output
        front = newest or next(
            (item for item in outputs if before is not None and item.place == before.place),
            outputs[-1],
        )
        self._outputs = tuple(outputs)
        blocked = self.tabs.blockSignals(True)
        while self.tabs.count() > len(outputs):
            self.tabs.removeTab(self.tabs.count() - 1)
        for index, (item, text) in enumerate(zip(outputs, self._titles(), strict=True)):
            if index >= self.tabs.count():
                self.tabs.addTab("")
            self.tabs.setTabText(index, text.replace("&", "&&"))
            self.tabs.setTabToolTip(index, f"{item.title()}, by {item.checkpoint}")
        self.tabs.setCurrentIndex(self._outputs.index(front))
        self.tabs.blockSignals(blocked)
        self.tabs.setVisible(len(outputs) > 1)
        self._show_front()

    def learn_names(self, labels: Mapping[str, str]) -> None:
        """Take over what the checkpoints are called, by their paths."""
        self.names.learn(labels)

    def _titles(self) -> list[str]:
        """Name every output by what tells it from the others: its part, its checkpoint, or both."""
        several = len({item.checkpoint for item in self._outputs}) > 1
        parts = len({item.title() for item in self._outputs}) > 1
        titles = []
        for item in self._outputs:
            name = self.names.of(item.checkpoint)
            both = f"{item.title()} · {name}"
            titles.append(both if several and parts else name if several else item.title())
        return titles

    def _peers(self, result: Result) -> list[Result]:
        """Return what the other checkpoints say of the same part."""
        return [
            item
            for item in self._outputs
            if isinstance(item, Result)
            and item.checkpoint != result.checkpoint
            and item.place[1:] == result.place[1:]
        ]

    def select_segment(self, index: int) -> None:
        """Show the caption of one segment; -1 shows the first, if there is any."""
        output = self.output
        if not isinstance(output, Timeline):
            return
        index = min(index, len(output.segments) - 1)
        if index < 0:
            index = 0 if output.segments else -1
        self.timeline.select(index)
        self.view.setVisible(index >= 0)
        self.quiet.setVisible(index < 0 and output.complete)
        if index >= 0:
            segment = output.segments[index]
            length = segment.window.end - segment.window.start
            shown = self.view.result
            if shown is None or shown.caption is not segment.caption:
                self.view.show_result(Result(segment.caption, segment.window.start, length))

    def _show_front(self) -> None:
        self.setCurrentIndex(1)
        output = self.output
        long = isinstance(output, Timeline)
        self.timeline.setVisible(long)
        if isinstance(output, Timeline):
            self.timeline.show_timeline(output)
            self.view.edit.setVisible(False)
            self.select_segment(self.timeline.current)
        elif output is not None:
            self.quiet.hide()
            self.view.show()
            self.view.edit.setVisible(True)
            self.view.show_result(output)
            self.view.show_others(self._peers(output))
        self.timeline_changed.emit()

    def _on_tab(self) -> None:
        if self._outputs:
            self._show_front()

    def _on_other(self, result: Result) -> None:
        if result in self._outputs:
            self.tabs.setCurrentIndex(self._outputs.index(result))

    def _on_segment(self, index: int) -> None:
        self.select_segment(index)
        self.segment_chosen.emit(index)
