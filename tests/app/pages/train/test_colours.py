"""Colours of runs: told apart while there are enough, else one for all seeds of a setting."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

from app.pages.train.colours import RunColours
from app.palette import RUN_COLOURS
from core.config import RunConfig


def coloured(tmp_path: Path, arms: int, seeds: int) -> tuple[RunColours, list[list[str]]]:
    colours = RunColours(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    for seed in range(seeds):
        for arm in range(arms):
            key = f"run-{seed}-{arm}"
            config = RunConfig.model_validate({"seed": seed, "model": {"layers": arm + 1}})
            colours.add(key, config)
    keys = [[f"run-{seed}-{arm}" for seed in range(seeds)] for arm in range(arms)]
    colours.separate({key for arm in keys for key in arm})
    return colours, keys


def test_few_runs_have_a_colour_each(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=2, seeds=3)
    assert len({colours.colour(key) for arm in keys for key in arm}) == len(RUN_COLOURS)


def test_seeds_share_a_colour_where_runs_are_more_than_colours(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=5, seeds=3)
    of_arms = [{colours.colour(key) for key in arm} for arm in keys]
    assert all(len(found) == 1 for found in of_arms)
    assert len(set.union(*of_arms)) == 5


def test_runs_differ_while_the_folders_are_still_being_looked_through(tmp_path: Path) -> None:
    colours, _ = coloured(tmp_path, arms=1, seeds=1)
    unknown = {f"run-9-{number}" for number in range(4)}
    colours.separate(unknown)
    assert len({colours.colour(key) for key in unknown}) == 4
