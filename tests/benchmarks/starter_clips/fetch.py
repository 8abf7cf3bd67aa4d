"""Put the clips of a list into a folder: download their Debian packages and take the files out.

    python tests/benchmarks/starter_clips/fetch.py FOLDER [--set evaluation] [--debs FOLDER]

Needs `apt-get` and `dpkg` and about 3 GB for the packages, which `--debs` keeps for the next time.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from rules import NamedClip, load


def package_file(package: str, debs: Path) -> Path:
    """Return the package's file, downloaded where it is not there yet."""
    found = sorted(debs.glob(f"{package}_*.deb"))
    if not found:
        subprocess.run(["apt-get", "download", "-q", package], cwd=debs, check=True)
        found = sorted(debs.glob(f"{package}_*.deb"))
    return found[-1]


def unpack(deb: Path, clips: list[NamedClip], folder: Path) -> None:
    """Write the clips of one package below `folder`; a file that differs is an error."""
    wanted = {clip.file: clip for clip in clips if not clip.path(folder).is_file()}
    if not wanted:
        return
    with subprocess.Popen(["dpkg", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as process:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                clip = wanted.pop(member.name.removeprefix("./"), None)
                stream = archive.extractfile(member) if clip else None
                if clip is None or stream is None:
                    continue
                content = stream.read()
                if hashlib.sha256(content).hexdigest() != clip.sha256:
                    sys.exit(f"{clip.package}: {clip.file} is not the file the rules were made for")
                clip.path(folder).parent.mkdir(parents=True, exist_ok=True)
                clip.path(folder).write_bytes(content)
        process.stdout.close()
    if wanted:
        sys.exit(f"{deb.name} lacks {', '.join(sorted(wanted))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", dest="name", default="evaluation")
    parser.add_argument("--debs", type=Path)
    options = parser.parse_args()
    by_package: defaultdict[str, list[NamedClip]] = defaultdict(list)
    for clip in load(options.name):
        by_package[clip.package].append(clip)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        debs = options.debs or Path(temporary)
        debs.mkdir(parents=True, exist_ok=True)
        for package, clips in by_package.items():
            unpack(package_file(package, debs), clips, options.folder)
            print(f"{package}: {len(clips)} clips")


if __name__ == "__main__":
    main()
