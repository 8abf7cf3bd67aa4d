from __future__ import annotations

from pathlib import Path

from core.notes import Notes, notes_file, read_notes, tags_of, write_notes


def test_notes_lie_beside_what_they_are_about(tmp_path: Path) -> None:
    checkpoint = tmp_path / "best.safetensors"
    checkpoint.write_bytes(b"x")
    notes = Notes("Glücksfall", tags_of(" paper, seed 1,paper, "), "As in table 2.\nKeep.")
    assert notes.tags == ("paper", "seed 1")
    for path in (tmp_path, checkpoint):
        assert read_notes(path) == Notes()
        write_notes(path, notes)
        assert read_notes(path) == notes
        write_notes(path, Notes())
        assert not notes_file(path).exists()
    notes_file(tmp_path).write_text("[1", encoding="utf-8")
    assert read_notes(tmp_path) == Notes()
