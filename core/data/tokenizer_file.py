"""The layout of ``tokenizer.json``: Hugging Face's `tokenizers`, plus the baseline's own keys.

Only the vocabulary varies. Everything else in the file describes the text rules of
`core.data.tokenizer`, and a file that describes other rules is refused rather than misread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# (pattern, whether it is a regular expression, replacement), in the order they are applied.
_REPLACEMENTS: tuple[tuple[str, bool, str], ...] = (
    ("“", False, '"'),
    ("”", False, '"'),
    ("`", False, "'"),
    ("’", False, "'"),
    (";", False, ","),
    ("…", False, "..."),
    (r"\s*-\s*", True, "-"),
    (r"[.!?;:\"“”’`\(\)\{\}\[\]\*\×\-#/+_~ʘ\\/]", True, " "),
    (r"\s+", True, " "),
)


def file_content(ids: Mapping[str, int], special_tokens: Sequence[str]) -> dict[str, Any]:
    """Return the file's content for a vocabulary of word to id."""
    pad, bos, eos, unk = special_tokens
    return {
        "version": 1,
        "truncation": None,
        "padding": {
            "strategy": "BatchLongest",
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": ids[pad],
            "pad_type_id": 0,
            "pad_token": pad,
        },
        "added_tokens": [_added_token(token, ids[token]) for token in special_tokens],
        "normalizer": _normalizer(),
        "pre_tokenizer": _pre_tokenizer(),
        "post_processor": {
            "type": "Sequence",
            "processors": [
                {
                    "type": "TemplateProcessing",
                    "single": [_special(bos), _sequence("A", 0), _special(eos)],
                    "pair": [_sequence("A", 0), _sequence("B", 1)],
                    "special_tokens": {
                        token: {"id": token, "ids": [ids[token]], "tokens": [token]}
                        for token in (bos, eos)
                    },
                }
            ],
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": dict(ids), "unk_token": unk},
        "pad_token": pad,
        "bos_token": bos,
        "eos_token": eos,
        "unk_token": unk,
    }


def vocabulary_of(content: Any, special_tokens: Sequence[str]) -> list[str]:
    """Return the words of a file's content in the order of their ids.

    Raises `ValueError` for a file of another kind, other text rules, or ids with gaps.
    """
    model = _dictionary(content, "model")
    vocabulary = _dictionary(model, "vocab")
    if model is None or vocabulary is None or model.get("type") != "WordLevel":
        raise ValueError("it is not a tokenizer of whole words")
    rules = ("normalizer", _normalizer()), ("pre_tokenizer", _pre_tokenizer())
    if any(content.get(key) != expected for key, expected in rules):
        raise ValueError("it splits text by other rules than this program")
    named = [content.get(f"{name}_token") for name in ("pad", "bos", "eos", "unk")]
    if named != list(special_tokens) or model.get("unk_token") != special_tokens[-1]:
        raise ValueError(f"its special tokens are not {', '.join(special_tokens)}")
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    if [vocabulary[word] for word in words] != list(range(len(words))):
        raise ValueError("its ids do not run from 0 without gaps")
    return words


def _dictionary(content: Any, key: str) -> dict[str, Any] | None:
    value = content.get(key) if isinstance(content, dict) else None
    return value if isinstance(value, dict) else None


def _added_token(token: str, index: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def _normalizer() -> dict[str, Any]:
    steps: list[dict[str, Any]] = [
        {"type": "Lowercase"},
        {"type": "Strip", "strip_left": True, "strip_right": True},
        {"type": "StripAccents"},
    ]
    steps += [
        {
            "type": "Replace",
            "pattern": {"Regex" if is_regex else "String": pattern},
            "content": replacement,
        }
        for pattern, is_regex, replacement in _REPLACEMENTS
    ]
    return {"type": "Sequence", "normalizers": steps}


def _pre_tokenizer() -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}]}


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str, type_id: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": type_id}}
