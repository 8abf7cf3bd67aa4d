"""Colours of runs: kept while shown, told apart while there are enough of them."""

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


def test_a_run_keeps_its_colour_whatever_else_is_shown(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=5, seeds=3)
    every = {key for arm in keys for key in arm}
    few = {arm[-1] for arm in keys[1:]}
    colours.separate(set())
    colours.separate(few)
    before = {key: colours.colour(key) for key in few}
    assert len(set(before.values())) == 4
    for visible in (few | {keys[0][0]}, every, few | {keys[0][1], keys[1][0]}, few):
        colours.separate(visible)
        assert {key: colours.colour(key) for key in few} == before
    # Of all at once, the seeds of a setting take the colour that one of them has.
    colours.separate(every)
    for arm in keys[1:]:
        assert {colours.colour(key) for key in arm} == {before[arm[-1]]}


def test_what_comes_takes_a_colour_that_is_not_in_sight(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=4, seeds=3)
    runs = [key for arm in keys for key in arm]
    colours.separate(set())
    shown: set[str] = set()
    for count, key in enumerate(runs[:6], 1):
        shown.add(key)
        colours.separate(shown)
        assert len({colours.colour(one) for one in shown}) == count
    # The user's own choice counts as a colour in sight.
    colours.separate(set())
    colours.choose(runs[0], RUN_COLOURS[3])
    colours.separate(set(runs[:4]))
    assert len({colours.colour(one) for one in runs[:4]}) == 4


def test_seeds_that_shared_a_colour_are_told_apart_once_they_are_few(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=5, seeds=3)
    first = colours.colour(keys[0][0])
    colours.separate(set(keys[0]))
    assert len({colours.colour(key) for key in keys[0]}) == 3
    assert colours.colour(keys[0][0]) == first


def test_colours_are_the_same_in_the_next_session(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=5, seeds=3)
    shown = {arm[2] for arm in keys}
    colours.separate(set())
    colours.separate(shown)
    before = {key: colours.colour(key) for key in shown}
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    store.sync()
    later = RunColours(store)
    later.separate(shown)
    assert {key: later.colour(key) for key in shown} == before
    # Also once the folders are looked through, of which some may be gone.
    left = shown - {keys[0][2]}
    for key in sorted(left):
        later.add(key, RunConfig.model_validate({"name": key}))
    later.forget_others(left)
    later.separate(left)
    assert {key: later.colour(key) for key in left} == {key: before[key] for key in left}
    assert keys[0][2] not in str(store.value("train/places"))


def test_seeds_drawn_as_their_mean_have_one_colour_which_no_other_mean_has(tmp_path: Path) -> None:
    colours, keys = coloured(tmp_path, arms=2, seeds=3)
    visible = {*keys[0], *keys[1]}
    means = colours.of_means(visible)
    assert means.keys() == visible
    of_arms = [{means[key] for key in arm} for arm in keys]
    assert all(len(found) == 1 for found in of_arms) and of_arms[0] != of_arms[1]
    # A run alone is drawn as itself, and its colour is left to it.
    single = {*keys[0][:2], keys[1][0]}
    colours.separate(single)
    means = colours.of_means(single)
    assert means.keys() == set(keys[0][:2])
    assert colours.colour(keys[1][0]) not in means.values()
    colours.choose(keys[0][1], "#123456")
    assert set(colours.of_means(single).values()) == {"#123456"}


def test_means_of_a_pair_differ_in_hue(tmp_path: Path) -> None:
    colours = RunColours(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    for seed in (1, 2):
        colours.add(f"ce-{seed}", RunConfig.model_validate({"seed": seed}))
        contrast = {"seed": seed, "objectives": [{"name": "caption-ntxent"}]}
        colours.add(f"cl-{seed}", RunConfig.model_validate(contrast))
    visible = {f"{arm}-{seed}" for arm in ("ce", "cl") for seed in (1, 2)}
    colours.separate(visible)
    assert colours.colour("ce-1") == colours.colour("cl-1")
    means = colours.of_means(visible)
    assert means["ce-1"] == means["ce-2"] != means["cl-1"] == means["cl-2"]
