from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main


def test_all_known_files_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["convnext-tiny", "missing"],
        ["convnext-tiny-75k", "missing"],
        ["convnext-tiny-471", "missing"],
        ["dcase2024-baseline", "missing"],
        ["dcase2024-baseline-tokenizer", "missing"],
    ]


def test_a_file_of_another_content_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.pth"
    path.write_bytes(b"something else")
    assert main(["weights", "use", "convnext-tiny", str(path)]) == 2
    assert "MD5" in capsys.readouterr().err


def test_an_unknown_name_lists_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "download", "bigger"]) == 2
    assert "convnext-tiny-75k" in capsys.readouterr().err
