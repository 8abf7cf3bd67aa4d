"""Sound files of every shape: right samples, bounded memory, one sentence for every fault."""

from __future__ import annotations

import errno
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from core.audio import ffmpeg_program
from core.audio.files import (
    NATIVE_SUFFIXES,
    iterate_blocks,
    openable_suffixes,
    probe,
    read_audio,
)
from core.errors import AudioFileError


@pytest.fixture(autouse=True)
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg_program, "available", lambda: False)


def tone(seconds: float, rate: int, hertz: float = 440.0) -> np.ndarray[Any, Any]:
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def write(path: Path, samples: np.ndarray[Any, Any], rate: int, **options: Any) -> Path:
    soundfile.write(path, samples, rate, **options)
    return path


def cut(path: Path, fraction: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * fraction)])
    return path


FORMATS = [
    ("wav", {"subtype": "PCM_U8"}, 2e-2),
    ("wav", {"subtype": "PCM_16"}, 1e-4),
    ("wav", {"subtype": "PCM_24"}, 1e-6),
    ("wav", {"subtype": "FLOAT"}, 0),
    ("wav", {"subtype": "DOUBLE"}, 1e-7),
    ("flac", {}, 1e-4),
    ("aiff", {}, 1e-4),
    ("caf", {}, 1e-4),
    ("au", {}, 1e-4),
    ("w64", {}, 1e-4),
    ("ogg", {}, 3e-2),
    ("opus", {"format": "OGG", "subtype": "OPUS"}, 5e-2),
    ("mp3", {}, 3e-2),
]


@pytest.mark.parametrize(("suffix", "options", "tolerance"), FORMATS)
def test_reads_the_usual_formats(
    tmp_path: Path, suffix: str, options: dict[str, str], tolerance: float
) -> None:
    samples = tone(1.0, 48_000)
    path = write(tmp_path / f"Ton ü.{suffix}", samples, 48_000, **options)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames) == (48_000, 1, 48_000)
    assert info.duration == pytest.approx(1.0)
    waveform = read_audio(path)
    assert waveform.samples.dtype == np.float32
    assert waveform.duration == pytest.approx(1.0)
    # Lossy codecs take a moment to settle.
    np.testing.assert_allclose(waveform.samples[4800:-4800], samples[4800:-4800], atol=tolerance)
    assert f".{suffix}" in NATIVE_SUFFIXES


def test_mono_is_the_mean_of_eight_channels(tmp_path: Path) -> None:
    channels = np.stack([tone(0.5, 44_100, 100.0 * (c + 1)) * c / 8 for c in range(8)], axis=1)
    path = write(tmp_path / "eight.wav", channels, 44_100, subtype="FLOAT")
    assert probe(path).channels == 8
    np.testing.assert_allclose(read_audio(path).samples, channels.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 96_000, 384_000])
@pytest.mark.parametrize("seconds", [0.05, 1.3])
def test_any_rate_and_length_resamples(tmp_path: Path, rate: int, seconds: float) -> None:
    path = write(tmp_path / "tone.wav", tone(seconds, rate), rate, subtype="FLOAT")
    waveform = read_audio(path, sample_rate=16_000)
    assert waveform.sample_rate == 16_000
    assert len(waveform.samples) == pytest.approx(seconds * 16_000, abs=1)
    inner = slice(len(waveform.samples) // 4, -len(waveform.samples) // 4)
    expected = tone(seconds, 16_000)[: len(waveform.samples)]
    np.testing.assert_allclose(waveform.samples[inner], expected[inner], atol=5e-3)


def test_one_sample_is_a_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "click.wav", np.ones(1, np.float32), 48_000, subtype="FLOAT")
    assert len(read_audio(path).samples) == 1
    assert len(read_audio(path, sample_rate=8_000).samples) == 1


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_reads_a_part(tmp_path: Path, suffix: str) -> None:
    samples = tone(3.0, 16_000) * np.linspace(0, 1, 48_000, dtype=np.float32)
    path = write(tmp_path / f"long.{suffix}", samples, 16_000)
    part = read_audio(path, start=1.25, duration=0.5).samples
    np.testing.assert_allclose(part, samples[20_000:28_000], atol=1e-4)
    tail = read_audio(path, start=2.9, duration=5.0).samples
    np.testing.assert_allclose(tail, samples[46_400:], atol=1e-4)


def test_a_part_behind_the_end_says_how_long_the_file_is(tmp_path: Path) -> None:
    path = write(tmp_path / "short.wav", tone(1.0, 16_000), 16_000)
    with pytest.raises(AudioFileError, match=r"'short\.wav' is only 1\.00 s long .* at 4\.00 s"):
        read_audio(path, start=4.0)


@pytest.mark.parametrize(("start", "duration"), [(-1.0, None), (0.0, 0.0), (float("nan"), 1.0)])
def test_an_impossible_part_is_a_mistake_of_the_caller(
    tmp_path: Path, start: float, duration: float | None
) -> None:
    path = write(tmp_path / "short.wav", tone(1.0, 16_000), 16_000)
    with pytest.raises(ValueError, match="no such part"):
        read_audio(path, start=start, duration=duration)


