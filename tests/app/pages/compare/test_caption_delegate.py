"""Where a caption's words are placed in their cell."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QFontMetricsF

from app.pages.compare.caption_delegate import ELLIPSIS, marked_runs, place_words
from app.pages.compare.word_diff import Word


class TestPlacing:
    @pytest.fixture
    def metrics(self, qapp: object) -> QFontMetricsF:
        return QFontMetricsF(QFont())

    def words(self, text: str) -> list[Word]:
        return [Word(word, True) for word in text.split()]

    def test_words_wrap_and_the_rest_becomes_an_ellipsis(self, metrics: QFontMetricsF) -> None:
        width = metrics.horizontalAdvance("a dog barks in the")
        placed, line, x = place_words(
            self.words("a dog barks in the rain while thunder rolls far away"),
            metrics,
            width,
            2,
            20,
        )
        assert placed[-1].text == ELLIPSIS
        assert {word.line for word in placed} == {0, 1}
        assert all(word.x + word.width <= width + 0.01 for word in placed)
        assert line == 1
        assert x + 20 <= width + 0.01

    def test_one_line_stays_one_line(self, metrics: QFontMetricsF) -> None:
        placed, line, _ = place_words(self.words("a dog"), metrics, 500, 2, 20)
        assert [word.text for word in placed] == ["a", "dog"]
        assert line == 0

    def test_the_score_goes_to_the_next_line_where_it_does_not_fit(
        self, metrics: QFontMetricsF
    ) -> None:
        width = metrics.horizontalAdvance("a dog barks ")
        _, line, x = place_words(self.words("a dog barks"), metrics, width, 2, 60)
        assert (line, x) == (1, 0.0)

    def test_marked_neighbours_share_one_mark(self, metrics: QFontMetricsF) -> None:
        words = [Word("a", False), Word("big", True), Word("dog", True), Word("barks", False)]
        placed, _, _ = place_words(words, metrics, 500, 2, 0)
        runs = marked_runs(placed)
        assert len(runs) == 1
        assert runs[0][1] == placed[1].x
        assert runs[0][2] == placed[2].x + placed[2].width
