"""Material Design icons as pixmaps of any colour.

The font file travels inside the package qtawesome; only that file is read, because importing
qtawesome itself takes longer than all the rest of the window.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

_SIZES = (16, 20, 24, 32, 48)


@lru_cache(maxsize=1)
def _font() -> tuple[str, dict[str, str]]:
    """Load the font once and return its family and the code point of each icon name."""
    found = importlib.util.find_spec("qtawesome")
    if found is None or not found.submodule_search_locations:
        return "", {}
    folder = Path(next(iter(found.submodule_search_locations))) / "fonts"
    font_files = sorted(folder.glob("materialdesignicons6-webfont-[0-9]*.ttf"))
    map_files = sorted(folder.glob("materialdesignicons6-webfont-charmap-*.json"))
    if not font_files or not map_files:
        return "", {}
    number = QFontDatabase.addApplicationFont(str(font_files[-1]))
    families = QFontDatabase.applicationFontFamilies(number)
    names = json.loads(map_files[-1].read_text(encoding="utf-8"))
    return (families[0] if families else ""), names


def make_pixmap(name: str, colour: str, size: int) -> QPixmap:
    """Draw one icon, `size` pixels wide; transparent for a name that the set lacks."""
    family, names = _font()
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    if family and name in names:
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        font = QFont(family)
        font.setPixelSize(size)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(pixmap.rect(), Qt.AlignmentFlag.AlignCenter, chr(int(names[name], 16)))
        painter.end()
    return pixmap


@lru_cache(maxsize=512)
def make_icon(name: str, colour: str, disabled: str) -> QIcon:
    """Return an icon with a normal and a disabled colour, sharp at the sizes in use."""
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(make_pixmap(name, colour, size))
        icon.addPixmap(make_pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return icon
