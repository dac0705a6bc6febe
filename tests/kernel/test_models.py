"""Rows' classes are made without a look at their source: a start has hundreds of milliseconds less to do."""

from __future__ import annotations

import inspect

import pytest
from tortoise import fields
from tortoise.filters import get_filters_for_field

from channels.models import RawMessage
from kernel import models as models_module
from kernel.models import Model
from kernel.unit import Store


def test_no_source_is_read_for_a_class_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a new Tortoise looks for comments by another name: then kernel/models.py has to follow."""
    looked: list[object] = []
    monkeypatch.setattr(inspect, "getsource", lambda what: looked.append(what) or "")

    class Row(Model):
        #: would be found
        id = fields.IntField(primary_key=True)

    assert looked == []
    assert Row._meta.fields_map["id"].description is None


async def test_filters_are_made_when_one_is_asked_for(store: Store) -> None:
    """Who asks Tortoise for rows gets what its own filters give."""
    kept = models_module._kept.__get__(RawMessage._meta)
    kept.clear()
    assert await RawMessage.filter(state="waiting", channel__in=["a", "b"], body__isnull=False, pk__gt=1).all() == []
    wanted: dict[str, object] = {}
    for name, field in RawMessage._meta.fields_map.items():
        wanted |= get_filters_for_field(name, field, name)
    assert {*kept} == {*wanted, *(name for name in kept if name.partition("__")[0] == "pk")}
    assert "pk__gt" in kept


def test_classes_of_rows_come_without_filters() -> None:
    """Fails when a new Tortoise makes them elsewhere: they would be 5 MB of every hub."""

    class Few(Model):
        id = fields.IntField(primary_key=True)
        name = fields.TextField()

    assert Few._meta._filters == {}
