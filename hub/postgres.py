"""Tortoise's PostgreSQL client with one repair: a begin or an end that fails leaves no dead connection behind.

In Tortoise 1.1.9 the task's connection is set before the begin and kept if that fails: every later statement of the
same task goes to the dead one, and its place in the pool is never given back.
"""

from __future__ import annotations

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            self.client._connection.terminate()  # in whatever state it is, the pool must not hand it out again
            await pool.release(self.client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        get_connections().reset(self.token)  # first: nothing that fails below may keep it
        try:
            if kind is None:
                await self.client.commit()
            else:
                await self.client.rollback()
        finally:
            if self.client._parent._pool:
                await self.client._parent._pool.release(self.client._connection)


class Client(AsyncpgDBClient):
    """A pool of connections to one server."""

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
