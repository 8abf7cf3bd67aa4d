from __future__ import annotations

from core import errors


def test_all_are_studio_errors() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert len(kinds) > 5
    assert all(issubclass(kind, errors.StudioError) and kind.__doc__ for kind in kinds)
