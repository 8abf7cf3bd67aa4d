"""What goes on between the parts of the page: clips come, captions fill, scores follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.pages.compare.captioning import Captioning
from app.pages.compare.evaluating import unevaluated
from app.pages.compare.kept_captions import Found, Source, find_captions
from app.pages.compare.rows import ResultRow
from app.pages.compare.score_keeper import ScoreKeeper
from app.pages.compare.scoring import Scorable, SystemsScored
from app.pages.compare.source_bar import FILES
from app.pages.compare.sources import file_clips, split_clips
from app.pages.compare.work import (
    Answers,
    ComparedClip,
    KeepingLoader,
    Loader,
    SystemId,
    Task,
)

if TYPE_CHECKING:
    from app.pages.compare.page import ComparePage

NOT_CAPTIONED = "Caption the clips first: scores compare captions with their references."
IN_WORK = "The clips are being captioned; their scores follow."


class ComparisonController(QObject):
    """Owns the clips, the answers and the work on them; the page owns what is seen."""

    def __init__(self, page: ComparePage, load: Loader, metrics: Sequence[str] | None) -> None:
        super().__init__(page)
        self._page = page
        self._clips: list[ComparedClip] = []
        self._clips_wanted = self._looks = 0
        self._unevaluated: list[SystemId] = []
        self._told: list[str] = []
        self.answers = Answers()
        self.loader = KeepingLoader(load)
        jobs = page.studio.jobs
        self.captioning = Captioning(jobs, self.loader, self.answers, self)
        # A clip's beams are asked for in between, so they have a job of their own.
        self.explaining = Captioning(jobs, self.loader, self.answers, self)
        self.keeper = ScoreKeeper(jobs, page.model, metrics, self)
        self._connect()

    def _connect(self) -> None:
        page, work = self._page, self.captioning
        page.top.caption_clicked.connect(self.start)
        page.top.evaluate_clicked.connect(self.evaluate)
        page.top.stop_clicked.connect(work.stop)
        page.scores.caption_clicked.connect(self.start)
        page.scores.missing.installed.connect(self._metrics_installed)
        page.scores.missing.failed.connect(self.failed)
        page.clips.details.explain_wanted.connect(self.explain)
        work.advanced.connect(page.top.show_progress)
        work.busy_changed.connect(self._busy_changed)
        work.evaluated.connect(lambda _system: self._look())
        self.explaining.busy_changed.connect(page.clips.details.set_busy)
        for one in (work, self.explaining):
            one.answered.connect(self._answered)
            one.failed.connect(self.failed)
            one.system_failed.connect(self._system_failed)
            one.warned.connect(self.warn)
        self.keeper.started.connect(self._scoring_started)
        self.keeper.scored.connect(self._scored)
        self.keeper.cleared.connect(self._nothing_to_score)
        self.keeper.failed.connect(self.failed)

    # ---- what is compared ------------------------------------------------------------------

    def system_ids(self) -> list[SystemId]:
        """Return the compared systems, A first."""
        return [file.id for file in self._page.systems.selected()]

    def systems_changed(self) -> None:
        """Show other systems on the same clips."""
        self.loader.keep_only(self.system_ids())
        self._show_rows()
        self._look()

    def source_changed(self) -> None:
        """Look for the clips of another source."""
        source = self._page.source
        self._clips_wanted += 1
        number = self._clips_wanted
        self._page.clips.set_reading(True)
        if source.kind.value == FILES:
            self._set_clips(file_clips(source.files))
            return
        split = source.split_info()
        if split is None:
            self._set_clips([])
            return
        name, limit, root = source.dataset.currentText(), source.clips.value(), source.root()
        self._page.studio.jobs.run_quick(
            lambda: split_clips(name, split.name, limit, root),
            lambda clips: self._clips_found(number, clips),
            lambda *problem: self._clips_missing(number, *problem),
            self,
        )

    def _clips_found(self, number: int, clips: list[ComparedClip]) -> None:
        # Only the answer to the last question counts.
        if number == self._clips_wanted:
            self._set_clips(clips)

    def _clips_missing(self, number: int, sentence: str, details: str) -> None:
        if number == self._clips_wanted:
            self._page.clips.set_reading(False)
        self.failed(sentence, details)

    def _set_clips(self, clips: list[ComparedClip]) -> None:
        self._clips = clips
        self._page.clips.set_reading(False)
        where = self._page.source.where()
        self._page.scores.set_source(where.dataset, where.split)
        self._show_rows()
        self._look()

    def _show_rows(self) -> None:
        page = self._page
        titles = [file.label for file in page.systems.selected()]
        page.model.show_rows(self.system_ids(), titles, self._clips, self.answers)
        page.blind.set_source(page.source.where())
        self._refresh_controls()
        if not self.captioning.busy:
            self.keeper.update()

    # ---- captions that are there already -----------------------------------------------------

    def _look(self) -> None:
        """Look in a worker thread for kept evaluations and into tables."""
        systems, clips, source = self.system_ids(), self._clips, self._page.source.where()
        if not systems:
            return
        self._looks += 1
        number = self._looks
        split = self._page.source.split_info() if source.dataset else None
        partial = split is not None and len(clips) < split.clips
        self._page.studio.jobs.run_quick(
            lambda: (
                find_captions(systems, clips, source, partial),
                unevaluated(systems, source),
            ),
            lambda found: self._looked(number, source, *found),
            self.failed,
            self,
        )

    def _looked(
        self, number: int, source: Source, found: Found, unevaluated_now: list[SystemId]
    ) -> None:
        if number != self._looks:
            return
        self._unevaluated = unevaluated_now
        keys = set()
        for system, told in found.told.items():
            for key, one in told.items():
                before = self.answers.caption(system, key)
                # Kept scores are of kept captions, which therefore count.
                self.answers.put(
                    system, key, replace(one, caption=before.caption if before else None)
                )
                keys.add(key)
        for system, reason in found.missing.items():
            for clip in self._clips:
                self.answers.fail(system, clip.key, reason)
            keys.update(clip.key for clip in self._clips)
        fresh = [problem for problem in found.problems if problem not in self._told]
        self._told += fresh
        if fresh:
            self.warn(" ".join(fresh))
        self.keeper.take_kept(found.scores)
        self._page.model.update_rows(keys, self.answers)
        kept = [system for system in self.system_ids() if system in found.scores]
        if kept and source == self._page.source.where() and self._page.source.widen():
            # The whole split is captioned already: all of it is shown.
            return
        self._refresh_controls()
        self._page.clips.refresh()
        if not self.captioning.busy:
            self.keeper.update()

    # ---- work ------------------------------------------------------------------------------

    def start(self) -> None:
        """Let the systems caption what they have not captioned yet."""
        self._page.banner.dismiss()
        self.captioning.start(self.system_ids(), self._clips)

    def evaluate(self) -> None:
        """Evaluate the checkpoints that have not been evaluated on this split."""
        self._page.banner.dismiss()
        source, root = self._page.source.where(), self._page.source.root()
        self.captioning.evaluate(self._unevaluated, source, str(root or ""))

    def explain(self, row: ResultRow) -> None:
        """Find out beams and attention of one clip for every checkpoint."""
        systems = tuple(
            system
            for told, system in zip(row.captions, self._page.model.systems, strict=True)
            if told is not None and told.caption is None and not system.is_table
        )
        if systems:
            self.explaining.run_tasks([Task(row.clip, systems)])

    def _answered(self, keys: set[str]) -> None:
        self._page.model.update_rows(keys, self.answers)

    def _busy_changed(self, busy: bool) -> None:
        self._refresh_controls()
        if self._page.scores.found is None:
            self._say_why_unscored()
        if not busy:
            self._look()
            self.keeper.update()

    def _system_failed(self, _system: SystemId, message: str) -> None:
        self.warn(message)
        self._page.model.update_rows({clip.key for clip in self._clips}, self.answers)

    def _refresh_controls(self) -> None:
        left = self.captioning.left(self.system_ids(), self._clips)
        where = self._page.source.where()
        missing = len(self._unevaluated) if where.dataset else 0
        self._page.top.show_state(self.captioning.busy, left, bool(self._clips), missing)

    def failed(self, sentence: str, details: str = "") -> None:
        """Say in the page what went wrong."""
        self._page.banner.show_message(sentence, "danger", details)

    def warn(self, sentence: str) -> None:
        """Say in the page what is not as it should be; everything else goes on."""
        self._page.banner.show_message(sentence, "warning")

    # ---- scores ----------------------------------------------------------------------------

    def _scoring_started(self, work: Scorable) -> None:
        self._page.scores.start(work)

    def _scored(self, found: SystemsScored) -> None:
        self._page.model.set_scores(_by_clip(found))
        self._page.clips.scores_changed()
        self._page.scores.take(found, len(self._page.model.systems))

    def _nothing_to_score(self) -> None:
        self._page.model.set_scores({})
        self._page.clips.scores_changed()
        self._say_why_unscored()

    def _say_why_unscored(self) -> None:
        if self.captioning.busy:
            self._page.scores.clear(IN_WORK)
        else:
            self._page.scores.clear(NOT_CAPTIONED, "Caption")

    def _metrics_installed(self) -> None:
        self.keeper.forget()
        self.keeper.update()


def _by_clip(found: SystemsScored) -> dict[int, Mapping[str, Mapping[str, float]]]:
    """Return figures by system, metric and clip key."""
    return {
        number: {
            name: dict(zip(one.clips, map(float, values), strict=True))
            for name, values in one.per_clip.items()
        }
        for number, one in zip(found.numbers, found.scores, strict=True)
    }
