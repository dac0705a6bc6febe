"""The loop that posts to other systems what steps of escalation chains tell them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from hub import sources
from hub.settings import Settings
from kernel.loops import Loop
from kernel.unit import Store
from routing import hook_posts
from routing.hook_posts import Outcome, Post
from webhooks import outgoing
from webhooks.outgoing import Target

LOOK_S = 30.0  # what another hub has left is found, too
SHORTEST_S = 0.05


def loop(store: Store, settings: Settings) -> Loop:
    """The loop of a hub with these settings."""
    return Posting(store, sources.targets(settings)).loop


class Posting:
    """Leases what is due, posts it outside any transaction, and settles it."""

    def __init__(self, store: Store, targets: Mapping[str, Target]) -> None:
        self._store, self._targets = store, targets
        self.loop = Loop(hook_posts.LOOP, self.turn)

    async def turn(self) -> float:
        """1. Is anything due? 2. Lease it. 3. Post. 4. Settle. Returns the seconds to rest."""
        due_at = await hook_posts.next_due(self._store.reading())
        if due_at is None:
            return LOOK_S
        left_s = (due_at - self._store.clock.now()).total_seconds()
        if left_s > 0:
            return min(LOOK_S, max(SHORTEST_S, left_s))
        async with self._store.unit() as work:
            posts = await hook_posts.claim(work)
        tried = await self._tried(posts)
        if tried:
            async with self._store.unit() as work:
                await hook_posts.settle(work, tried)
        return 0.0 if posts else SHORTEST_S

    async def _tried(self, posts: Sequence[Post]) -> list[tuple[Post, Outcome]]:
        outcomes = await asyncio.gather(*map(self._try, posts))
        return list(zip(posts, outcomes, strict=True))

    async def _try(self, post: Post) -> Outcome:
        if not post.is_wanted:
            return Outcome()
        target = self._targets.get(post.hook)
        if target is None:
            return Outcome(outgoing.GONE)
        async with outgoing.session(private=target.private) as client:
            return await outgoing.post(client, target, post)
