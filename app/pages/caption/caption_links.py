"""Between the sound and its captions: words light up moments, captions stand at their times."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.pages.caption.outputs import Timeline
from app.pages.caption.result_view import ResultView
from app.pages.caption.stage import Stage
from app.studio import Studio


class CaptionLinks(QObject):
    """Keeps the sound that is shown in step with what is said of it."""

    def __init__(self, studio: Studio, stage: Stage, result: ResultView, parent: QObject) -> None:
        super().__init__(parent)
        self._player, self._stage, self._result = studio.player, stage, result
        view = result.view
        view.word_entered.connect(self._on_word_entered)
        view.word_left.connect(stage.view.clear_attention)
        view.moment_chosen.connect(stage.listening.play_moment)
        result.timeline_changed.connect(self.refresh)
        result.segment_chosen.connect(self._on_segment)
        stage.view.lane.chosen.connect(self._on_lane)
        stage.listening.position_changed.connect(self._on_position)

    def refresh(self) -> None:
        """Show the segments of the timeline that is in front under the spectrogram."""
        output, view = self._result.output, self._stage.view
        segments = output.segments if isinstance(output, Timeline) else ()
        if self._stage.sound is not None:
            view.show_labels([(item.start, item.end, item.text) for item in segments])
            view.lane.set_current(self._result.timeline.current if segments else -1)

    def _on_word_entered(self, index: int) -> None:
        result = self._result.result
        if result is not None:
            weights = self._result.view.weights(index)
            self._stage.show_attention(weights, result.caption.frame_seconds, result.start)

    def _on_lane(self, index: int) -> None:
        self._result.select_segment(index)
        self._on_segment(index)

    def _on_segment(self, index: int) -> None:
        output = self._result.output
        if isinstance(output, Timeline):
            start = output.segments[index].start
            self._stage.view.lane.set_current(index)
            self._stage.listening.seek(start)
            self._stage.view.reveal(start)

    def _on_position(self, seconds: float) -> None:
        if isinstance(self._result.output, Timeline) and self._player.playing:
            lane = self._stage.view.lane
            index = lane.index_at(seconds)
            if index >= 0 and index != self._result.timeline.current:
                self._result.select_segment(index)
                lane.set_current(index)
