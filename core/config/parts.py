"""How several datasets, and their folders, are written in one line."""

from __future__ import annotations

from collections.abc import Sequence

JOINT = "+"


def part_roots(names: Sequence[str], root: str) -> dict[str, str]:
    """Return the folder of each of the joined datasets `names`, empty where `root` has none.

    `root` is one folder for all, or a list as in ``clotho=/data/clotho; macs=/data/macs``.
    """
    listed: dict[str, str] = {}
    for item in root.split(";"):
        name, equals, folder = item.strip().partition("=")
        if not equals or name.strip() not in names:
            return dict.fromkeys(names, root)
        listed[name.strip()] = folder.strip()
    return {name: listed.get(name, "") for name in names}
