"""What every row is derived from: Tortoise's Model, made without reading the source of each class for comments.

Tortoise looks for "#:" comments to write into the schema; ours is written by hand, and the looking (tokenizing and
parsing the file anew for every class) took a quarter of the CPU of a start (measured; `python -m bench start`). It
looks at its own Model too, while it is imported: whoever imports this first of all (`centrala run` does) spares that
as well.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, NoReturn


def _no_source(_of: object) -> NoReturn:
    raise OSError


def _no_comments(_cls: type[models.Model]) -> dict[str, str]:
    return {}


if TYPE_CHECKING:
    from tortoise import models
else:
    _source, inspect.getsource = inspect.getsource, _no_source
    try:
        from tortoise import models
    finally:
        inspect.getsource = _source
    models._get_comments = _no_comments

Model = models.Model
