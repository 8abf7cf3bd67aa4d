"""Which words of captions differ."""

from __future__ import annotations

from app.pages.compare.word_diff import Word, mark_differences


def marked(words: list[Word]) -> list[str]:
    return [word.text for word in words if word.differs]


class TestWordDifferences:
    def test_replaced_words_are_marked_on_both_sides(self) -> None:
        first, second = mark_differences(["a dog barks loudly", "a cat meows loudly"])
        assert marked(first) == ["dog", "barks"]
        assert marked(second) == ["cat", "meows"]

    def test_an_added_word_is_marked_where_it_stands(self) -> None:
        first, second = mark_differences(["rain falls", "heavy rain falls"])
        assert marked(first) == []
        assert marked(second) == ["heavy"]

    def test_case_does_not_count_but_stays(self) -> None:
        first, second = mark_differences(["A Dog barks", "a dog barks"])
        assert [word.text for word in first] == ["A", "Dog", "barks"]
        assert marked(first) == marked(second) == []

    def test_missing_captions_are_compared_with_nothing(self) -> None:
        assert mark_differences([None, "a dog"])[0] == []
        assert marked(mark_differences([None, "a dog"])[1]) == []
        assert marked(mark_differences(["a dog", None, "a cat"])[0]) == ["dog"]
        assert mark_differences([]) == []

    def test_others_are_compared_with_the_first(self) -> None:
        _, second, third = mark_differences(["a dog", "a cat", "a cat"])
        assert marked(second) == marked(third) == ["cat"]
