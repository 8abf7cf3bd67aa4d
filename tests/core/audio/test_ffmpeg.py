"""Formats that libsndfile does not read, written and decoded by the real FFmpeg."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core.audio import files
from core.audio.ffmpeg import open_ffmpeg
from core.audio.files import iterate_blocks, openable_suffixes, probe, read_audio
from core.errors import AudioFileError
from tests.real_ffmpeg import AAC, NEEDS_FFMPEG, encode, picture, run, sweep, write_wave

pytestmark = NEEDS_FFMPEG

Samples = np.ndarray[Any, Any]
SECONDS = 8.0
VIDEO = ("-c:v", "mpeg4", "-map", "1:v", "-map", "0:a")

# What writes each, and within how many seconds a part lies where it lies in the whole: some
# containers round their times to milliseconds.
LOSSY: dict[str, tuple[tuple[str, ...], float]] = {
    "aac.m4a": (AAC, 0.0),
    "aac.aac": (AAC, 0.0),
    "film.mp4": ((*picture(SECONDS), *VIDEO, *AAC), 0.0),
    "film.mkv": ((*picture(SECONDS), *VIDEO, "-c:a", "libopus"), 0.001),
    "opus.webm": (("-c:a", "libopus"), 0.001),
    "film.wmv": ((*picture(SECONDS), "-c:v", "wmv2", *VIDEO[2:], "-c:a", "wmav2"), 0.001),
    "wma.wma": (("-c:a", "wmav2"), 0.001),
    "film.avi": ((*picture(SECONDS), *VIDEO, "-c:a", "mp3"), 0.0),
    "film.mpg": ((*picture(SECONDS), "-r", "25", "-c:v", "mpeg1video", "-c:a", "mp2"), 0.0),
    "film.flv": ((*picture(SECONDS), "-c:v", "flv", *VIDEO[2:], *AAC), 0.001),
    "camera.mts": ((*picture(SECONDS), *VIDEO, *AAC, "-f", "mpegts"), 0.001),
    "dolby.ac3": (("-c:a", "ac3"), 0.0),
    "dolby.eac3": (("-c:a", "eac3"), 0.0),
}
LOSSLESS: dict[str, tuple[str, ...]] = {
    "alac.m4a": ("-c:a", "alac"),
    "flac.mkv": ("-c:a", "flac"),
    "pcm.mov": ("-c:a", "pcm_s16le"),
    "pack.wv": ("-c:a", "wavpack"),
}
ALL = (*LOSSY, *LOSSLESS)


@pytest.fixture(autouse=True)
def nothing_measured() -> None:
    files._measured.clear()


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wave(tmp_path_factory.mktemp("wave") / "sweep.wav", sweep(SECONDS))


@pytest.fixture(scope="module")
def made(wave: Path) -> Callable[[str], Path]:
    """Give the file of that name, written when it is first asked for."""

    def make(name: str) -> Path:
        path = wave.parent / name
        if not path.exists():
            encode(wave, path, *(LOSSLESS[name] if name in LOSSLESS else LOSSY[name][0]))
        return path

    return make


def lag(part: Samples, whole: Samples, expected: int) -> int:
    """By how many samples `part` lies behind where it is expected in `whole`."""
    reach = 5000
    first = max(expected - reach, 0)
    within = whole[first : expected + len(part) + reach]
    size = 1 << (len(within) + len(part)).bit_length()
    product = np.fft.irfft(np.fft.rfft(within, size) * np.conj(np.fft.rfft(part, size)))
    return int(product[: len(within) - len(part) + 1].argmax()) - (expected - first)


@pytest.mark.parametrize("name", LOSSY)
def test_the_sound_is_heard_as_it_was_written(
    name: str, made: Callable[[str], Path], wave: Path
) -> None:
    info = probe(made(name))
    decoded = read_audio(made(name))
    assert len(decoded.samples) == info.frames
    assert (info.sample_rate, info.channels) == (decoded.sample_rate, 2)
    assert info.format == Path(name).suffix[1:].upper()
    # Encoders fill their last block, and some leave their delay in the file.
    assert decoded.duration == pytest.approx(SECONDS, abs=0.12)
    original = read_audio(wave, decoded.sample_rate).samples
    middle = original[decoded.sample_rate * 2 : decoded.sample_rate * 3]
    shift = lag(middle, decoded.samples, decoded.sample_rate * 2)
    assert 0 <= shift < 0.1 * decoded.sample_rate
    heard = decoded.samples[decoded.sample_rate * 2 + shift :][: len(middle)]
    assert np.corrcoef(heard, middle)[0, 1] > 0.97
    assert Path(name).suffix in openable_suffixes()


def test_m4a_films_and_webm_have_no_delay(made: Callable[[str], Path], wave: Path) -> None:
    for name in ("aac.m4a", "film.mp4", "opus.webm"):
        decoded = read_audio(made(name))
        original = read_audio(wave, decoded.sample_rate).samples
        middle = original[decoded.sample_rate * 2 : decoded.sample_rate * 3]
        assert lag(middle, decoded.samples, decoded.sample_rate * 2) == 0
        assert decoded.duration == SECONDS


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_hold_the_very_samples(
    name: str, made: Callable[[str], Path], wave: Path
) -> None:
    expected, rate = soundfile.read(wave, dtype="float32", always_2d=True)
    with open_ffmpeg(made(name)) as stream:
        assert stream.sample_rate == rate
        np.testing.assert_array_equal(np.concatenate(list(stream.blocks(10_000))), expected)
    np.testing.assert_array_equal(read_audio(made(name)).samples, read_audio(wave).samples)
    info = probe(made(name))
    assert (info.frames, info.channels) == expected.shape


@pytest.mark.parametrize(
    ("rate", "channels", "options"),
    [
        (8_000, 1, ("-c:a", "alac")),
        (48_000, 6, ("-c:a", "pcm_s16le")),
        (96_000, 2, ("-c:a", "alac", "-sample_fmt", "s32p")),
        (22_050, 8, ("-c:a", "pcm_f32le")),
    ],
)
def test_other_rates_channels_and_depths(
    rate: int, channels: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    wave = tmp_path / "wave.wav"
    subtype = "FLOAT" if "pcm_f32le" in options else "PCM_24" if "s32p" in options else "PCM_16"
    soundfile.write(wave, sweep(0.5, rate, channels), rate, subtype=subtype)
    path = encode(wave, tmp_path / "sound.mov", *options)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames) == (rate, channels, rate // 2)
    np.testing.assert_array_equal(read_audio(path).samples, read_audio(wave).samples)
    assert read_audio(path, sample_rate=16_000).samples.shape == (8_000,)


@pytest.mark.parametrize("name", ALL)
def test_a_part_is_that_part_of_the_whole(name: str, made: Callable[[str], Path]) -> None:
    path = made(name)
    whole, rate = read_audio(path).samples, probe(path).sample_rate
    _, precision = LOSSY.get(name, ((), 0.001 if name.endswith("mkv") else 0.0))
    for start, length in ((0.02, 0.5), (3.1, 0.3), (5.01, 0.5), (6.345678, 1.2), (7.4, 3.0)):
        part = read_audio(path, start=start, duration=length).samples
        first = round(start * rate)
        expected = whole[first : first + round(length * rate)]
        slack = round(precision * rate)
        if start + length < SECONDS:
            assert len(part) == round(length * rate)
        assert len(part) == pytest.approx(len(expected), abs=slack)
        if slack:
            # The end of the file has nothing behind it to look for.
            part = part[: len(part) - slack]
            shift = lag(part, whole, first)
            assert abs(shift) <= slack
            expected = whole[first + shift : first + shift + len(part)]
        np.testing.assert_allclose(part, expected, atol=2e-3)


def test_blocks_of_a_part_join_to_it(made: Callable[[str], Path]) -> None:
    path = made("aac.m4a")
    blocks = list(iterate_blocks(path, 0.25, 16_000, 1.5, 2.0))
    assert [len(block) for block in blocks] == [4_000] * 8
    whole = read_audio(path, 16_000, 1.5, 2.0).samples
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_track_that_begins_later_than_the_pictures(
    suffix: str, wave: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"late{suffix}"
    options = (*picture(SECONDS), *VIDEO, "-c:a", "flac", "-strict", "-2")
    encode(wave, path, *options, before=("-itsoffset", "0.75"))
    whole, rate = read_audio(path).samples, 44_100
    silence = round(0.75 * rate)
    # Matroska's times are whole milliseconds.
    assert not whole[: silence - 50].any()
    assert len(whole) == pytest.approx(silence + SECONDS * rate, abs=50)
    assert lag(read_audio(wave, start=1.0, duration=0.5).samples, whole, silence + rate) == (
        pytest.approx(0, abs=50)
    )
    for start in (0.25, 2.5, 6.5):
        part = read_audio(path, start=start, duration=1.0).samples
        assert len(part) == rate
        assert lag(part, whole, round(start * rate)) == pytest.approx(0, abs=50)
    assert not read_audio(path, start=0.1, duration=0.2).samples.any()


def test_measuring_and_reading_at_once(
    made: Callable[[str], Path], wave: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (made("aac.m4a"), made("aac.aac"), made("aac.m4a"), wave):
        info, sound = files.probe_and_read(path, 10**9)
        assert info == probe(path)
        assert sound is not None and sound.sample_rate == info.sample_rate
        np.testing.assert_array_equal(sound.samples, read_audio(path).samples)
        assert files.probe_and_read(path, info.frames - 1) == (info, None)
    monkeypatch.setattr(files, "_MEASURED_SECONDS", 4.0)
    for name in ("aac.m4a", "aac.aac"):
        files._measured.clear()
        info, sound = files.probe_and_read(made(name), 10**9)
        assert info.duration == pytest.approx(SECONDS, abs=0.05)
        assert sound is not None and sound.duration == pytest.approx(SECONDS, abs=0.05)


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 1), (22_050, 2)])
def test_a_file_that_changes_on_its_way(
    rate: int, channels: int, made: Callable[[str], Path], tmp_path: Path
) -> None:
    other = write_wave(tmp_path / "other.wav", sweep(SECONDS, rate, channels), rate)
    encode(other, tmp_path / "other.aac", *AAC)
    path = tmp_path / "both.aac"
    path.write_bytes(made("aac.aac").read_bytes() + (tmp_path / "other.aac").read_bytes())
    whole = read_audio(path).samples
    assert len(whole) == pytest.approx(2 * SECONDS * 44_100, abs=0.2 * 44_100)
    for second in range(int(2 * SECONDS)):
        assert np.abs(whole[second * 44_100 :][:44_100]).max() > 0.1
    # Alone, a part has the rate that it is stored with.
    part = read_audio(path, 44_100, SECONDS + 3.0, 1.0).samples
    assert abs(lag(part, whole, round((SECONDS + 3.0) * 44_100))) < 0.05 * 44_100


def test_of_two_tracks_the_first(wave: Path, tmp_path: Path) -> None:
    other = write_wave(tmp_path / "other.wav", sweep(SECONDS)[::-1])
    path = tmp_path / "two.mkv"
    run("-i", other, "-i", wave, "-map", "0:a", "-map", "1:a", "-c:a", "flac", path)
    np.testing.assert_array_equal(read_audio(path).samples, read_audio(other).samples)


@pytest.mark.parametrize(
    "name",
    [
        "with spaces and Ümläute, naïve, 音.m4a",
        "-leading dash.m4a",
        "100%d %03d.m4a",
        "it's; $HOME & (brackets) [1] #.m4a",
        *(() if sys.platform == "win32" else ('"quoted" `x` \\.m4a', "http:one|two*?.m4a")),
        *(("concat:line\nbreak.m4a", os.fsdecode(b"\xff.m4a")) if sys.platform == "linux" else ()),
    ],
)
def test_names(
    name: str, made: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(made("alac.m4a").read_bytes())
    monkeypatch.chdir(tmp_path)
    for spelled in (path, Path(name)):
        assert probe(spelled).duration == SECONDS
        assert read_audio(spelled, start=2.0, duration=1.0).duration == 1.0


def test_long_files_are_not_decoded_to_be_measured(
    made: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MEASURED_SECONDS", 1.0)
    for name in ALL:
        seconds = read_audio(made(name)).duration
        # An MPEG film states the length of its pictures; a file states what its encoder added.
        assert probe(made(name)).duration == pytest.approx(seconds, abs=0.15)


def test_a_film_is_as_long_as_its_sound(
    wave: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encode(wave, tmp_path / "film.mp4", *picture(2 * SECONDS), *VIDEO, *AAC)
    assert probe(path).duration == pytest.approx(SECONDS, abs=0.05)
    monkeypatch.setattr(files, "_MEASURED_SECONDS", 1.0)
    assert probe(path).duration == pytest.approx(SECONDS, abs=0.05)


def test_lengths_that_can_only_be_guessed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Silence takes few bits, so the length of the whole cannot be told from the beginning's.
    sound = sweep(20.0)
    sound[: 15 * 44_100] = 0.0
    wave = write_wave(tmp_path / "wave.wav", sound)
    monkeypatch.setattr(files, "_MEASURED_SECONDS", 5.0)
    path = encode(wave, tmp_path / "varying.aac", *AAC)
    assert probe(path).duration == pytest.approx(20.0, abs=0.1)
    # As browsers write it: into a pipe, without a length.
    path = encode(wave, tmp_path / "live.webm", "-c:a", "libopus", "-live", "1")
    assert probe(path).duration == pytest.approx(20.0, abs=0.1)
    assert read_audio(path).duration == pytest.approx(20.0, abs=0.1)


def test_a_part_behind_the_end(made: Callable[[str], Path]) -> None:
    for name in ("aac.m4a", "aac.aac", "film.mkv", "wma.wma"):
        for start in (SECONDS + 0.5, 100.0):
            with pytest.raises(AudioFileError, match=f"has no sound at {start:.2f} s; choose an"):
                read_audio(made(name), start=start, duration=0.5)


def refused(path: Path) -> str:
    sentences = set()
    for read in (probe, read_audio, lambda path: list(iterate_blocks(path, 1.0, 16_000))):
        with pytest.raises(AudioFileError) as error:
            read(path)
        sentences.add(str(error.value))
    (sentence,) = sentences
    assert "\n" not in sentence
    return sentence


def test_a_silent_film(wave: Path, tmp_path: Path) -> None:
    run(*picture(2.0), "-c:v", "mpeg4", tmp_path / "mute.mp4")
    assert refused(tmp_path / "mute.mp4") == "'mute.mp4' has no sound track; choose another file."


@pytest.mark.parametrize("name", ["text.m4a", "text.wma", "text.aac", "text.mkv", "text.xyz"])
def test_what_is_no_sound(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("Dear diary,\ntoday I heard a dog.\n" * 100)
    assert "damaged or is not a sound file" in refused(path)


@pytest.mark.parametrize("measured", [120.0, 1.0])
def test_files_that_are_cut_off(
    measured: float, made: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MEASURED_SECONDS", measured)

    def cut(path: Path, name: str) -> Path:
        content = path.read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        return tmp_path / name

    assert "is damaged" in refused(cut(made("aac.m4a"), "head-at-the-end.m4a"))
    first = encode(made("aac.m4a"), tmp_path / "a.m4a", "-c", "copy", "-movflags", "+faststart")
    for path in (first, made("opus.webm"), made("film.mkv")):
        sentence = refused(cut(path, f"half{path.suffix}"))
        assert sentence.endswith("is cut off before its end at 8.0 s; copy or download it again.")
    # What is there can still be had in parts.
    assert read_audio(tmp_path / "half.m4a", start=0.5, duration=1.0).duration == 1.0
    # Formats without a length end where they end.
    assert 3 < probe(cut(made("aac.aac"), "half.aac")).duration < 5


def test_damage_within_a_file_is_survived_or_told(
    made: Callable[[str], Path], tmp_path: Path
) -> None:
    generator = np.random.default_rng(3)
    for name in ("aac.m4a", "aac.aac", "film.mkv", "wma.wma", "dolby.ac3", "alac.m4a"):
        content = bytearray(made(name).read_bytes())
        for place in generator.integers(len(content) // 4, len(content) * 3 // 4, 40):
            content[place] ^= 0xFF
        path = tmp_path / name
        path.write_bytes(content)
        try:
            sound = read_audio(path)
        except AudioFileError as error:
            assert name in str(error)
        else:
            assert np.isfinite(sound.samples).all()
            assert 1 < sound.duration < 2 * SECONDS
