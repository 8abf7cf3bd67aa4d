"""Published scores, shown beside one's own and marked as published.

All on Clotho's evaluation split, which the challenge calls development-testing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One system's published scores, in our units (FENSE 0 to 1).

    `spread` holds the standard deviations over seeds where they were published.
    """

    title: str
    source: str
    scores: Mapping[str, float]
    spread: Mapping[str, float]


DATASET, SPLIT = "clotho", "evaluation"

PUBLISHED = (
    PublishedRow(
        "DCASE 2024 report: CE + contrast",
        "technical report of challenge task 6, the system that this program implements",
        {
            "meteor": 0.1892,
            "cider_d": 0.4732,
            "spice": 0.1346,
            "spider": 0.3039,
            "spider_fl": 0.3016,
            "fense": 0.5035,
            "vocabulary": 578.0,
        },
        {},
    ),
    PublishedRow(
        "DCASE 2024 baseline",
        "README of the challenge's baseline, version 1.1",
        {
            "meteor": 0.1897,
            "cider_d": 0.4619,
            "spice": 0.1335,
            "spider": 0.2977,
            "spider_fl": 0.2962,
            "fense": 0.5040,
            "sbert_sim": 0.5059,
            "fer": 0.0038,
            "bleu_1": 0.5948,
            "bleu_2": 0.3924,
            "bleu_3": 0.2603,
            "bleu_4": 0.1695,
            "rouge_l": 0.3927,
            "bert_score": 0.9766,
            "vocabulary": 551.0,
        },
        {},
    ),
    PublishedRow(
        "DCASE 2024 baseline, retrained by others",
        "an independent group's run of the same code",
        {
            "meteor": 0.1871,
            "cider_d": 0.4806,
            "spice": 0.1329,
            "spider": 0.3068,
            "spider_fl": 0.3055,
            "fense": 0.5046,
            "fer": 0.0077,
            "vocabulary": 523.0,
        },
        {},
    ),
    PublishedRow(
        "CNext-trans, 5 seeds",
        "results of CoNeTTE (Labbé et al. 2023), chosen by FENSE",
        {
            "meteor": 0.1888,
            "cider_d": 0.4670,
            "spice": 0.1357,
            "spider": 0.3014,
            "spider_fl": 0.3003,
            "fense": 0.5157,
            "vocabulary": 628.0,
        },
        {
            "cider_d": 0.0097,
            "spider": 0.0054,
            "spider_fl": 0.0054,
            "fense": 0.0026,
            "vocabulary": 46.0,
        },
    ),
)
