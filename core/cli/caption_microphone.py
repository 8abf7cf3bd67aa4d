"""``aac-studio caption --microphone``: captions of what is heard, while it is heard."""

from __future__ import annotations

import argparse
import math
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from core.audio.choose_input import choose_input
from core.audio.microphone import InputDevice, Microphone, list_inputs
from core.audio.takes import SUFFIX, growing, recover_takes
from core.captions import Caption
from core.cli.caption_timeline import settings_of, write_timeline
from core.cli.checkpoint_option import chosen_checkpoint, chosen_decoding
from core.cli.live_options import quiet_db
from core.cli.microphone_status import StatusLine
from core.cli.output import Interrupt, interruptible, libraries_silenced, path_text, table
from core.cli.output_places import check_places, check_writable, outputs_of, write_text
from core.errors import StudioError
from core.live import (
    LiveCaptioned,
    LiveMonitor,
    LiveWindows,
    Recording,
    SoundSource,
    asking,
    caption_live,
    captions_path,
    line_of_caption,
    record,
)
from core.timeline import EXPORTS, Window, join_windows
from core.wording import count_text


def run(options: argparse.Namespace) -> int:
    """Record and caption until Ctrl+C. Raises `StudioError` for what goes wrong with a device."""
    with libraries_silenced():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    if options.list_devices:
        print(_devices(list_inputs()))
        return 0
    settings = settings_of(options)
    recording = Recording(Path(options.save or "take.flac").expanduser(), bool(options.save))
    outputs = outputs_of(options, (*EXPORTS, "jsonl"))
    kept: tuple[Path, ...] = ()
    if recording.kept:
        _check_take(recording.take)
        kept = (recording.take, captions_path(recording.take))
    check_places([*kept, *outputs.values()])
    for out in outputs.values():
        check_writable(out)
    device = choose_input(list_inputs(), options.input or "")
    checkpoint = chosen_checkpoint(options.checkpoint)
    from core.captioner import Captioner
    from core.device import choose_device

    with interruptible() as interrupt:
        captioner = Captioner.load(checkpoint, choose_device(options.device))
        rules = chosen_decoding(captioner.checkpoint.config, options)
        windows, monitor = LiveWindows(settings), LiveMonitor()
        recorder = _Recorder(
            lambda: Microphone(device.name, options.rate or 0), recording, monitor, windows
        )
        events = caption_live(
            asking(captioner, rules),
            windows,
            lambda: quiet_db(options),
            recording.take if recording.kept else None,
        )
        made: list[LiveCaptioned] = []
        told = False
        try:
            recorder.start(interrupt, options.seconds)
            with StatusLine(monitor) as status:
                for event in events:
                    if recording.sample_rate and not told:
                        told = True
                        _say(f"Listening to {device.name}; Ctrl+C ends it.")
                    if isinstance(event, LiveCaptioned):
                        made.append(event)
                        if event.caption is not None:
                            status.clear()
                            print(_line(event, event.caption), flush=True)
                    status.show(recording.seconds)
        finally:
            # Reached by a second Ctrl+C as well, which gives up captions that are still to come.
            recorder.stop()
            events.close()
            if recording.seconds:
                _keep(made, outputs)
                _say(_summary(recording, made, windows.skipped))
        if recorder.problem is not None:
            raise recorder.problem
    return 0


class _Recorder:
    """The thread that records, so that no caption keeps a microphone waiting."""

    def __init__(
        self,
        open_source: Callable[[], SoundSource],
        recording: Recording,
        monitor: LiveMonitor,
        windows: LiveWindows,
    ) -> None:
        self.problem: Exception | None = None
        self._recording, self._windows = recording, windows
        self._events = record(open_source, recording, monitor, windows)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, interrupt: Interrupt, seconds: float | None) -> None:
        """Begin; it ends when interrupted, or when so many seconds are recorded."""
        self._thread = threading.Thread(
            target=self._run, args=(interrupt, math.inf if seconds is None else seconds)
        )
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until the take is whole."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, interrupt: Interrupt, seconds: float) -> None:
        try:
            for _ in self._events:
                if interrupt or self._stopped.is_set() or self._recording.seconds >= seconds:
                    break
            self._events.close()
        except Exception as error:
            self.problem = error
        finally:
            self._windows.finish()


def _check_take(take: Path) -> None:
    """Find out before the work that the take can be kept, and would replace nothing."""
    if take.suffix.lower() != SUFFIX:
        raise StudioError(f"A take is kept as FLAC; name a file like {take.stem or 'take'}.flac.")
    check_writable(take)
    if growing(take).exists():
        for whole in recover_takes(take.parent):
            _say(f"What a crash left of {whole} is whole again.")
    for path in (take, growing(take), captions_path(take)):
        if path.exists():
            raise StudioError(f"{path} is there already; name another file for the take.")


def _keep(made: list[LiveCaptioned], outputs: dict[str, Path]) -> None:
    """Write the captions in all formats that were asked for."""
    segments = join_windows([(event.window, event.caption) for event in made])
    for kind, out in outputs.items():
        if kind == "jsonl":
            write_text(out, "".join(line_of_caption(event) + "\n" for event in made))
            _say(f"Written: {out}")
        else:
            write_timeline(out, kind, segments)


def _line(event: LiveCaptioned, caption: Caption) -> str:
    window: Window = event.window
    parts = [f"{window.first:.2f}", f"{window.last:.2f}", caption.text, f"{event.lag:.2f}"]
    if caption.confidence is not None:
        parts.append(f"{caption.confidence:.2f}")
    return "\t".join(parts)


def _summary(recording: Recording, made: list[LiveCaptioned], skipped: int) -> str:
    captions = [event for event in made if event.caption is not None]
    parts = [f"{recording.seconds:.1f} s heard", count_text(len(captions), "caption")]
    if captions:
        parts.append(f"longest lag {max(event.lag for event in captions):.1f} s")
    if quiet := len(made) - len(captions):
        parts.append(f"{quiet} too quiet for one")
    if skipped:
        parts.append(
            f"{count_text(skipped, 'window')} left out, for the model is slower than --hop"
        )
    if recording.dropped:
        parts.append(f"the system lost sound {count_text(recording.dropped, 'time')}")
    if recording.saved is not None:
        parts.append(f"take saved in {recording.saved}")
    return "; ".join(parts) + "."


def _devices(devices: tuple[InputDevice, ...]) -> str:
    rows = [
        (
            str(device.index),
            "default" if device.default else "",
            f"{device.sample_rate} Hz",
            str(device.channels),
            device.name,
        )
        for device in devices
    ]
    return table(("Number", "", "Rate", "Channels", "Name"), rows)


def _say(sentence: str) -> None:
    print(path_text(sentence), file=sys.stderr, flush=True)
