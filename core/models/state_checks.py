"""Check the tensors of a file against those that a model expects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch


def mismatch(expected: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]) -> str | None:
    """Return what is wrong with the tensors `found` in a few words, or None.

    Names and shapes must be exactly those expected, and all values finite.
    """
    if missing := expected.keys() - found.keys():
        return f"lacks {_listed(missing)}"
    if unknown := found.keys() - expected.keys():
        return f"has unknown {_listed(unknown)}"
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape:
            shapes = tuple(tensor.shape), tuple(expected[name].shape)
            return f"has {name} of shape {shapes[0]} where {shapes[1]} belongs"
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            return f"has values in {name} that are not finite"
    return None


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - 3} more tensors" if len(ordered) > 3 else ""
    return ", ".join(ordered[:3]) + more
