"""Beginning a blind test, and the list of earlier ones."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.pages.compare.kept_captions import Source
from app.pages.compare.results import ResultsModel
from app.pages.compare.rows import LETTERS
from app.pages.compare.work import ComparedClip
from app.studio import Studio
from app.texts import count_text
from app.widgets.elided_combo import ElidedComboBox
from app.widgets.inputs import indent_text
from core.errors import MetricError, StudioError
from core.evaluation.blind import (
    BlindSession,
    delete_session,
    list_sessions,
    load_session,
    save_session,
    start_session,
)

SESSIONS_SHOWN = 6
TRIALS = 30


class BlindOverview(QWidget):
    """Signals: `chosen(session)`, begun or taken up again, and `failed(sentence, details)`."""

    chosen = Signal(object)
    failed = Signal(str, str)

    def __init__(self, studio: Studio, model: ResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._model = studio, model
        self._source = Source()
        self.sessions: list[BlindSession] = []
        self.first, self.second = ElidedComboBox(), ElidedComboBox()
        self.first.setAccessibleName("First system")
        self.second.setAccessibleName("Second system")
        self.trials = QSpinBox()
        indent_text(self.trials)
        self.trials.setAccessibleName("Number of clips")
        self.trials.setSuffix(" clips")
        self.trials.lineEdit().setTextMargins(6, 0, 0, 0)
        self.start = QPushButton("Start blind test")
        self.start.setProperty("role", "primary")
        self.start.clicked.connect(self._start)
        self.reason = QLabel()
        self.reason.setProperty("role", "muted")
        self.reason.setWordWrap(True)
        self._dropped: BlindSession | None = None
        self.gone = QLabel()
        self.gone.setProperty("role", "muted")
        self.undo = QPushButton("Undo")
        self.undo.setToolTip("Bring the deleted test back")
        studio.theme.set_icon(self.undo, "undo")
        self.undo.clicked.connect(self._bring_back)
        self._earlier = QVBoxLayout()
        self._earlier.setSpacing(4)
        self.resume: dict[str, QPushButton] = {}
        self._build()
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
        self.look()

    def look(self) -> None:
        """List the sessions anew, in a worker thread."""
        self._studio.jobs.run_quick(_sessions, self._listed, self.failed.emit, self)

    # ---- inside ----------------------------------------------------------------------------

    def _build(self) -> None:
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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(title)
        layout.addWidget(about)
        layout.addLayout(row)
        layout.addWidget(self.reason)
        layout.addSpacing(8)
        layout.addWidget(earlier)
        layout.addLayout(self._earlier)
        layout.addWidget(self._make_gone())
        layout.addStretch(1)

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
                found[clip_name(row.clip, self._source)] = (first.text, second.text)
        return found

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
            self.chosen.emit(load_session(name))
        except MetricError as error:
            self.failed.emit(str(error), "")

    def _drop(self, name: str) -> None:
        # The button goes away with its line: the keyboard should not land in the rail.
        self.start.setFocus()
        try:
            self._dropped = load_session(name)
            delete_session(name)
        except (StudioError, OSError) as error:
            self.failed.emit(str(error), "")
            return
        self.gone.setText(f"The test of {_day(self._dropped.started)} is deleted.")
        self._gone.show()
        self.look()

    def _bring_back(self) -> None:
        session, self._dropped = self._dropped, None
        self.start.setFocus()
        self._gone.hide()
        if session is None:
            return
        try:
            save_session(session)
        except OSError as error:
            self.failed.emit(f"The test could not be saved ({error}).", "")
        self.look()

    def _make_gone(self) -> QWidget:
        self._gone = QWidget()
        row = QHBoxLayout(self._gone)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.gone)
        row.addWidget(self.undo)
        row.addStretch(1)
        self._gone.hide()
        return self._gone

    def _start(self) -> None:
        captions = self._captions()
        titles = self._model.titles
        chosen = titles[self.first.currentIndex()], titles[self.second.currentIndex()]
        # The first clips of the table as it is sorted now, so that one can ask about a part of it.
        rows = [self._model.row_at(number) for number in range(self._model.rowCount())]
        names = [clip_name(row.clip, self._source) for row in rows]
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
        self.chosen.emit(session)


def clip_name(clip: ComparedClip, source: Source) -> str:
    """Return what a session calls a clip: its name in the split, or the path of its file."""
    return clip.title if source.dataset else clip.key


def _sessions() -> list[BlindSession]:
    found = []
    for name in list_sessions():
        try:
            found.append(load_session(name))
        except StudioError:
            continue
    return found


def _day(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return started
