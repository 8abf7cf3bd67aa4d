"""What a blind test comes to, in words: with names at the end, without them before."""

from __future__ import annotations

from core.evaluation.blind import BlindSession


def result_sentence(session: BlindSession) -> str:
    """Say what a session came to, with names."""
    tally = session.tally()
    first, second = tally.wins
    if first + second == 0:
        return "No caption was preferred."
    best = 1 if second > first else 0
    share = tally.share
    value, low, high = share.value, share.low, share.high
    if best == 0:
        value, low, high = 1 - value, 1 - high, 1 - low
    one, other = session.titles[best], session.titles[1 - best]
    shown = low > 0.5
    told = f'"{one}" {"is" if shown else "was"} preferred to "{other}"'
    if first == second:
        told = f'"{one}" and "{other}" were preferred equally often'
    p_value = "p < 0.001" if tally.p_value < 0.001 else f"p = {tally.p_value:.3f}"
    return (
        f"{'' if shown else 'No preference shown: '}{told}, "
        f"{tally.wins[best]} to {tally.wins[1 - best]}: {100 * value:.0f} % of the decided clips, "
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %, {p_value}."
    )


def standing_sentence(session: BlindSession) -> str:
    """Say how it stands without saying who is who."""
    tally = session.tally()
    decided = sum(tally.wins)
    if not decided:
        return f"Nothing decided yet, {tally.ties} equal" if tally.ties else "Nothing decided yet"
    share = tally.share
    value, low, high = share.value, share.low, share.high
    if value < 0.5:
        value, low, high = 1 - value, 1 - high, 1 - low
    ahead, behind = max(tally.wins), min(tally.wins)
    return (
        f"{ahead} to {behind} for one of them, {tally.ties} equal: {100 * value:.0f} %, "
        f"95 % interval {100 * low:.0f} to {100 * high:.0f} %"
    )
