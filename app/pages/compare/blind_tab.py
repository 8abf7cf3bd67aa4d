"""The blind test: which of two systems' captions a person prefers, not knowing whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.blind_overview import BlindOverview, clip_name
from app.pages.compare.blind_words import result_sentence, standing_sentence
from app.pages.compare.kept_captions import Source
from app.pages.compare.results import ResultsModel
from app.pages.compare.sources import file_clips, split_clips
from app.pages.compare.work import ComparedClip
from app.studio import Studio
from core.evaluation.blind import (
    BlindSession,
)

if TYPE_CHECKING:
    from app.pages.compare.blind_trial import TrialView


class BlindTab(QWidget):
    """Signal `failed(sentence, details)`."""

    failed = Signal(str, str)

    def __init__(self, studio: Studio, model: ResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._model = studio, model
        self._source = Source()
        self._sounds: dict[str, ComparedClip] = {}
        self.session: BlindSession | None = None
        self.overview = BlindOverview(studio, model)
        self.overview.failed.connect(self.failed)
        self.overview.chosen.connect(self._run)
        # Made with the first test: plots take long to build.
        self.trial: TrialView | None = None
        self.tally = QLabel()
        self.tally.setProperty("role", "title")
        self.tally.setWordWrap(True)
        self.standing = QLabel()
        self.standing.setProperty("role", "muted")
        self.reveal = QPushButton("End and show names")
        self.reveal.setToolTip("Show which system was which; the decisions so far count")
        self.reveal.clicked.connect(self._reveal)
        self.leave = QPushButton("Leave")
        self.leave.setToolTip("Every decision is saved; go on at any time")
        self.leave.clicked.connect(self.show_overview)
        self.ended = QLabel()
        self.ended.setWordWrap(True)
        self.ended.setProperty("role", "sentence")
        self.inner = QStackedWidget()
        self.inner.addWidget(_padded(self.ended))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.overview)
        self.stack.addWidget(self._make_running())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)

    def set_source(self, source: Source) -> None:
        """Say where the clips of the table come from."""
        self._source = source
        self.overview.set_source(source)

    def show_overview(self) -> None:
        """Leave the session, if one is on, and list all."""
        self.session = None
        self._be_silent()
        self.stack.setCurrentIndex(0)

    def _make_running(self) -> QWidget:
        running = QWidget()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.tally)
        words.addWidget(self.standing)
        head = QHBoxLayout()
        head.setContentsMargins(12, 10, 12, 0)
        head.addLayout(words, 1)
        head.addWidget(self.reveal)
        head.addWidget(self.leave)
        layout = QVBoxLayout(running)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.inner, 1)
        return running

    # ---- running ---------------------------------------------------------------------------

    def _run(self, session: BlindSession) -> None:
        self.session = session
        self._sounds = {clip_name(row.clip, self._source): row.clip for row in self._model.rows}
        self.stack.setCurrentIndex(1)
        if (session.dataset, session.split) != (self._source.dataset, self._source.split):
            self._sounds = {}
            self._studio.jobs.run_quick(
                partial(_sounds_of, session),
                partial(self._sounds_found, session.name),
                self.failed.emit,
                self,
            )
        self._show()

    def _sounds_found(self, name: str, sounds: dict[str, ComparedClip]) -> None:
        if self.session is not None and self.session.name == name:
            self._sounds = sounds
            self._show()

    def _show(self) -> None:
        session = self.session
        if session is None:
            return
        number, tally = session.next_trial, session.tally()
        total = len(session.trials)
        self.reveal.setVisible(number is not None)
        self.reveal.setEnabled(sum(tally.wins) + tally.ties > 0)
        if number is None:
            self._show_result()
            return
        self.leave.setText("Leave")
        self.tally.setText(f"Clip {number + 1} of {total}")
        self.standing.setText(standing_sentence(session))
        trial = session.trials[number]
        view = self._trial_view()
        self.inner.setCurrentWidget(view)
        view.show_trial(trial, self._sounds.get(trial.clip), number == 0)
        view.setFocus()

    def _trial_view(self) -> TrialView:
        if self.trial is None:
            from app.pages.compare.blind_trial import TrialView

            self.trial = TrialView(self._studio)
            self.trial.decided.connect(self._decide)
            self.trial.back_clicked.connect(self._back)
            self.inner.addWidget(self.trial)
        return self.trial

    def _be_silent(self) -> None:
        if self.trial is not None:
            self.trial.sound.show_clip(None)

    def _decide(self, side: str) -> None:
        session = self.session
        if session is None or session.next_trial is None:
            return
        picked = {"left": "left", "right": "right", "tie": "tie"}[side]
        try:
            self.session = session.decide(session.next_trial, picked)  # type: ignore[arg-type]
        except OSError as error:
            self.failed.emit(f"The decision could not be saved ({error}).", "")
            return
        self._show()

    def _back(self) -> None:
        session = self.session
        if session is None:
            return
        number = session.next_trial
        last = (len(session.trials) if number is None else number) - 1
        if last >= 0:
            self.session = session.decide(last, None)
            self._show()

    def _reveal(self) -> None:
        self._show_result()

    def _show_result(self) -> None:
        session = self.session
        assert session is not None
        self._be_silent()
        self.tally.setText("Result")
        tally = session.tally()
        self.standing.setText(
            f"{sum(tally.wins)} decided, {tally.ties} equal, {tally.left} not asked"
        )
        self.reveal.hide()
        self.leave.setText("All tests")
        self.ended.setText(result_sentence(session))
        self.inner.setCurrentIndex(0)


def _sounds_of(session: BlindSession) -> dict[str, ComparedClip]:
    if session.dataset:
        return {clip.title: clip for clip in split_clips(session.dataset, session.split, 0)}
    clips: Sequence[ComparedClip] = file_clips([Path(trial.clip) for trial in session.trials])
    return {clip.key: clip for clip in clips}


def _padded(label: QLabel) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(12, 24, 12, 24)
    layout.addWidget(label)
    layout.addStretch(1)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setMaximumWidth(820)
    return holder
