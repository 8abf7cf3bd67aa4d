"""``caption --microphone``: a real one through PortAudio, and those that fail, by script."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio.choose_input import choose_input
from core.audio.microphone import CapturedAudio, InputDevice
from core.cli import caption_microphone, main
from core.errors import AudioDeviceError
from core.live import captions_path
from tests.virtual_microphone import RATE, available, virtual_microphone

DEVICE = InputDevice(3, "Desk microphone", True, 16_000, 1)
HEADSET = InputDevice(7, "Headset microphone", False, 48_000, 1)


class Scripted:
    """Gives its blocks, then what `end` does; holds a rest back for the stop."""

    name, sample_rate = "Desk microphone", 16_000

    def __init__(
        self, blocks: list[np.ndarray], problem: str = "", interrupt: bool = False
    ) -> None:
        self.blocks, self.problem, self.interrupt = blocks, problem, interrupt
        self.rest: np.ndarray | None = np.full(1600, 0.25, np.float32)
        self._silence = threading.Event()

    def read(self, timeout: float) -> CapturedAudio | None:
        if self.blocks:
            return CapturedAudio(self.blocks.pop(0), 0.0, 0)
        if self.problem:
            raise AudioDeviceError(self.problem)
        if self.interrupt:
            self.interrupt = False
            os.kill(os.getpid(), signal.SIGINT)
        self._silence.wait(timeout)
        return None

    def stop(self) -> CapturedAudio | None:
        rest, self.rest = self.rest, None
        return None if rest is None else CapturedAudio(rest, 0.0, 0)


def tone(seconds: float, amplitude: float = 0.3) -> np.ndarray:
    time = np.arange(round(16_000 * seconds)) / 16_000
    return (amplitude * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def use(monkeypatch: pytest.MonkeyPatch, source: Scripted | AudioDeviceError) -> list[object]:
    asked: list[object] = []

    def open_source(name: str, rate: int) -> Scripted:
        asked.append((name, rate))
        if isinstance(source, AudioDeviceError):
            raise source
        return source

    monkeypatch.setattr(caption_microphone, "list_inputs", lambda: (DEVICE, HEADSET))
    monkeypatch.setattr(caption_microphone, "Microphone", open_source)
    return asked


@pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
def test_what_is_played_is_recorded_and_captioned(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = 0.4 * np.random.default_rng(0).uniform(-1, 1, 20 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", played, RATE, subtype="PCM_16")
    take = tmp_path / "take.flac"
    options = ["--seconds", "2", "--window", "1", "--hop", "1", "--save", str(take)]
    with virtual_microphone() as server:
        assert main(["caption", "--list-devices"]) == 0
        assert "default" in capsys.readouterr().out
        assert main(["caption", "--microphone", "--rate", "700000"]) == 2
        assert "does not take 700,000 Hz" in capsys.readouterr().err
        server.play(tmp_path / "noise.wav")
        assert main(["caption", "--microphone", *options]) == 0
    samples, rate = soundfile.read(take, dtype="float32")
    assert rate == RATE
    assert len(samples) >= 2 * RATE
    # The last second of the take lies somewhere in what was played, and is the same.
    heard = samples[-RATE:]
    size = 1 << (len(played) + len(heard)).bit_length()
    product = np.fft.rfft(played, size) * np.fft.rfft(heard, size).conj()
    place = int(np.fft.irfft(product, size)[: len(played)].argmax())
    assert np.corrcoef(heard, played[place : place + len(heard)])[0, 1] > 0.999
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert float(rows[0][0]) == 0.0
    assert all(len(row) == 4 and row[2] and float(row[3]) >= 0 for row in rows)
    lines = (tmp_path / "take.captions.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["end"] == pytest.approx(len(samples) / RATE, abs=0.11)
    assert (tmp_path / "take.srt").exists()


def test_ctrl_c_keeps_every_sample_and_writes_every_export(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = [tone(0.5) for _ in range(5)]
    asked = use(monkeypatch, Scripted(list(blocks), interrupt=True))
    kinds = ("srt", "vtt", "csv", "json", "labels", "jsonl")
    outs = {kind: tmp_path / "new" / f"out.{kind}" for kind in kinds}
    options = [part for kind, out in outs.items() for part in (f"--{kind}", str(out))]
    take = tmp_path / "take.flac"
    command = ["caption", "--microphone", "--input", "head", "--save", str(take), *options]
    assert main([*command, "--window", "1", "--hop", "1"]) == 0
    assert asked == [("Headset microphone", 0)]
    samples, _ = soundfile.read(take, dtype="float32")
    rest = np.full(1600, 0.25, np.float32)
    np.testing.assert_allclose(samples, np.concatenate([*blocks, rest]), atol=1e-6)
    assert all(out.stat().st_size for out in outs.values())
    lines = [json.loads(line) for line in outs["jsonl"].read_text().splitlines()]
    assert lines[-1]["end"] == pytest.approx(2.6)
    assert (tmp_path / "take.captions.jsonl").read_text() == outs["jsonl"].read_text()
    with outs["csv"].open(newline="") as stream:
        assert float(list(csv.DictReader(stream))[-1]["end_s"]) == pytest.approx(2.6)
    shown = capsys.readouterr()
    assert float(shown.out.splitlines()[-1].split("\t")[1]) == pytest.approx(2.6)
    assert f"take saved in {take}" in shown.err
    # A take is never replaced.
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err


def test_an_unplugged_microphone_keeps_what_was_heard(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentence = "The microphone 'Desk microphone' stopped sending sound; connect it."
    use(monkeypatch, Scripted([tone(1.5)], problem=sentence))
    take, out = tmp_path / "take.flac", tmp_path / "out.srt"
    options = ["--save", str(take), "--srt", str(out), "--window", "1", "--hop", "1"]
    assert main(["caption", "--microphone", *options]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == sentence
    assert soundfile.info(take).duration == pytest.approx(1.6)
    assert out.read_text().startswith("1\n")


def test_nothing_is_said_of_quiet_and_nothing_kept_unless_asked_for(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    use(monkeypatch, Scripted([tone(1.0, 1e-4), tone(1.0)], interrupt=True))
    assert main(["caption", "--microphone", "--window", "1", "--hop", "1", "--quiet", "-40"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("1.00\t2.00\t")
    assert "1 too quiet" in shown.err
    assert not list(tmp_path.glob("*.flac"))


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no microphone on this machine; connect one and look again.",
        "The microphone 'x' does not take 12,000 Hz; choose another sample rate.",
    ],
)
def test_a_refusal_is_one_sentence_and_leaves_nothing(
    sentence: str,
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use(monkeypatch, AudioDeviceError(sentence))
    folder = tmp_path / "here"
    options = ["--save", str(folder / "take.flac"), "--csv", str(folder / "out.csv")]
    assert main(["caption", "--microphone", *options]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", sentence + "\n")
    assert list(folder.iterdir()) == []


def test_without_portaudio_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    for option in ("--list-devices", "--microphone"):
        assert main(["caption", option]) == 2
        shown = capsys.readouterr()
        assert "PortAudio library is missing" in shown.err
        assert shown.err.count("\n") == 1


def test_a_take_is_flac(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", "--microphone", "--save", "rain.wav"]) == 2
    assert "rain.flac" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["csv", "srt", "json", "jsonl"])
def test_no_output_replaces_the_take(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = tmp_path / "take.flac"
    for out in (take, captions_path(take)):
        assert main(["caption", "--microphone", "--save", str(take), f"--{kind}", str(out)]) == 2
        assert f"{out} is named for two outputs" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_take_that_a_crash_cut_short_is_made_whole_and_not_replaced(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use(monkeypatch, Scripted([tone(1.0)]))
    soundfile.write(tmp_path / "whole.flac", tone(10.0), 16_000, subtype="PCM_24")
    content = (tmp_path / "whole.flac").read_bytes()
    take, cut = tmp_path / "take.flac", tmp_path / "take.recording.flac"
    cut.write_bytes(content[: len(content) // 2])
    assert main(["caption", "--microphone", "--save", str(take)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"What a crash left of {take} is whole again."
    assert said[-1] == f"{take} is there already; name another file for the take."
    assert 1.0 < soundfile.info(take).duration < 10.0 and not cut.exists()


@pytest.mark.parametrize(
    ("text", "index"),
    [("", 3), ("7", 7), ("headset MICROPHONE", 7), ("desk", 3), (" 3 ", 3)],
)
def test_a_microphone_is_found_by_name_part_or_number(text: str, index: int) -> None:
    assert choose_input((DEVICE, HEADSET), text).index == index


@pytest.mark.parametrize(("text", "reason"), [("microphone", "may be"), ("5", "no microphone '5'")])
def test_a_microphone_that_is_not_meant_clearly_is_told(text: str, reason: str) -> None:
    with pytest.raises(AudioDeviceError, match=reason):
        choose_input((DEVICE, HEADSET), text)
