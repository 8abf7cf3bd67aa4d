"""A submission to the DCASE challenge (task 6): captions of the test set, and what made them.

Files are named ``<author>_<institute>_task6_submission_<n>_testing_output.csv`` (and
``..._analysis_output.csv``), with the columns ``file_name,caption_predicted`` and one row for each
sound, beside ``..._metadata.yaml``. Everything is checked before it is handed in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from core.config import RunConfig
from core.data.tables import read_text
from core.errors import DatasetError, MetricError
from core.evaluation.captioning import PARTIAL_FILE, caption_split
from core.evaluation.evaluate import evaluation_folder
from core.evaluation.evaluation_files import CaptionedClip, load_evaluation
from core.events import Event, Noted, Warned
from core.files import write_text_atomic
from core.models.checkpoint_header import CheckpointHeader, read_checkpoint_info

COLUMNS = ("file_name", "caption_predicted")
# The challenge's names of the two sets that it asks captions of.
OUTPUTS = {"test": "testing", "analysis": "analysis"}
# Our name of the split that the challenge calls development-testing.
DEVELOPMENT_TESTING = "evaluation"
MOST_SUBMISSIONS = 4
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who hands in: the corresponding author, and which of up to four systems this is."""

    last_name: str
    first_name: str
    email: str
    institute: str
    abbreviation: str
    location: str
    system_name: str
    number: int = 1

    @property
    def label(self) -> str:
        """What all files of the submission are named by."""
        return f"{self.last_name}_{self.abbreviation}_task6_submission_{self.number}"


def make_submission(
    checkpoint: Path,
    submitter: Submitter,
    folder: Path,
    *,
    dataset: str = "clotho",
    splits: Sequence[str] = ("test",),
    root: str = "",
    device: str = "auto",
) -> Iterator[Event]:
    """Caption the splits and write the files of a submission into `folder`.

    The metadata has the scores on the development-testing split if the checkpoint was evaluated on
    it before. Yields `Progress`, `Warned` and at last `Noted` with what was written. Closing it
    keeps what was captioned.

    Raises
    ------
    MetricError
        The submitter's particulars are not as the challenge wants them, or the result is not.
    CheckpointError, DatasetError, EncoderError
        As their loaders do.
    """
    check_submitter(submitter)
    header = read_checkpoint_info(checkpoint)
    from core.data.datasets import open_dataset

    opened = open_dataset(dataset, root or None)
    wanted = {split: [clip.id for clip in opened.clips(split)] for split in splits}
    for split in splits:
        partial = folder / f"{split}-{PARTIAL_FILE}"
        captioned: list[CaptionedClip] = []
        for item in caption_split(
            checkpoint, dataset, split, partial=partial, device_name=device, root=root
        ):
            if isinstance(item, Event):
                yield item
            else:
                captioned.append(item)
        path = output_path(folder, submitter.label, split)
        write_text_atomic(path, output_csv(captioned))
        problems = check_output(path, wanted[split])
        if problems:
            raise MetricError(f"{path.name} cannot be handed in: {problems[0]}")
        partial.unlink(missing_ok=True)
    scores = _kept_scores(checkpoint, dataset)
    write_text_atomic(
        folder / f"{submitter.label}_metadata.yaml", metadata_yaml(submitter, header, scores)
    )
    for problem in check_submission(folder, wanted):
        yield Warned(message=problem)
    yield Noted(message=f"The submission {submitter.label} is in {folder}.")


def check_submitter(submitter: Submitter) -> None:
    """Raise `MetricError` naming the first particular that the challenge would not take."""
    for what, text in (
        ("last name", submitter.last_name),
        ("abbreviation of the institute", submitter.abbreviation),
    ):
        if not _NAME.fullmatch(text):
            raise MetricError(
                f"The {what} '{text}' becomes part of file names: only letters, digits and hyphens."
            )
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", submitter.email):
        raise MetricError(f"'{submitter.email}' is not an e-mail address.")
    for what, text in (
        ("first name", submitter.first_name),
        ("institute", submitter.institute),
        ("location of the institute", submitter.location),
        ("name of the system", submitter.system_name),
    ):
        if not text.strip():
            raise MetricError(f"The {what} is missing.")
    if not 1 <= submitter.number <= MOST_SUBMISSIONS:
        raise MetricError(
            f"Submission number {submitter.number} is not allowed: 1 to {MOST_SUBMISSIONS} are."
        )


def output_path(folder: Path, label: str, split: str) -> Path:
    """Return the file of a split's captions."""
    return folder / f"{label}_{OUTPUTS.get(split, split)}_output.csv"


