"""The position of a run, and the file that keeps it."""

from __future__ import annotations

from pathlib import Path

import torch

from core.training.state import Position, TrainingState, Unscored, load_state, save_state


def test_means_are_over_the_steps_that_have_a_term() -> None:
    position = Position()
    position.add({"ce": 1.0, "total": 3.0})
    position.add({"ce": 3.0, "total": 5.0, "late": 8.0})
    assert position.mean_losses() == {"ce": 2.0, "total": 4.0, "late": 8.0}


def test_an_epoch_begins_without_steps_and_losses() -> None:
    position = Position(epoch=2, step=9, step_in_epoch=3, best=1.5)
    position.add({"ce": 1.0})
    position.next_epoch()
    assert position == Position(epoch=3, step=9, best=1.5)


def test_a_position_is_read_as_it_was_written(tmp_path: Path) -> None:
    position = Position(
        epoch=2,
        step=9,
        best=1.5,
        top=[(1.5, 2), (1.7, 1)],
        unreported=[{"step": 9, "losses": {"ce": 1.0}}],
        unscored=Unscored(1, 6, ["a dog barks"]),
    )
    save_state(tmp_path / "state.pt", TrainingState(position, {}, {}, {}, ("a", "b")))
    state = load_state(tmp_path / "state.pt")
    assert state.position == position
    assert (state.position.reported_step, state.position.unscored_step) == (8, 6)
    assert state.parameters == ("a", "b")


def test_what_an_older_version_had_not_reported_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    waiting = [{"step": 9, "losses": {"ce": 1.0}}]
    save_state(path, TrainingState(Position(step=9, unreported=waiting), {}, {}, {}))
    content = torch.load(path, weights_only=True)
    content["position"]["untold"] = content["position"].pop("unreported")
    torch.save(content, path)
    assert load_state(path).position.unreported == waiting
