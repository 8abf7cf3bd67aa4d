"""Fit the confidence of a checkpoint on clips it was not trained on, and draw how well it fits.

    python tests/benchmarks/starter_clips/fetch.py FOLDER --set development
    python tests/benchmarks/starter_clips/fetch.py FOLDER --set evaluation
    python tests/benchmarks/calibrate_starter.py FOLDER [--checkpoint starter]
        [--plot reliability.png] [--soft-below 0.5]

Takes the development clips and those of the first evaluation list, but for packages that the model
was trained on (`resources/recordings`). Captions every clip as the checkpoint decodes by default,
judges the captions by the strict rules, fits the model of `core.confidence` and writes it beside
the checkpoint. The plot shows captions in bins of equal numbers, told by models fitted without the
package that a clip is from.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from bench_starter_captions import RATE, read_clip
from starter_clips.rules import judge, load

from core.captioner import Captioner
from core.confidence import confidence_path, fit, signs_of
from core.data.simulated.named_sounds import FurtherLibrary
from core.data.starter.recordings import SoundLibrary
from core.models.checkpoint_files import find_checkpoint

BINS = 6
# Few clips, so weights are held close to zero.
RIDGE = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", default="starter")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--soft-below", type=float, default=0.5)
    options = parser.parse_args()
    checkpoint = find_checkpoint(options.checkpoint)
    captioner = Captioner.load(checkpoint)
    known = trained_on()
    clips = [
        clip
        for name in ("development", "evaluation")
        for clip in load(name)
        if clip.package not in known
    ]
    signs, right = [], []
    for clip in clips:
        samples = read_clip(clip, options.folder)
        caption = captioner.caption_waveform(samples, RATE)
        tags = captioner.predict_tags(samples, RATE)
        signs.append(signs_of(caption.hypothesis, caption.log_prob, tags, caption.duration))
        right.append(judge(clip.sound, caption.hypothesis).strict)
    rows, judged = np.array(signs), np.array(right)
    told = told_without_own_package(rows, judged, [clip.package for clip in clips])
    print(f"{len(clips)} clips, {judged.mean():.3f} right, mean told {told.mean():.3f}")
    print(f"Brier score {np.square(told - judged).mean():.3f} (always the mean: ", end="")
    print(f"{judged.mean() * (1 - judged.mean()):.3f})")
    for low, high, share, count in bins(told, judged):
        print(f"  told {low:.2f} to {high:.2f}: {share:.2f} right of {count}")
    unsure = told < options.soft_below
    if unsure.any() and not unsure.all():
        print(
            f"worded as possible: {unsure.sum()}, {judged[unsure].mean():.2f} of them right; ",
            end="",
        )
        print(f"of the others {judged[~unsure].mean():.2f}")
    model = fit(
        rows,
        judged,
        soft_below=options.soft_below,
        fitted_on=f"{len(clips)} clips of the development and first evaluation lists "
        "(tests/benchmarks/starter_clips)",
        ridge=RIDGE,
    )
    model.save(confidence_path(checkpoint))
    print(f"written: {confidence_path(checkpoint)}")
    if options.plot:
        draw(told, judged, options.plot)


def trained_on() -> set[str]:
    """Return the packages that the starter model's recordings are from."""
    libraries = SoundLibrary(), FurtherLibrary()
    found = (
        re.match(r"Debian package (\S+)", recording.source)
        for library in libraries
        for recording in library.recordings
    )
    return {match[1] for match in found if match}


def told_without_own_package(
    signs: NDArray[np.float64], right: NDArray[np.bool_], packages: list[str]
) -> NDArray[np.float64]:
    """Return what models tell that were fitted on the clips of all other packages."""
    told = np.zeros(len(right))
    names = np.array(packages)
    for package in sorted(set(packages)):
        own = names == package
        model = fit(
            signs[~own], right[~own], soft_below=0.0, fitted_on="all but one package", ridge=RIDGE
        )
        told[own] = [model.probability(row) for row in signs[own]]
    return told


def bins(
    told: NDArray[np.float64], right: NDArray[np.bool_]
) -> list[tuple[float, float, float, int]]:
    """Return lowest and highest probability told, share right and number, in equal bins."""
    order = np.argsort(told, kind="stable")
    return [
        (float(told[part].min()), float(told[part].max()), float(right[part].mean()), len(part))
        for part in np.array_split(order, BINS)
    ]


def draw(told: NDArray[np.float64], right: NDArray[np.bool_], path: Path) -> None:
    """Draw share right over probability told, with standard errors, as a PNG."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QPointF, QRectF, Qt
    from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPen

    app = QGuiApplication.instance() or QGuiApplication([])
    size, edge = 640, 80
    image = QImage(size, size, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(QFont("DejaVu Sans", 13))

    def place(x: float, y: float) -> QPointF:
        span = size - 2 * edge
        return QPointF(edge + x * span, size - edge - y * span)

    painter.setPen(QPen(QColor("#b0b7c3"), 1))
    for tick in np.linspace(0, 1, 6):
        painter.drawLine(place(tick, 0), place(tick, 1))
        painter.drawLine(place(0, tick), place(1, tick))
    painter.setPen(QPen(QColor("#6b7280"), 2, Qt.PenStyle.DashLine))
    painter.drawLine(place(0, 0), place(1, 1))
    painter.setPen(QColor("#111827"))
    middle = Qt.AlignmentFlag.AlignCenter
    for tick in np.linspace(0, 1, 6):
        below, beside = place(tick, 0), place(0, tick)
        painter.drawText(QRectF(below.x() - 30, below.y() + 4, 60, 24), middle, f"{tick:.1f}")
        painter.drawText(QRectF(beside.x() - 48, beside.y() - 12, 40, 24), middle, f"{tick:.1f}")
    painter.drawText(QRectF(0, size - 42, size, 28), middle, "Probability told")
    painter.drawText(QRectF(0, 16, size, 28), middle, "Share of captions that were right")
    order = np.argsort(told, kind="stable")
    for part in np.array_split(order, BINS):
        x, y = float(told[part].mean()), float(right[part].mean())
        error = (max(y * (1 - y), 0.25 / len(part)) / len(part)) ** 0.5
        painter.setPen(QPen(QColor("#2563eb"), 2))
        painter.drawLine(place(x, max(0.0, y - error)), place(x, min(1.0, y + error)))
        painter.setBrush(QColor("#2563eb"))
        painter.drawEllipse(place(x, y), 6, 6)
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not image.save(str(path)):
        sys.exit(f"{path} could not be written")
    print(f"drawn: {path}")
    del app


if __name__ == "__main__":
    main()