def output_csv(captioned: Sequence[CaptionedClip]) -> str:
    """Return the challenge's table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((item.clip, " ".join(item.caption.split())) for item in captioned)
    return text.getvalue()


def check_output(path: Path, clips: Sequence[str]) -> list[str]:
    """Return what is wrong with a table of captions for these clips, one sentence each."""
    try:
        text = read_text(path)
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except DatasetError as error:
        return [str(error)]
    except csv.Error as error:
        return [f"{path.name} is not a CSV file ({error})."]
    if not rows or tuple(rows[0]) != COLUMNS:
        return [f"{path.name}: the first line must be {','.join(COLUMNS)}."]
    problems = []
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        problems.append(f"{path.name} is not in UTF-8.")
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            problems.append(f"{path.name}, row {number}: {len(row)} cells instead of 2.")
            continue
        name, caption = row
        seen[name] = seen.get(name, 0) + 1
        if not caption.strip():
            problems.append(f"{path.name}, row {number}: {name} has no caption.")
        elif "\n" in caption:
            problems.append(f"{path.name}, row {number}: the caption of {name} has a line break.")
    wanted = set(clips)
    for what, names in (
        ("is missing", [name for name in clips if name not in seen]),
        ("is not in the set", [name for name in seen if name not in wanted]),
        ("stands more than once", [name for name, count in seen.items() if count > 1]),
    ):
        if names:
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            problems.append(f"{path.name}: {names[0]} {what}{more}.")
    return problems


def check_submission(folder: Path, clips: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with the submission in a folder, one sentence each; none is right.

    `clips` are the file names of each split that is handed in.
    """
    metadata = sorted(folder.glob("*_metadata.yaml"))
    if len(metadata) != 1:
        return [f"{folder} must hold one file ..._metadata.yaml, not {len(metadata)}."]
    label = metadata[0].name.removesuffix("_metadata.yaml")
    problems = []
    if not re.fullmatch(r"[A-Za-z0-9-]+_[A-Za-z0-9-]+_task6_submission_[1-4]", label):
        problems.append(
            f"{metadata[0].name} must be named author_institute_task6_submission_n_metadata.yaml."
        )
    text = read_text(metadata[0])
    found = re.search(r'^\s*label:\s*"?([^"\n]*)"?\s*$', text, re.MULTILINE)
    if found is None or found.group(1).strip() != label:
        problems.append(f"{metadata[0].name}: its label must be {label}, as in its name.")
    needed = ("authors", "lastname", "email", "affiliation", "total_parameters", "train_datasets")
    problems += [
        f"{metadata[0].name} lacks {key}."
        for key in needed
        if not re.search(rf"^[\s-]*{key}:", text, re.MULTILINE)
    ]
    for split, names in clips.items():
        path = output_path(folder, label, split)
        problems += check_output(path, names) if path.is_file() else [f"{path.name} is missing."]
    return problems


def metadata_yaml(
    submitter: Submitter, header: CheckpointHeader, scores: Mapping[str, float]
) -> str:
    """Return the challenge's description of a system, as far as the checkpoint holds it."""
    config, info = header.config, header.info
    content = {
        "submission": {
            "label": submitter.label,
            "name": submitter.system_name,
            "abbreviation": submitter.system_name[:10],
            "authors": [
                {
                    "lastname": submitter.last_name,
                    "firstname": submitter.first_name,
                    "email": submitter.email,
                    "corresponding": True,
                    "affiliation": {
                        "abbreviation": submitter.abbreviation,
                        "institute": submitter.institute,
                        "location": submitter.location,
                    },
                }
            ],
        },
        "system": {
            "description": {
                "acoustic_features": f"frame embeddings of {config.data.encoder}",
                "data_augmentation": f"mixup {config.training.mixup_alpha:g}"
                if config.training.mixup_alpha
                else None,
                "modelling": "transformer decoder",
                "loss_function": ", ".join(
                    ["cross-entropy", *(term.name for term in config.objectives)]
                ),
                "optimizer": "AdamW",
                "learning_rate": config.optimizer.learning_rate,
                "weight_decay": config.optimizer.weight_decay,
                "gradient_clipping": config.optimizer.clip_norm or None,
                "batch_size": config.training.batch_size * config.training.accumulate,
                "epochs": config.training.epochs,
                "metric_monitored": config.validation.monitor,
                "decoding": _decoding(config),
            },
            "complexity": {
                "total_parameters": header.parameters,
                "vocabulary_size": header.vocabulary_size,
            },
            "train_datasets": [{"name": config.data.dataset, "purpose": "training"}],
            "trained_epochs": info.epoch,
        },
        "results": {"development_testing": {name: scores[name] for name in sorted(scores)} or None},
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _kept_scores(checkpoint: Path, dataset: str) -> Mapping[str, float]:
    """Return the scores of an earlier evaluation on the development-testing split, if any."""
    try:
        return load_evaluation(evaluation_folder(checkpoint, dataset, DEVELOPMENT_TESTING)).corpus
    except MetricError:
        return {}


def _decoding(config: RunConfig) -> str:
    text = f"beam search, {config.decoding.beam_size} hypotheses"
    if config.decoding.strategy == "rerank":
        text += f" and {config.decoding.samples} samples, reranked by what the encoder hears"
    return text
