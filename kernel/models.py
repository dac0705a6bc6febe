"""What every row is derived from: Tortoise's Model, made without reading the source of each class for comments.

Tortoise looks for "#:" comments to write into the schema; ours is written by hand, and the looking (tokenizing and
parsing the file anew for every class) took a quarter of the CPU of a start (measured; `python -m bench start`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import models


def _no_comments(_cls: type[models.Model]) -> dict[str, str]:
    return {}


if not TYPE_CHECKING:
    models._get_comments = _no_comments

Model = models.Model
