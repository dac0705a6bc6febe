"""What every row is derived from: Tortoise's Model, made without what a hub that writes its own SQL has no use for.

Tortoise looks for "#:" comments to write into the schema; ours is written by hand, and the looking (tokenizing and
parsing the file anew for every class) took a quarter of the CPU of a start (measured; `python -m bench start`). It
looks at its own Model too, while it is imported: whoever imports this first of all (`centrala run` does) spares that
as well.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn


def _no_source(_of: object) -> NoReturn:
    raise OSError


def _no_filters(**_of: object) -> dict[str, FilterInfoDict]:
    return {}


def _filters(meta: MetaInfo) -> dict[str, FilterInfoDict]:
    """The filters of a class, made the first time that one is looked for."""
    made: dict[str, FilterInfoDict] = _kept.__get__(meta)
    if not made and meta.default_connection is not None:
        for name, field in meta.fields_map.items():
            if not isinstance(field, ForeignKeyFieldInstance):
                made |= get_filters_for_field(name, field, field.source_field or name)
                made |= get_filters_for_field("pk", field, field.source_field or name) if field.pk else {}
        meta._filters = dict(made)
        meta._generate_filters()  # in the words of the engine
    return made


def _no_comments(_cls: type[models.Model]) -> dict[str, str]:
    return {}


if TYPE_CHECKING:
    from tortoise import models
    from tortoise.fields.relational import ForeignKeyFieldInstance
    from tortoise.filters import FilterInfoDict, get_filters_for_field
    from tortoise.models import MetaInfo

    _kept: Any
else:
    _source, inspect.getsource = inspect.getsource, _no_source
    try:
        from tortoise import models
        from tortoise.fields.relational import ForeignKeyFieldInstance
        from tortoise.filters import get_filters_for_field
    finally:
        inspect.getsource = _source
    models._get_comments = _no_comments
    models.get_filters_for_field = _no_filters
    _kept = models.MetaInfo.filters
    models.MetaInfo.filters = property(_filters, _kept.__set__)

Model = models.Model
