"""What may go wrong while a take is recorded, told while it does."""

from __future__ import annotations

from app.widgets.banner import Banner

DEAD_HINT = (
    "Nothing but digital silence comes: the microphone may be muted, or the system may not let "
    "this program hear it."
)
LOST_HINT = "The system lost sound {count} times because the machine was too busy."
SKIPPED_HINT = "{count} windows were skipped: the model was not ready, or is slower than the hop."


class TakeWarnings:
    """Keeps a banner in step with what is the matter."""

    def __init__(self, banner: Banner) -> None:
        self._banner = banner
        self._told = ""

    def begin(self) -> None:
        """Forget the take before."""
        self._banner.dismiss()
        self._told = ""

    def give_way(self) -> None:
        """Leave the banner to something else that was just said there."""
        self._told = ""

    def show(self, dropped: int, dead: bool, skipped: int) -> None:
        """Say how often sound was lost, that there is none, how many windows were skipped."""
        told = []
        if dropped:
            told.append(LOST_HINT.format(count=dropped))
        if dead:
            told.append(DEAD_HINT)
        if skipped:
            told.append(SKIPPED_HINT.format(count=skipped))
        sentence = " ".join(told)
        if sentence == self._told:
            return
        self._told = sentence
        if sentence:
            self._banner.show_message(sentence, tone="warning")
        else:
            self._banner.dismiss()
