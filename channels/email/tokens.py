"""A sign-in to a mail server with a token: shown, and once more with another one if the server takes no more of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

Done = TypeVar("Done")


class Tokens(Protocol):
    """Where tokens come from (channels.email.oauth.access.Access)."""

    async def token(self) -> str: ...

    async def renewed(self, refused: str) -> str: ...


async def twice(tokens: Tokens, show: Callable[[str], Awaitable[Done]], *, refused: type[Exception]) -> Done:
    """Show a token; if the server answers with `refused`, another one, if there is another.

    Servers forget tokens before their time: a changed password, a policy, a clock that is off.
    """
    token = await tokens.token()
    try:
        return await show(token)
    except refused:
        other = await tokens.renewed(token)
        if other == token:
            raise
    return await show(other)
