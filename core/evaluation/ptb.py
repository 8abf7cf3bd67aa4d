"""The tokenisation of captioning metrics, without Java.

Published caption scores are computed after the Stanford PTB tokenizer (CoreNLP 3.4.1, lower case)
with seventeen punctuation tokens removed. This module gives the same words for English captions:
punctuation is a token of its own, contractions are split (``it's`` is ``it 's``), hyphens and
slashes inside words are kept. On the 60,110 distinct captions of AudioCaps (training) and Clotho
(development) its words are exactly those of the Java program.
"""

from __future__ import annotations

import re

# The list used by caption metrics since MS COCO. It has brackets in upper case while the tokenizer
# writes them in lower case, so that -lrb- and -rrb- count as words; so they do here.
PUNCTUATION = frozenset(
    [
        "''",
        "'",
        "``",
        "`",
        "-LRB-",
        "-RRB-",
        "-LCB-",
        "-RCB-",
        ".",
        "?",
        "!",
        ",",
        ":",
        "-",
        "--",
        "...",
        ";",
    ]
)

_ABBREVIATIONS = "mr|mrs|ms|dr|prof|st|mt|vs|etc|jr|sr|inc|co|corp|ltd|approx|dept|no|ft"
_ENDINGS = r"'(?:s|m|d|re|ve|ll)(?![^\W_])"
_LETTER = r"[^\W\d_]"
_WORD = rf"(?:(?!n't\b){_LETTER})+"

_TOKEN = re.compile(
    rf"""
      (?P<split>\b(?:cannot|gonna|gotta|wanna|gimme|lemme)\b)
    | (?P<tis>'t(?=is\b|was\b))
    | (?P<clipped>o'clock|rock\ 'n'\ roll|'n'|'\d\ds\b)
    | (?P<negation>n't\b)
    | (?P<ending>{_ENDINGS})
    | (?P<initials>(?:\b[a-z]\.){{2,}}|\b(?:{_ABBREVIATIONS})\.)
    | (?P<number>\d+(?:[.,:/]\d+)++|\d+{_LETTER}*+)
    | (?P<word>{_WORD}(?:[-/.&]?(?:{_WORD}|\d+))*)
    | (?P<dots>\.\.\.+|…)
    | (?P<dashes>--+|—|–)
    | (?P<shout>[!?]{{2,}})
    | (?P<other>\S)
    """,
    re.VERBOSE,
)
_SPLIT = {
    "cannot": ("can", "not"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "wanna": ("wan", "na"),
    "gimme": ("gim", "me"),
    "lemme": ("lem", "me"),
}
_SAME = str.maketrans({"’": "'", "‘": "`", "“": '"', "”": '"'})
_BRACKETS = {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-"}


def tokenize(caption: str) -> list[str]:
    """Return the caption's lower-case words, punctuation left out.

    A caption that holds nothing but punctuation or white space gives an empty list.
    """
    return [token for token in tokenize_with_punctuation(caption) if token not in PUNCTUATION]


def tokenize_with_punctuation(caption: str) -> list[str]:
    """Return all tokens, lower case, punctuation included."""
    text = caption.translate(_SAME).lower()
    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        token, kind = match.group(), match.lastgroup
        if kind == "split":
            tokens.extend(_SPLIT[token])
        elif kind == "clipped":
            tokens.extend(token.split())
        elif kind == "initials" and token == "etc." and not text[match.end() :].strip():
            tokens.extend((token, "."))
        elif kind == "dots":
            tokens.append("...")
        elif kind == "dashes":
            tokens.append("--")
        elif token in _BRACKETS:
            tokens.append(_BRACKETS[token])
        elif token == '"':
            # Opening or closing does not matter for straight quotation marks: both are removed.
            tokens.append("''")
        else:
            tokens.append(token)
    return tokens
