"""The pane on the right of a list: a title, what is known, and what can be done."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

WIDEST_NAME = 130
LONG_WORD = 24
SEPARATORS = "/\\_-."
BREAK = "\u200b"  # zero-width space
Rows = Sequence[tuple[str, str]]


class DetailsPane(QScrollArea):
    """Title, an optional problem, sections of (label, value) rows, and any widgets below."""

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        body = QWidget()
        body.setProperty("role", "panel")
        self.setWidget(body)
        self.hint = QLabel(hint)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.title = _label("title")
        self.problem = _label("problem")
        self.text = _label("")
        self._sections = QVBoxLayout()
        self._sections.setSpacing(16)
        self.extra = QVBoxLayout()
        self.extra.setSpacing(8)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(self.hint)
        layout.addWidget(self.title)
        layout.addWidget(self.problem)
        layout.addWidget(self.text)
        layout.addLayout(self.extra)
        layout.addLayout(self._sections)
        layout.addStretch(1)
        self._parts: list[QWidget] = []
        self.clear()

    def clear(self) -> None:
        """Show the hint only."""
        self.hint.show()
        for label in (self.title, self.problem, self.text):
            label.hide()
        self._show_extra(False)
        self._drop_sections()

    def show_item(
        self,
        title: str,
        sections: Sequence[tuple[str, Rows]],
        *,
        problem: str = "",
        text: str = "",
    ) -> None:
        """Show one item: sections of rows under small headings ("" is no heading)."""
        self.hint.hide()
        for label, content in (
            (self.title, title),
            (self.problem, problem),
            (self.text, text),
        ):
            label.setText(content)
            label.setVisible(bool(content))
        self._show_extra(True)
        self._drop_sections()
        for heading, rows in sections:
            rows = [(name, value) for name, value in rows if value]
            if rows:
                part = _section(heading, rows)
                self._parts.append(part)
                self._sections.addWidget(part)
                part.show()

    def shown_text(self) -> str:
        """Return everything that can be read in the pane."""
        labels = [label for label in self.findChildren(QLabel) if label.isVisibleTo(self)]
        return "\n".join(label.text() for label in labels)

    def _show_extra(self, shown: bool) -> None:
        for index in range(self.extra.count()):
            item = self.extra.itemAt(index)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setVisible(shown)

    def _drop_sections(self) -> None:
        for part in self._parts:
            self._sections.removeWidget(part)
            # Hidden at once: deleteLater waits for the event loop and would leave it in sight.
            part.hide()
            part.deleteLater()
        self._parts.clear()


class ValueLabel(QLabel):
    """A value that wraps where it must and is copied as it is."""

    def __init__(self, value: str, parent: QWidget | None = None) -> None:
        super().__init__(breakable(value), parent)
        self.value = value
        _make_selectable(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selection without the invisible marks of wrapping."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.hasSelectedText():
            QApplication.clipboard().setText(self.selectedText().replace(BREAK, ""))
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the value."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(
            lambda: QApplication.clipboard().setText(self.value)
        )
        menu.popup(event.globalPos())


def _make_selectable(label: QLabel) -> None:
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    # It is read, not operated: the Tab key passes over it, a click does not.
    label.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    # A long name without spaces must not widen the pane.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)


def _label(role: str) -> QLabel:
    label = QLabel()
    _make_selectable(label)
    if role:
        label.setProperty("role", role)
    return label


def _section(heading: str, rows: Rows) -> QWidget:
    part = QWidget()
    grid = QGridLayout(part)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    line = 0
    if heading:
        title = QLabel(heading)
        title.setProperty("role", "section")
        grid.addWidget(title, 0, 0, 1, 2)
        line = 1
    for name, value in rows:
        label = QLabel(name)
        label.setProperty("role", "muted")
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setMaximumWidth(WIDEST_NAME)
        label.setWordWrap(label.sizeHint().width() > WIDEST_NAME)
        content = ValueLabel(value)
        content.setToolTip(value if len(value) > 40 else "")
        content.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label, line, 0)
        grid.addWidget(content, line, 1)
        line += 1
    return part


def breakable(text: str) -> str:
    """Let long paths, names and hashes wrap at invisible marks."""
    return re.sub(r"\S+", lambda word: _breakable_word(word.group()), text)


def _breakable_word(word: str) -> str:
    if len(word) < LONG_WORD:
        return word
    if not any(separator in word for separator in SEPARATORS):
        return BREAK.join(word[start : start + 8] for start in range(0, len(word), 8))
    for separator in SEPARATORS:
        word = word.replace(separator, separator + BREAK)
    return word
