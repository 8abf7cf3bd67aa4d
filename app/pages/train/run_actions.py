"""What can be done on the page, each with a shortcut and a reason where it is not possible."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QFileDialog, QInputDialog

from app.pages.train.action_table import ACTIONS
from app.pages.train.command_line import command_of
from app.save_place import ask_in_last_folder, file_name
from core import paths
from core.config.objectives import CaptionNTXentConfig
from core.errors import StudioError
from core.runs import RunFolder
from core.runs.commands import Command, request
from core.runs.transfer import export_run

if TYPE_CHECKING:
    from app.pages.train.page import TrainPage

_FOLDER = "folders/run"
BUSY = ("running", "paused", "stopping", "queued", "elsewhere", "paused elsewhere")
_WORDS: dict[Command, str] = {
    "save": "save",
    "preview": "caption the preview clips",
    "validate": "validate",
    "stop": "stop",
    "pause": "pause",
    "continue": "go on",
}


class RunActions(QObject):
    """The actions of the page; those of a run act on the one that is selected in the list."""

    def __init__(self, page: TrainPage) -> None:
        super().__init__(page)
        self._page = page
        self.actions: dict[str, QAction] = {}
        acts = self._acts()
        for name, (text, keys, tip, icon) in ACTIONS.items():
            action = QAction(text, page)
            if keys:
                action.setShortcut(QKeySequence(keys))
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setToolTip(_tip(tip, keys))
            page.studio.theme.set_icon(action, icon, "muted")
            action.triggered.connect(partial(_call, acts[name]))
            page.addAction(action)
            self.actions[name] = action

    def update(self, key: str) -> None:
        """Enable what is possible with a run, and say of the rest why it is not."""
        state = self._page.state(key) if key else ""
        none = "" if key else "Select a run first"
        trains = state in ("running", "elsewhere")
        asleep = "Resume the run first" if "paused" in state else "Only while the run trains"
        for name in ("save", "preview", "validate", "pause"):
            self._allow(name, none or ("" if trains else asleep))
        done = "The run is finished; duplicate it with more epochs, or start from its checkpoint"
        wakes = bool(key) and (self._page.can_resume(key) or "paused" in state)
        self._allow("resume", none or ("" if wakes else done if state == "finished" else "Not now"))
        stops = trains or "paused" in state
        self._allow("stop", none or ("" if stops else "Only while the run trains"))
        here = self._page.sessions.live(key) is not None
        self._allow("discard", none or ("" if here else "Only while this window trains it"))
        kept = "" if checkpoints_of(key) else "No checkpoint was saved yet"
        for name in ("contrast", "compare"):
            self._allow(name, none or kept)
        for name in ("duplicate", "folder", "rename", "export"):
            self._allow(name, none)
        self._allow("delete", none or ("Stop the run first" if state in BUSY else ""))

    def ask(self, command: Command) -> None:
        """Ask whoever trains the selected run for something, in a worker thread."""
        page, key = self._page, self._page.runs.current()
        said = f"The run was asked to {_WORDS[command]}."
        page.studio.jobs.run_quick(
            lambda: request(Path(key), command),
            lambda _nothing: page.studio.message.emit(said),
            page.show_failure,
            page,
        )

    def pause(self) -> None:
        """Pause the selected run, or ask the process that trains it to."""
        key = self._page.runs.current()
        if self._page.sessions.live(key) is not None:
            self._page.sessions.pause(key)
        elif self._page.state(key) == "elsewhere":
            self.ask("pause")

    def resume(self) -> None:
        """Go on with the selected run."""
        key = self._page.runs.current()
        if self._page.state(key) == "paused elsewhere":
            self.ask("continue")
        elif self._page.can_resume(key):
            self._page.sessions.resume(key)

    def stop(self) -> None:
        """Stop the selected run and keep it; without one that trains, the one that does."""
        key, sessions = self._page.runs.current(), self._page.sessions
        if sessions.live(key) is None and self._page.state(key) in BUSY:
            self.ask("stop")
        else:
            sessions.stop(key if sessions.live(key) is not None else sessions.busy_key())

    def toggle_pause(self) -> None:
        """Pause what trains, or go on with what is paused: the selected run before any other."""
        key = self._page.runs.current()
        state = self._page.state(key) if key else ""
        if state in ("running", "elsewhere"):
            self.pause()
        elif "paused" in state or (key and self._page.can_resume(key)):
            self.resume()
        else:
            self._page.sessions.toggle_pause()

    def continue_with_contrast(self, key: str, checkpoint: Path) -> None:
        """Fill the form with the run's settings, contrast added, beginning at a checkpoint."""
        page, run = self._page, RunFolder(Path(key))
        try:
            config = run.config()
        except StudioError as error:
            page.banner.show_message(str(error))
            return
        training = config.training.model_copy(
            update={"initial_checkpoint": str(checkpoint), "branch_from": "", "keep_states": ()}
        )
        changes = {
            "objectives": config.objectives or (CaptionNTXentConfig(),),
            "training": training,
            "name": f"{run.title()} + CL"[:80],
        }
        page.show_settings(config.model_copy(update=changes))
        page.studio.message.emit(
            f"The settings now begin at the {checkpoint.stem} checkpoint; press Start to train."
        )

    def attach(self) -> None:
        """Show a run folder from anywhere, also while another process writes it."""
        folder = QFileDialog.getExistingDirectory(
            self._page, "Attach to a run folder", str(paths.runs_dir())
        )
        if folder:
            self._page.attach(folder)

    def copy_command(self) -> None:
        """Put the command that starts the form's run on the clipboard."""
        setup, message = self._page.setup, self._page.studio.message
        if setup.config is None:
            message.emit("Mend the marked settings first.")
            return
        command = command_of(setup.config, setup.presets.current())
        QGuiApplication.clipboard().setText(command)
        message.emit(f"Copied: {command}")

    def _acts(self) -> dict[str, Callable[[], object]]:
        page = self._page
        return {
            "start": page.setup.request_start,
            "toggle": self.toggle_pause,
            "pause": self.pause,
            "resume": self.resume,
            "stop": self.stop,
            "discard": lambda: page.sessions.stop(page.runs.current(), discard=True),
            "save": partial(self.ask, "save"),
            "preview": partial(self.ask, "preview"),
            "validate": partial(self.ask, "validate"),
            "contrast": self._contrast_from_last,
            "duplicate": lambda: page.use_settings(page.runs.current()),
            "compare": self._compare,
            "folder": self._open_folder,
            "rename": self._rename,
            "export": self._export,
            "delete": lambda: page.delete_run(page.runs.current()),
            "attach": self.attach,
            "experiment": page.controller.open_experiment,
            "queue": page.sessions.release,
            "command": self.copy_command,
        }

    def _allow(self, name: str, reason: str) -> None:
        action, text = self.actions[name], ACTIONS[name]
        action.setEnabled(not reason)
        action.setToolTip(reason or _tip(text.tip, text.keys))

    def _contrast_from_last(self) -> None:
        key = self._page.runs.current()
        self.continue_with_contrast(key, checkpoints_of(key)[0])

    def _compare(self) -> None:
        run = RunFolder(Path(self._page.runs.current()))
        best = run.best if run.best.exists() else run.last
        self._page.studio.open_in_compare.emit([str(best)])

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._page.runs.current()))

    def _rename(self) -> None:
        key = self._page.runs.current()
        dialog = QInputDialog(self._page)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename run")
        dialog.setLabelText("Title of the run")
        dialog.setTextValue(RunFolder(Path(key)).title())
        dialog.textValueSelected.connect(partial(self._page.rename_run, key))
        dialog.open()

    def _export(self) -> None:
        page = self._page
        run = RunFolder(Path(page.runs.current()))
        name, kind = file_name(run.title(), ".zip"), "Archive (*.zip)"
        settings = page.studio.settings
        target = ask_in_last_folder(settings, _FOLDER, page, "Export run", name, kind)
        if target is not None:
            page.studio.jobs.run_quick(
                lambda: export_run(run, target),
                lambda path: page.studio.message.emit(f"Run exported to {path}."),
                page.show_failure,
                page,
            )


def checkpoints_of(key: str) -> list[Path]:
    """Return the checkpoints of a run: the last one, the best one, then those kept on the way."""
    if not key:
        return []
    run = RunFolder(Path(key))
    first = [path for path in (run.last, run.best) if path.is_file()]
    others = set(run.checkpoints.glob("*.safetensors")) - {run.last, run.best}
    return first + sorted(others, key=_epoch_of, reverse=True)


def checkpoint_words(path: Path) -> str:
    """Name a checkpoint for people."""
    epoch = _epoch_of(path)
    return f"After epoch {epoch}" if epoch >= 0 else f"{path.stem.capitalize()} checkpoint"


def _epoch_of(path: Path) -> int:
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isdigit() else -1


def _tip(tip: str, keys: str) -> str:
    return f"{tip} ({keys})" if keys else tip


def _call(act: Callable[[], object], _checked: bool = False) -> None:
    act()
