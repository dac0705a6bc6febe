"""Looks after the sign-in while the hub runs: uses it, so that it lives on, and says when a person is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from channels.email.oauth import standing
from channels.email.oauth.access import Access, NotSignedIn
from channels.email.trouble import Trouble

PART = "sign-in"
LOOK_S = 15.0


def _now() -> datetime:
    return datetime.now(UTC)


class Keeper:
    """`health.facts["sign_in_ends_at"]`: when the sign-in ends if it is not used from now on."""

    def __init__(self, tokens: Access, trouble: Trouble, *, now: Callable[[], datetime] = _now) -> None:
        self._tokens = tokens
        self._trouble = trouble
        self._now = now

    async def turn(self) -> float:
        """Look once. Returns the seconds until the next look."""
        unused = self._tokens.provider.unused
        try:
            kept = await self._tokens.keep()
        except NotSignedIn as error:
            self._tell(error.said)
            return LOOK_S
        end = standing.ends_at(kept, unused)
        if end is not None:
            self._trouble.health.facts["sign_in_ends_at"] = end
        self._tell(standing.warning(kept, unused, self._now()))
        return LOOK_S

    def _tell(self, said: str) -> None:
        self._trouble.health.needs = said
        if said:
            self._trouble.tell(PART, said)
        else:
            self._trouble.clear(PART)
