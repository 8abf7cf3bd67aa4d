"""What all parts of the tree have in common.

Every field carries its title, help and allowed range; the form in the app, the command line and the
error sentences are all made from them.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of all parts of the tree: immutable, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
