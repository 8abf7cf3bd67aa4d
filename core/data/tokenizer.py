"""Words to numbers and back, by the rules of the DCASE 2024 Task 6 baseline.

The rules are those of the baseline's ``tokenization/aac_tokenizer.py``, which leaves the work to
Hugging Face's `tokenizers`: lower case, combining marks dropped, every punctuation mark but the
comma turned into a space, then words and runs of punctuation. They are written here in plain
Python, so nothing has to be installed to read a caption, and files go both ways unchanged.

One difference is wanted: the text ``<eos>`` inside a caption is three ordinary tokens here, not
the special token, so no caption can end itself.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from core.data.tokenizer_file import file_content, vocabulary_of
from core.errors import DatasetError

PAD, BOS, EOS, UNK = range(4)
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
LARGEST_VOCABULARY = 30_000

# The order of the baseline's replacements leaves only this net effect on the tokens.
_REPLACED = {**dict.fromkeys('.!?:"“”…(){}[]*×-#/\\+_~ʘ', " "), ";": ",", "`": "'", "’": "'"}
_TRANSLATION = str.maketrans(_REPLACED)
_ASCII_TOKEN = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9\t-\r ]+")
# Unicode's White_Space; str.isspace would count the separators 0x1c to 0x1f too.
_SPACES = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | frozenset(
    map(chr, range(0x2000, 0x200B))
)
# Symbols that Unicode counts as letters, and the two invisible joiners.
_LETTER_LIKE = frozenset("\u200c\u200d") | frozenset(
    chr(code)
    for first, last in (
        (0x24B6, 0x24E9),
        (0x1F130, 0x1F149),
        (0x1F150, 0x1F169),
        (0x1F170, 0x1F189),
    )
    for code in range(first, last + 1)
)
_CONTRACTION = re.compile(r"(\w) ' (s|t|re|ve|ll|d|m)\b")


def split_words(text: str) -> list[str]:
    """Return the normalised words and punctuation runs of a text, in order."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower().translate(_TRANSLATION))
    # Character by character: str.lower would treat a final sigma by its neighbours.
    lowered = "".join(map(str.lower, text))
    bare = "".join(c for c in lowered if unicodedata.category(c)[0] != "M")
    words: list[str] = []
    previous = "space"
    for character in bare.translate(_TRANSLATION):
        kind = _kind(character)
        if kind == "space":
            pass
        elif kind == previous:
            words[-1] += character
        else:
            words.append(character)
        previous = kind
    return words


def is_word(token: str) -> bool:
    """Whether one of `split_words`' tokens is a word, not a comma, an emoji or another mark."""
    return _kind(token[0]) == "word"


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Return "space", "word" or "mark"."""
    if character in _SPACES:
        return "space"
    category = unicodedata.category(character)
    if category[0] == "L" or category in ("Nd", "Nl", "Pc") or character in _LETTER_LIKE:
        return "word"
    return "mark"


class Tokenizer:
    """A vocabulary of whole words. Ids 0 to 3 are ``<pad>``, ``<bos>``, ``<eos>`` and ``<unk>``.

    Parameters
    ----------
    words
        All tokens in the order of their ids, the four special ones first.

    Raises
    ------
    ValueError
        When the special tokens are not the first four, or a word stands twice.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words: tuple[str, ...] = tuple(words)
        if self.words[: len(SPECIAL_TOKENS)] != SPECIAL_TOKENS:
            raise ValueError(f"a vocabulary must begin with {', '.join(SPECIAL_TOKENS)}")
        self._ids: Mapping[str, int] = {word: index for index, word in enumerate(self.words)}
        if len(self._ids) < len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise ValueError(f"the word '{twice}' stands twice in the vocabulary")

    @classmethod
    def fit(cls, captions: Iterable[str]) -> Tokenizer:
        """Build a vocabulary of the captions' words: most frequent first, ties by alphabet."""
        counts = Counter(word for caption in captions for word in split_words(caption))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        return cls((*SPECIAL_TOKENS, *ranked[: LARGEST_VOCABULARY - len(SPECIAL_TOKENS)]))

    def extended(self, captions: Iterable[str]) -> Tokenizer:
        """Return this vocabulary with the captions' further words behind its own."""
        fitted = Tokenizer.fit(captions)
        new = [word for word in fitted.words if word not in self._ids]
        return Tokenizer((*self.words, *new[: max(0, LARGEST_VOCABULARY - self.size)]))

    @property
    def size(self) -> int:
        """Number of tokens, the special ones included."""
        return len(self.words)

    def id_of(self, word: str) -> int | None:
        """Return the id of a token, or None when the vocabulary lacks it."""
        return self._ids.get(word)

    def encode(self, text: str, *, strict: bool = False) -> list[int]:
        """Return the ids of a text, with ``<bos>`` before and ``<eos>`` after.

        A word outside the vocabulary becomes ``<unk>``; with `strict` it raises `DatasetError`,
        for captions that the vocabulary was fitted on and therefore must know.
        """
        ids = [self._ids.get(word, UNK) for word in split_words(text)]
        if strict and UNK in ids:
            word = split_words(text)[ids.index(UNK)]
            raise DatasetError(
                f"The word '{word}' of the caption '{text}' is not in the vocabulary; "
                "fit the tokenizer on the captions that are trained on."
            )
        return [BOS, *ids, EOS]

    def decode(self, ids: Iterable[int], *, raw: bool = False) -> str:
        """Return the text of token ids; special tokens are left out.

        Commas and contractions are joined to their word, as people write; `raw` gives the
        baseline's form with a space between any two tokens, which the metrics are defined on.
        """
        text = " ".join(self.words[index] for index in ids if index >= len(SPECIAL_TOKENS))
        return text if raw else _CONTRACTION.sub(r"\1'\2", text.replace(" ,", ","))

    def to_json(self) -> str:
        """Return the content of a ``tokenizer.json`` that the baseline reads as its own."""
        return json.dumps(file_content(self._ids, SPECIAL_TOKENS), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Tokenizer:
        """Read the content of a ``tokenizer.json``, ours or the baseline's.

        Raises `ValueError` when it is no such file, or when it splits text by other rules.
        """
        content: Any = json.loads(text)
        return cls(vocabulary_of(content, SPECIAL_TOKENS))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.words == other.words

    def __hash__(self) -> int:
        return hash(self.words)

    def __repr__(self) -> str:
        return f"Tokenizer({self.size} words)"
