"""The blind test: which of two systems' captions a person prefers, not knowing whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.kept_captions import Source
from app.pages.compare.results import LETTERS, ResultsModel
from app.pages.compare.sources import file_clips, split_clips
from app.pages.compare.work import ComparedClip
from app.studio import Studio
from app.texts import count_text
from core.errors import MetricError, StudioError
from core.evaluation.blind import (
    BlindSession,
    delete_session,
    list_sessions,
    load_session,
    start_session,
)

if TYPE_CHECKING:
    from app.pages.compare.blind_trial import TrialView

SESSIONS_SHOWN = 6
TRIALS = 30


class BlindTab(QWidget):
    """Signal `failed(sentence, details)`."""

    failed = Signal(str, str)

    def __init__(self, studio: Studio, model: ResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._model = studio, model
        self._source = Source()
        self._sounds: dict[str, ComparedClip] = {}
        self.session: BlindSession | None = None
        self.sessions: list[BlindSession] = []
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("First system")
        self.second.setAccessibleName("Second system")
        self.trials = QSpinBox()
        self.trials.setAccessibleName("Number of clips")
        self.trials.setSuffix(" clips")
        self.trials.lineEdit().setTextMargins(6, 0, 0, 0)
        self.start = QPushButton("Start blind test")
        self.start.setProperty("role", "primary")
        self.start.clicked.connect(self._start)
        self.reason = QLabel()
        self.reason.setProperty("role", "muted")
        self.reason.setWordWrap(True)
        self._earlier = QVBoxLayout()
        self._earlier.setSpacing(4)
        self.resume: dict[str, QPushButton] = {}
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
        self.stack.addWidget(self._make_overview())
        self.stack.addWidget(self._make_running())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        model.modelReset.connect(self._offer)
        model.dataChanged.connect(lambda *_: self._offer())
        for box in (self.first, self.second):
            box.activated.connect(lambda _index: self._count())
        self._offer()

    def set_source(self, source: Source) -> None:
        """Say where the clips of the table come from."""
        self._source = source

    def showEvent(self, event: QShowEvent) -> None:
        """List the sessions when seen."""
        super().showEvent(event)
        self._offer()
        if self.session is None:
            self.show_overview()

    def show_overview(self) -> None:
        """Leave the session, if one is on, and list all."""
        self.session = None
        self._be_silent()
        self.stack.setCurrentIndex(0)
        self._studio.jobs.run_quick(_sessions, self._listed, self.failed.emit, self)

    # ---- construction ----------------------------------------------------------------------

    def _make_overview(self) -> QWidget:
        overview = QWidget()
        title = QLabel("Blind test")
        title.setProperty("role", "title")
        about = QLabel(
            "Listen to clips and pick the better of two captions without knowing whose they are. "
            "Sides are drawn at random; only clips whose captions differ are asked."
        )
        about.setWordWrap(True)
        about.setMaximumWidth(640)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self.first, self.second, self.trials, self.start):
            row.addWidget(widget)
        for box in (self.first, self.second):
            box.setMinimumContentsLength(18)
        row.addStretch(1)
        earlier = QLabel("Earlier tests")
        earlier.setProperty("role", "section")
        self._earlier_title = earlier
        layout = QVBoxLayout(overview)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(about)
        layout.addLayout(row)
        layout.addWidget(self.reason)
        layout.addSpacing(8)
        layout.addWidget(earlier)
        layout.addLayout(self._earlier)
        layout.addStretch(1)
        return overview

    def _make_running(self) -> QWidget:
        running = QWidget()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.tally)
        words.addWidget(self.standing)
        head = QHBoxLayout()
        head.setContentsMargins(24, 10, 12, 0)
        head.addLayout(words, 1)
        head.addWidget(self.reveal)
        head.addWidget(self.leave)
        layout = QVBoxLayout(running)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.inner, 1)
        return running

    # ---- overview --------------------------------------------------------------------------

    def _offer(self) -> None:
        titles = self._model.titles
        for box, place in ((self.first, 0), (self.second, 1)):
            names = [f"{letter}  {title}" for letter, title in zip(LETTERS, titles, strict=False)]
            if [box.itemText(row) for row in range(box.count())] != names:
                chosen = max(0, box.currentIndex()) if box.count() == len(names) else place
                box.clear()
                box.addItems(names)
                box.setCurrentIndex(min(chosen, len(names) - 1))
        if self.isVisible():
            self._count()

    def _captions(self) -> dict[str, tuple[str, str]]:
        """Return the captions of both systems by clip, of the clips that both captioned."""
        one, two = self.first.currentIndex(), self.second.currentIndex()
        if min(one, two) < 0 or one == two:
            return {}
        found = {}
        for row in self._model.rows:
            first, second = row.captions[one], row.captions[two]
            if first is not None and second is not None and first.text != second.text:
                found[self._name(row.clip)] = (first.text, second.text)
        return found

    def _name(self, clip: ComparedClip) -> str:
        return clip.title if self._source.dataset else clip.key

    def _count(self) -> None:
        different = len(self._captions())
        self.trials.setRange(min(1, different), max(1, different))
        if self.trials.value() in (0, 1) or self.trials.value() > different:
            self.trials.setValue(min(TRIALS, different))
        if self.first.currentIndex() == self.second.currentIndex():
            reason = "Choose two different systems."
        elif not different:
            reason = "Caption some clips with both systems first; only differing captions count."
        else:
            reason = f"{count_text(different, 'clip')} with differing captions."
        self.reason.setText(reason)
        self.start.setEnabled(bool(different))
        self.start.setToolTip("" if different else reason)

    def _listed(self, sessions: list[BlindSession]) -> None:
        self.sessions = sessions
        self.resume = {}
        while (item := self._earlier.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for session in sessions[:SESSIONS_SHOWN]:
            self._earlier.addWidget(self._line(session))
        self._earlier_title.setVisible(bool(sessions))

    def _line(self, session: BlindSession) -> QWidget:
        holder = QWidget()
        holder.setMaximumWidth(820)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        tally = session.tally()
        done = len(session.trials) - tally.left
        names = f"{session.titles[0]} or {session.titles[1]}"
        label = QLabel(f"{_day(session.started)}  ·  {names}  ·  {done} of {len(session.trials)}")
        label.setToolTip(f"{session.dataset} {session.split}".strip() or "sound files")
        button = QPushButton("Go on" if tally.left else "Result")
        button.clicked.connect(partial(self._open, session.name))
        self.resume[session.name] = button
        drop = QToolButton()
        drop.setAccessibleName("Delete this test")
        drop.setToolTip("Delete this test")
        self._studio.theme.set_icon(drop, "delete-outline", "muted")
        drop.clicked.connect(partial(self._drop, session.name))
        row.addWidget(label, 1)
        row.addWidget(button)
        row.addWidget(drop)
        return holder

    def _open(self, name: str) -> None:
        try:
            self._run(load_session(name))
        except MetricError as error:
            self.failed.emit(str(error), "")

    def _drop(self, name: str) -> None:
        delete_session(name)
        self.show_overview()

    def _start(self) -> None:
        captions = self._captions()
        titles = self._model.titles
        chosen = titles[self.first.currentIndex()], titles[self.second.currentIndex()]
        # The first clips of the table as it is sorted now, so that one can ask about a part of it.
        names = [self._name(self._model.row_at(n).clip) for n in range(self._model.rowCount())]
        wanted = [name for name in names if name in captions][: self.trials.value()]
        try:
            session = start_session(
                chosen,
                {name: captions[name] for name in wanted or list(captions)},
                dataset=self._source.dataset,
                split=self._source.split,
            )
        except (MetricError, OSError) as error:
            self.failed.emit(str(error), "")
            return
        self._run(session)

    # ---- running ---------------------------------------------------------------------------

    def _run(self, session: BlindSession) -> None:
        self.session = session
        self._sounds = {self._name(row.clip): row.clip for row in self._model.rows}
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
        self.tally.setText(f"Clip {number + 1} of {total}")
        self.standing.setText(_standing(session))
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
        self.ended.setText(result_sentence(session))
        self.inner.setCurrentIndex(0)


def result_sentence(session: BlindSession) -> str:
    """Say what a session came to, with names."""
    tally = session.tally()
    first, second = tally.wins
    if first + second == 0:
        return "No caption was preferred."
    best = 1 if second > first else 0
    share = tally.share
    value, low, high = share.value, share.low, share.high
    if best == 0:
        value, low, high = 1 - value, 1 - high, 1 - low
    shown = "shown" if low > 0.5 else "not shown"
    return (
        f"{session.titles[best]} was preferred to {session.titles[1 - best]} "
        f"{tally.wins[best]} to {tally.wins[1 - best]}: {100 * value:.0f} % of the decided clips, "
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %, p = {tally.p_value:.3f}: {shown}."
    )


def _standing(session: BlindSession) -> str:
    """Say how it stands without saying who is who."""
    tally = session.tally()
    decided = sum(tally.wins)
    if not decided:
        return f"Nothing decided yet, {tally.ties} equal" if tally.ties else "Nothing decided yet"
    share = tally.share
    value, low, high = share.value, share.low, share.high
    if value < 0.5:
        value, low, high = 1 - value, 1 - high, 1 - low
    ahead, behind = max(tally.wins), min(tally.wins)
    return (
        f"{ahead} to {behind} for one of them, {tally.ties} equal: {100 * value:.0f} %, "
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %"
    )


def _sessions() -> list[BlindSession]:
    found = []
    for name in list_sessions():
        try:
            found.append(load_session(name))
        except StudioError:
            continue
    return found


def _sounds_of(session: BlindSession) -> dict[str, ComparedClip]:
    if session.dataset:
        return {clip.title: clip for clip in split_clips(session.dataset, session.split, 0)}
    clips: Sequence[ComparedClip] = file_clips([Path(trial.clip) for trial in session.trials])
    return {clip.key: clip for clip in clips}


def _day(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return started


def _padded(label: QLabel) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(24, 24, 24, 24)
    layout.addWidget(label)
    layout.addStretch(1)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setMaximumWidth(820)
    return holder
