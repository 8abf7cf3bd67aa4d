"""Every colour of the interface, light and dark, and the colours of runs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

# Okabe and Ito, "Color universal design" (2008): told apart by colour-blind eyes.
RUN_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


@dataclass(frozen=True)
class Colours:
    """Every colour of the interface as "#RRGGBB"; the roles of text and ground say their use."""

    dark: bool
    window: str
    panel: str
    field: str
    hover: str
    line: str
    line_strong: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    selected: str
    danger: str
    danger_ground: str
    warning: str
    warning_ground: str
    success: str

    def text_pairs(self) -> list[tuple[str, str]]:
        """All (text, ground) pairs that the interface uses and that must be easy to read."""
        grounds = (self.window, self.panel, self.field, self.hover, self.selected)
        pairs = [(text, ground) for text in (self.text, self.muted) for ground in grounds]
        pairs += [(self.on_accent, self.accent), (self.on_accent, self.accent_hover)]
        pairs += [(self.accent, self.panel), (self.accent, self.window)]
        pairs += [(self.text, self.danger_ground), (self.text, self.warning_ground)]
        for tone in (self.danger, self.warning, self.success):
            pairs += [(tone, self.panel), (tone, self.window)]
        pairs += [(self.danger, self.danger_ground), (self.warning, self.warning_ground)]
        return pairs


LIGHT = Colours(
    dark=False,
    window="#F7F7F5",
    panel="#FFFFFF",
    field="#FFFFFF",
    hover="#EFEFEB",
    line="#E2E2DE",
    line_strong="#CBCBC5",
    text="#1F2328",
    muted="#5F6672",
    disabled="#A3A7AE",
    accent="#2563EB",
    accent_hover="#1D54CF",
    on_accent="#FFFFFF",
    selected="#E4ECFC",
    danger="#B3261E",
    danger_ground="#FCEBEA",
    warning="#8A5300",
    warning_ground="#FBF2DF",
    success="#1A7544",
)

DARK = Colours(
    dark=True,
    window="#16181C",
    panel="#1E2126",
    field="#191C20",
    hover="#2A2E35",
    line="#2C3037",
    line_strong="#434954",
    text="#E6E8EB",
    muted="#9AA1AB",
    disabled="#5C636E",
    accent="#6EA8FE",
    accent_hover="#8DBBFF",
    on_accent="#0E1622",
    selected="#25344D",
    danger="#F2938C",
    danger_ground="#3A2224",
    warning="#E5B567",
    warning_ground="#352B1C",
    success="#6CCB98",
)


def blend(colour: str, ground: str, share: float) -> str:
    """Mix `share` of `colour` over an opaque `ground`: cheaper to draw than a transparent pen."""
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return QColor(*(round(share * over + (1 - share) * under) for over, under in pairs)).name()


def contrast(text: str, ground: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [part / 255 for part in _parts(colour)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _parts(colour: str) -> tuple[int, int, int]:
    value = QColor(colour)
    return value.red(), value.green(), value.blue()


def run_colour(index: int) -> str:
    """Return the data colour of the run at `index` in a list; the colours come round again."""
    return RUN_COLOURS[index % len(RUN_COLOURS)]
