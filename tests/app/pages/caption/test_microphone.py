"""The microphone in a window, as real as it gets: PortAudio records what a sound server plays."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.pages.caption.page import CaptionPage
from app.studio import Studio
from core.audio import portaudio, takes
from core.audio.microphone import CapturedAudio, InputDevice
from core.audio.playback import list_outputs
from core.errors import AudioDeviceError
from core.models.checkpoint_files import CheckpointFile
from tests.virtual_microphone import RATE, VirtualMicrophone, available, virtual_microphone

from .conftest import Parrot

needs_sound_server = pytest.mark.skipif(not available(), reason="PulseAudio is not installed")
DEVICE = InputDevice(0, "Desk microphone", True, 16_000, 1)


@pytest.fixture
def page(
    studio: Studio, qtbot: QtBot, parrot: Parrot, checkpoints: list[CheckpointFile]
) -> Iterator[CaptionPage]:
    widget = CaptionPage(studio, load=lambda _path: parrot)
    qtbot.addWidget(widget)
    widget.resize(1200, 665)
    widget.show()
    yield widget
    parrot.gate.set()
    widget.hide()


@pytest.fixture
def server() -> Iterator[VirtualMicrophone]:
    with virtual_microphone() as running:
        yield running


def show(page: CaptionPage, qtbot: QtBot) -> None:
    page.sides.buttons["microphone"].click()
    pane = page.microphone_pane
    qtbot.waitUntil(
        lambda: pane.finder.known and pane.model_bar.checkpoints.count() == 2, timeout=20_000
    )


@needs_sound_server
def test_recording_is_captioned_saved_and_the_same(
    page: CaptionPage, server: VirtualMicrophone, tmp_path: Path, qtbot: QtBot
) -> None:
    played = 0.4 * np.random.default_rng(0).uniform(-1, 1, 2 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", played, RATE, subtype="PCM_16")
    show(page, qtbot)
    pane = page.microphone_pane
    pane.bar.form.window_length.setValue(2.0)
    pane.bar.form.hop.setValue(1.0)
    assert pane.bar.devices.count() > 1
    pane.bar.button.click()
    # The first block, whenever it comes.
    qtbot.waitUntil(lambda: pane.spectrogram.span[1] > 0, timeout=30_000)
    assert pane.recorder.recording
    player = server.play(tmp_path / "noise.wav")
    qtbot.waitUntil(lambda: player.poll() is not None, timeout=30_000)
    assert player.returncode == 0
    # While it records, nobody may start PortAudio anew.
    assert portaudio.recording()
    assert list_outputs(refresh=True)
    assert not pane.bar.refresh.isEnabled()
    spoken = "a dog"
    qtbot.waitUntil(
        lambda: any(label[2] == spoken for label in pane.captions.labels), timeout=30_000
    )
    pane.bar.button.click()
    qtbot.waitUntil(lambda: not pane.recorder.busy, timeout=30_000)
    take = pane.recorder.take
    assert take is not None and take.saved is not None
    assert take.dropped == 0
    samples, rate = soundfile.read(take.saved, dtype="float32")
    assert rate == RATE
    assert len(samples) == round(take.seconds * RATE)
    place = _place_of(played, samples)
    again = samples[place : place + len(played)]
    assert len(again) == len(played)
    assert np.corrcoef(again, played)[0, 1] > 0.999
    # The captions lie beside it, each with its time.
    lines = takes_lines(take.saved)
    assert any(line["caption"] == spoken for line in lines)
    assert all(line["lag"] >= 0 for line in lines)
    # Every moment of the take has its window, up to its end.
    assert lines[-1]["end"] == pytest.approx(take.seconds, abs=0.11)
    assert take.saved.with_suffix(".srt").exists()
    assert pane.captions.sentence.text() == spoken
    assert not portaudio.recording()
    pane.take_bar.open.click()
    assert page.sides.value == "files"
    saved = take.saved
    qtbot.waitUntil(lambda: page.files_pane.files.find(saved) is not None)


@needs_sound_server
def test_unplugged_microphone_keeps_the_take(
    page: CaptionPage, server: VirtualMicrophone, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.audio.microphone.STALL_SECONDS", 0.5)
    show(page, qtbot)
    pane = page.microphone_pane
    pane.record()
    qtbot.waitUntil(lambda: pane.spectrogram.span[1] > 0, timeout=30_000)
    server.stop()
    qtbot.waitUntil(lambda: not pane.recorder.busy, timeout=30_000)
    assert "stopped sending sound" in pane.banner.label.text()
    assert "kept" in pane.banner.label.text()
    take = pane.recorder.take
    assert take is not None and take.saved is not None
    assert soundfile.info(take.saved).frames > 0
    # The rest of the page works on.
    page.sides.buttons["files"].click()
    assert page.files_pane.isVisible()


# ---- without any sound server: a microphone that says what a test wants ------------------------


class Scripted:
    """Gives a block each time it is asked; `problem` is raised once they are out."""

    name, sample_rate = "Desk microphone", 16_000

    def __init__(self, blocks: list[np.ndarray], problem: str = "", dropped: int = 0) -> None:
        self.blocks, self.problem, self.dropped = blocks, problem, dropped
        self.rest = np.full(1600, 0.25, np.float32)
        self.stopped = False
        self._silence = threading.Event()

    def read(self, timeout: float) -> CapturedAudio | None:
        if self.blocks:
            dropped, self.dropped = self.dropped, 0
            return CapturedAudio(self.blocks.pop(0), 0.0, dropped)
        if self.problem:
            raise AudioDeviceError(self.problem)
        self._silence.wait(timeout)
        return None

    def stop(self) -> CapturedAudio | None:
        if self.stopped:
            return None
        self.stopped = True
        return CapturedAudio(self.rest, 0.0, 0)


def scripted(page: CaptionPage, source: Callable[[], Scripted], qtbot: QtBot) -> None:
    pane = page.microphone_pane
    pane.finder.find = lambda refresh: (DEVICE,)
    pane.recorder._open_source = lambda name, rate: source()
    show(page, qtbot)


def tone(seconds: float, amplitude: float = 0.5) -> np.ndarray:
    time = np.arange(round(16_000 * seconds)) / 16_000
    return (amplitude * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def test_the_wait_for_the_first_caption_is_told(
    page: CaptionPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Scripted([tone(0.5) for _ in range(7)])
    scripted(page, lambda: source, qtbot)
    pane = page.microphone_pane
    told: list[str] = []
    monkeypatch.setattr(pane.captions, "say", told.append)
    monkeypatch.setattr(pane.model_bar, "checkpoint", lambda: Path("any"))
    pane.record()
    hop = pane.bar.form.hop.value()
    hint = f"Listening: the first caption comes after {hop:g} s"
    qtbot.waitUntil(lambda: hint in told, timeout=20_000)
    pane.recorder.stop()
    qtbot.waitUntil(lambda: not pane.recorder.busy, timeout=20_000)


def test_nothing_is_lost_at_stop(page: CaptionPage, qtbot: QtBot) -> None:
    blocks = [tone(0.5) for _ in range(7)]
    source = Scripted(list(blocks))
    scripted(page, lambda: source, qtbot)
    pane = page.microphone_pane
    pane.record()
    qtbot.waitUntil(lambda: not source.blocks)
    pane.recorder.stop()
    qtbot.waitUntil(lambda: not pane.recorder.busy, timeout=20_000)
    take = pane.recorder.take
    assert take is not None and take.saved is not None
    samples, _ = soundfile.read(take.saved, dtype="float32")
    np.testing.assert_allclose(samples, np.concatenate([*blocks, source.rest]), atol=1e-6)
    last = takes_lines(take.saved)[-1]
    assert last["end"] == pytest.approx(3.6)
    # What could not change meanwhile can again, and says what it is.
    hop = pane.bar.form.hop
    assert hop.isEnabled() and hop.toolTip() == "From one caption to the next"


def test_quiet_is_not_captioned_and_loud_lights_the_light(page: CaptionPage, qtbot: QtBot) -> None:
    source = Scripted([tone(3.0, 1e-4), tone(3.0, 1.0)], dropped=2)
    scripted(page, lambda: source, qtbot)
    pane = page.microphone_pane
    pane.bar.form.window_length.setValue(3.0)
    pane.bar.form.hop.setValue(3.0)
    pane.bar.form.quiet.setValue(-60)
    pane.record()
    qtbot.waitUntil(lambda: pane.captions.table.rowCount() == 2, timeout=20_000)
    assert pane.captions.table.item(0, 1).text() == "quiet"
    assert pane.captions.table.item(1, 1).text() == "a dog"
    qtbot.waitUntil(lambda: pane.bar.meter.clipped)
    assert "lost sound 2 times" in pane.banner.label.text()
    qtbot.mouseClick(pane.bar.meter, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not pane.bar.meter.clipped)


@pytest.mark.parametrize(
    "sentence",
    [
        "The microphone 'x' does not take 12,000 Hz; choose another sample rate.",
        "The system does not let this program use a microphone; allow it in the settings.",
    ],
)
def test_refusal_is_told_and_recording_works_afterwards(
    page: CaptionPage, qtbot: QtBot, sentence: str
) -> None:
    def refuse() -> Scripted:
        raise AudioDeviceError(sentence)

    scripted(page, refuse, qtbot)
    pane = page.microphone_pane
    pane.record()
    qtbot.waitUntil(lambda: not pane.recorder.busy, timeout=20_000)
    assert pane.banner.label.text() == sentence
    assert not list(takes.takes_dir().glob("*.flac"))
    source = Scripted([tone(0.5)])
    pane.recorder._open_source = lambda name, rate: source
    pane.record()
    qtbot.waitUntil(lambda: not source.blocks)
    assert not pane.banner.isVisible()


def test_no_microphone_is_a_state_of_its_own(page: CaptionPage, qtbot: QtBot) -> None:
    def none(refresh: bool) -> tuple[InputDevice, ...]:
        raise AudioDeviceError("There is no microphone on this machine; connect one.")

    pane = page.microphone_pane
    pane.finder.find = none
    show(page, qtbot)
    assert pane.empty.isVisible()
    assert "no microphone" in pane.empty.sentence.text()
    assert not pane.bar.button.isEnabled()
    asked = []
    pane.finder.find = lambda refresh: asked.append(refresh) or (DEVICE,)
    pane.empty.button.click()
    qtbot.waitUntil(pane.bar.button.isEnabled)
    assert asked == [True]
    assert not pane.empty.isVisible()


def test_take_cut_short_by_a_crash_is_kept(page: CaptionPage, tmp_path: Path, qtbot: QtBot) -> None:
    folder = takes.takes_dir()
    folder.mkdir(parents=True)
    sound = tone(10.0)
    whole = tmp_path / "whole.flac"
    soundfile.write(whole, sound, 16_000, subtype="PCM_24")
    content = whole.read_bytes()
    (folder / "x.recording.flac").write_bytes(content[: len(content) // 2])
    scripted(page, lambda: Scripted([]), qtbot)
    pane = page.microphone_pane
    qtbot.waitUntil(pane.banner.isVisible, timeout=20_000)
    assert "x.flac" in pane.banner.label.text()
    samples, _ = soundfile.read(folder / "x.flac", dtype="float32")
    assert 16_000 < len(samples) < len(sound)
    np.testing.assert_allclose(samples, sound[: len(samples)], atol=1e-6)
    assert not list(folder.glob("*.recording.flac"))


def takes_lines(take: Path) -> list[dict]:
    text = take.with_name(take.stem + ".captions.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def _place_of(played: np.ndarray, samples: np.ndarray) -> int:
    """Return where a sound begins in a longer one, by cross-correlation."""
    size = 1 << (len(samples) + len(played)).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(played, size).conj()
    return int(np.fft.irfft(product, size)[: len(samples)].argmax())
