from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from app.icons import make_pixmap
from app.palette import DARK, LIGHT, RUN_COLOURS, Colours, blend, contrast
from app.studio import Studio
from app.theme import Theme


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_is_easy_to_read(colours: Colours) -> None:
    poor = {
        (text, ground): round(contrast(text, ground), 2)
        for text, ground in colours.text_pairs()
        if contrast(text, ground) < 4.5
    }
    assert poor == {}


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_run_colours_stand_out_on_both_grounds() -> None:
    for colour in RUN_COLOURS:
        assert contrast(colour, DARK.panel) >= 3.0
        assert contrast(colour, LIGHT.panel) >= 2.0


def test_the_switch_changes_palette_and_icons_and_is_remembered(studio: Studio, qtbot) -> None:  # type: ignore[no-untyped-def]
    button = QPushButton()
    qtbot.addWidget(button)
    studio.theme.set_icon(button, "play")
    before = button.icon().cacheKey()
    with qtbot.waitSignal(studio.theme.changed):
        studio.theme.set_mode("dark")
    assert studio.theme.colours is DARK
    assert QApplication.palette().window().color().name().upper() == DARK.window
    assert button.icon().cacheKey() != before
    assert Theme(studio.settings).mode == "dark"


def test_blending_mixes_two_colours() -> None:
    assert blend("#FF0000", "#000000", 0.5) == "#800000"


def test_the_icons_in_use_exist(studio: Studio) -> None:
    import re
    from pathlib import Path

    import app

    names = set()
    for path in Path(str(app.__file__)).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r"set_icon\([^,]+, \"([a-z0-9-]+)\"", text))
    blank = make_pixmap("no-such-icon", "black", 24).toImage()
    assert {name for name in names if make_pixmap(name, "black", 24).toImage() == blank} == set()
    assert len(names) > 10
