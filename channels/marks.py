"""What channels remember across restarts: one short text a key, written at once."""

from __future__ import annotations

from channels.models import Mark
from kernel import errors, rows
from kernel.unit import Store


class StoredMarks:
    """The contract's `Marks` over the table. A fault that is not passing keeps its name: trying again would hide it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, key: str) -> str | None:
        """What stands under `key`. Read where it was written: a mark must not be older than what it marks."""
        try:
            found = await rows.fetch(self._store.direct(), "SELECT value FROM marks WHERE key = ?", key)
        except Exception as error:
            if not errors.is_passing(error):
                raise
            raise errors.TryLater("the marks cannot be read now") from error
        return str(found[0]["value"]) if found else None

    async def put(self, key: str, value: str) -> None:
        """Write, and return once it is kept."""
        try:
            async with self._store.unit() as work:
                changed = "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
                await work.insert(Mark, [{"key": key, "value": value}], conflict=changed)
        except Exception as error:
            if not errors.is_passing(error):
                raise
            raise errors.TryLater("the marks cannot be written now") from error