def test_twenty_minutes_in_blocks_cost_the_memory_of_a_block(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    minute = np.repeat(tone(60.0, 8_000)[:, None], 2, axis=1)
    with soundfile.SoundFile(path, "w", 8_000, 2, "PCM_16") as file:
        for _ in range(20):
            file.write(minute)
    assert probe(path).duration == pytest.approx(1200)
    count = 0
    tracemalloc.start()
    for block in iterate_blocks(path, 10.0, 16_000):
        assert len(block) == 160_000
        count += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1200 * 16_000
    assert peak < 16e6  # the whole would be 77 MB


def test_blocks_join_to_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.flac", tone(3.3, 44_100), 44_100)
    blocks = list(iterate_blocks(path, 0.7, 16_000))
    assert [len(block) for block in blocks[:-1]] == [11_200] * 4
    np.testing.assert_array_equal(
        np.concatenate(blocks), read_audio(path, sample_rate=16_000).samples
    )


def test_blocks_may_be_left_at_any_time(tmp_path: Path) -> None:
    path = write(tmp_path / "tone.wav", tone(3.0, 16_000), 16_000)
    blocks = iterate_blocks(path, 0.5, 16_000)
    next(blocks)
    assert str(path) in {one.path for one in psutil.Process().open_files()}
    blocks.close()  # type: ignore[attr-defined]
    assert str(path) not in {one.path for one in psutil.Process().open_files()}


def test_missing_file(tmp_path: Path) -> None:
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError, match=r"There is no file '.*gone\.wav'"):
            read(tmp_path / "gone.wav")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="is a folder; choose a sound file in it"):
        read_audio(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioFileError, match=r"'empty\.wav' is an empty file \(0 bytes\)"):
        read_audio(tmp_path / "empty.wav")


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff", "raw", "txt"])
def test_text_that_says_it_is_sound(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"letter.{suffix}"
    path.write_text("Dear reader, this is not a sound at all.\n" * 100)
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError, match="damaged or is not a sound file"):
            read(path)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_files_of_one_byte_and_of_noise(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"noise.{suffix}"
    for content in (b"R", np.random.default_rng(1).bytes(5_000)):
        path.write_bytes(content)
        with pytest.raises(AudioFileError):
            read_audio(path)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff"])
def test_a_sound_of_zero_length(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"nothing.{suffix}", np.zeros(0, np.float32), 16_000)
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError):
            read(path)


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "w64", "caf", "flac"])
def test_a_file_cut_off_in_the_middle_is_refused(tmp_path: Path, suffix: str) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 64_000)
    path = cut(write(tmp_path / f"cut.{suffix}", samples, 16_000), 0.5)
    with pytest.raises(AudioFileError, match=r"'cut\.\w+' is (cut off|damaged)"):
        read_audio(path)


def test_a_cut_wav_says_what_is_left(tmp_path: Path) -> None:
    path = cut(write(tmp_path / "cut.wav", tone(4.0, 16_000), 16_000), 0.5)
    for read in (probe, read_audio):
        with pytest.raises(AudioFileError, match=r"cut off after 2\.0 s of about 4\.0 s"):
            read(path)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_what_is_left_of_a_cut_stream_is_read(tmp_path: Path, suffix: str) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 160_000)
    path = cut(write(tmp_path / f"cut.{suffix}", samples, 16_000), 0.6)
    assert 2.0 < read_audio(path).duration < 9.0


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_nothing_but_the_first_bytes(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"stub.{suffix}", tone(4.0, 16_000), 16_000)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(AudioFileError):
        read_audio(path)


def test_a_wav_written_into_a_pipe_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "piped.wav", tone(1.0, 16_000), 16_000)
    content = bytearray(path.read_bytes())
    for place in (4, 40):
        content[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert read_audio(path).duration == pytest.approx(1.0)


def test_a_flac_that_does_not_state_its_length(tmp_path: Path) -> None:
    path = write(tmp_path / "stream.flac", tone(1.0, 16_000), 16_000)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(AudioFileError, match="does not state its length"):
        read_audio(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    samples = tone(1.0, 16_000)
    samples[7_000] = value
    path = write(tmp_path / "bad.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(AudioFileError, match=r"'bad\.wav' contains samples that are no numbers"):
        read_audio(path)


def test_samples_far_beyond_full_scale(tmp_path: Path) -> None:
    unscaled = write(tmp_path / "int.wav", tone(1.0, 16_000) * 2**31, 16_000, subtype="FLOAT")
    assert len(read_audio(unscaled).samples) == 16_000
    path = write(tmp_path / "bad.wav", -1e30 * tone(1.0, 16_000), 16_000, subtype="FLOAT")
    with pytest.raises(AudioFileError, match=r"'bad\.wav' contains samples far beyond full scale"):
        read_audio(path)


def test_an_absurd_sample_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "slow.wav", tone(1.0, 16_000), 10)
    with pytest.raises(AudioFileError, match="sample rate of 10 Hz"):
        probe(path)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "secret.wav", tone(0.1, 16_000), 16_000)

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioFileError, match=r"no permission to read '.*secret\.wav'"):
        read_audio(path)


def test_a_broken_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "far.wav", tone(0.1, 16_000), 16_000)

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioFileError, match="Input/output error"):
        read_audio(path)


def test_formats_for_ffmpeg_name_it(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(AudioFileError, match=r"'song\.m4a' .* M4A files, install FFmpeg \(pip"):
        read_audio(path)
    assert ".m4a" not in openable_suffixes()


def test_every_sentence_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.flac").touch()
    (tmp_path / "text.ogg").write_text("text")
    for path in (tmp_path, tmp_path / "gone", tmp_path / "empty.flac", tmp_path / "text.ogg"):
        with pytest.raises(AudioFileError) as error:
            read_audio(path)
        assert "\n" not in str(error.value)
        assert str(error.value).endswith(".")


def test_reading_sound_imports_no_torch() -> None:
    code = "import sys, core.audio.files; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
