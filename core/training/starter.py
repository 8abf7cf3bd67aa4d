"""Building the starter checkpoint: encoder tuning, two training runs and an export.

Each training run is an ordinary one in its own folder, with curves like any other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.config import RunConfig, replace_fields
from core.data.simulated.texts import SHORT_STYLE
from core.errors import CheckpointError, StudioError
from core.events import Event
from core.files import read_json, write_bytes_atomic, write_json_atomic
from core.presets import load_preset
from core.runs import RunFolder, create_run, summarize

if TYPE_CHECKING:
    from core.training.encoder_tuning import TuningStep

STAGES = ("starter-tags-1", "starter-tags-2")
NAME = "Starter model"
FILE = "starter.safetensors"
# A quick build tests the procedure, not the result.
_QUICK = {"training.epochs": 1, "data.train_clips": 1500, "validation.caption_clips": 0}
# Decoding of the shipped model, chosen on a development set (resources/models/starter/README.md).
DECODING: dict[str, object] = {
    "strategy": "rerank",
    "start_words": SHORT_STYLE,
    "beam_size": 5,
    "samples": 10,
    "top_p": 0.9,
    "log_prob_weight": 1.2,
    "precision_weight": 4.0,
    "coverage_weight": 3.0,
    "order_weight": 1.0,
    "consensus_weight": 1.5,
}


def starter_file() -> Path:
    """Return the path of the shipped starter checkpoint."""
    return paths.resources_dir() / "models" / "starter" / FILE


def tune_starter(*, quick: bool = False) -> Iterator[TuningStep]:
    """Tune the encoder's last layers, unless an interrupted build has done so already.

    Raises `StudioError` when recordings or YAMNet's weights are missing.
    """
    from core.training.encoder_tuning import tune_encoder

    made = _tuning_file(quick)
    if not made.is_file():
        yield from tune_encoder(made, quick=quick)


def build_starter(
    output: Path, *, quick: bool = False, device: str = "auto"
) -> Iterator[tuple[RunFolder, Event]]:
    """Train both stages on the encoder of `tune_starter`; write model and encoder to `output`.

    An interrupted build is resumed, even in the middle of a stage. `quick` makes a useless model
    in a few minutes, to test the procedure.

    Yields
    ------
    tuple
        The run folder of the stage, and an event of its training.

    Raises
    ------
    StudioError
        As training does, or when the checkpoint cannot be written.
    """
    # Torch is needed for this alone; the module itself is light.
    from core.models.encoders.yamnet_tuning import FILE as TUNING_FILE
    from core.models.encoders.yamnet_tuning import use_tuning
    from core.training import resume_run, train_run

    known = _Known(paths.home() / "starter-build.json", quick)
    tuning = _tuning_file(quick)
    previous = ""
    with use_tuning(tuning):
        for stage in STAGES:
            config = _config(stage, previous, quick, device)
            run = known.run(stage, config)
            if run is None:
                run = create_run(config)
                known.keep(stage, run)
                events = train_run(config, run)
            else:
                events = resume_run(run)
            if not run.last.is_file() or summarize(run).state != "finished":
                for event in events:
                    yield run, event
            previous = str(run.last)
    written = export_starter(Path(previous), output)
    write_bytes_atomic(written.parent / TUNING_FILE, tuning.read_bytes())
    tuning.unlink()
    known.forget()


def _tuning_file(quick: bool) -> Path:
    """Return where a build in progress keeps the tuned layers of its encoder."""
    return paths.home() / ("starter-build-quick" if quick else "starter-build") / "encoder-tuning"


def export_starter(checkpoint: Path, output: Path) -> Path:
    """Write a stage's checkpoint for distribution: in half precision, without local paths.

    Raises `CheckpointError` when it cannot be read or written.
    """
    from core.models.checkpoints import load_checkpoint, save_checkpoint

    loaded = load_checkpoint(checkpoint)
    changes: dict[str, object] = {
        "name": NAME,
        "preset": STAGES[-1],
        "training.initial_checkpoint": "",
        "device": "auto",
        **{f"decoding.{name}": value for name, value in DECODING.items()},
    }
    config = replace_fields(loaded.config, changes)
    info = replace(
        loaded.info,
        origin="aac-studio starter build",
        notes="Trained on tags simulated from AudioCaps' captions and on the starter sounds; "
        "sources and licences: resources/models/starter/README.md.",
    )
    output = output / FILE if output.is_dir() or not output.suffix else output
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"The folder {output.parent} cannot be made ({error}).") from error
    save_checkpoint(output, loaded.model, config, loaded.tokenizer, info, half=True)
    return output


def _config(stage: str, previous: str, quick: bool, device: str) -> RunConfig:
    preset = load_preset(stage)
    changes: dict[str, object] = {"name": preset.title, "device": device}
    if previous:
        changes["training.initial_checkpoint"] = previous
    if quick:
        changes |= _QUICK
    return replace_fields(preset.config, changes)


class _Known:
    """The runs of an interrupted build, kept in a small file."""

    def __init__(self, path: Path, quick: bool) -> None:
        self._path, self._kind = path, "quick" if quick else "full"
        try:
            content = read_json(path)
        except (OSError, ValueError):
            content = {}
        self._content = content if isinstance(content, dict) else {}

    def run(self, stage: str, config: RunConfig) -> RunFolder | None:
        """Return the run of a stage, if there is one with exactly these settings."""
        name = self._content.get(f"{self._kind}/{stage}")
        folder = RunFolder(paths.runs_dir() / str(name))
        try:
            return folder if name and folder.config() == config else None
        except StudioError:
            return None

    def keep(self, stage: str, run: RunFolder) -> None:
        """Remember the run of a stage."""
        self._content[f"{self._kind}/{stage}"] = run.name
        write_json_atomic(self._path, self._content)

    def forget(self) -> None:
        """Let the next build start from scratch."""
        for stage in STAGES:
            self._content.pop(f"{self._kind}/{stage}", None)
        write_json_atomic(self._path, self._content)
