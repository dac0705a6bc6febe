"""What comes from outside, or from a colleague by a way that proves nobody: which step of the house hears it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from bot import refusals
from bot.customer import Customers
from bot.entrance import Entrance
from bot.himself import Himself, Take
from bot.letters import Letters
from bot.linking import Linking
from bot.questioning import Questioning
from bot.texting import Texting
from bot.wishes import Wishes
from channels.contract import Kind
from channels.lines import Line
from channels.messages import Arrived
from crmcore.staff import Colleague
from hub.ends import Step
from kernel.unit import Reader, Work
from routing import intake as routing
from routing.desk import Desk


class Outside:
    """The last part of the fork. `look` comes before `step`, once a batch."""

    def __init__(self, entrance: Entrance, customers: Customers, desk: Desk) -> None:
        self._entrance = entrance
        self._customers = customers
        self._desk = desk
        self._wishes = Wishes(customers.house)
        self._himself = Himself(customers.house)
        self._linking = Linking(customers.house)
        self._questioning = Questioning(customers.house)
        self._texting = Texting(entrance)
        self._asked: set[tuple[str, str]] = set()  # where questions were under way when the batch was claimed
        self.mail = Letters(entrance)

    async def look(self, reader: Reader, strangers: Sequence[Arrived]) -> None:
        """Learn, by one query, who of a batch is being asked something. `strangers`: messages of no colleague."""
        self._asked = await self._questioning.running(reader, strangers)

    def step(self, one: Arrived, colleague: Colleague | None, line: Line | None) -> Step | None:
        """Who hears it; None: routing, together with others."""
        found = self._step(one, colleague, line)
        if colleague is not None or (one.account, one.inbound.address.value) not in self._asked:
            return found
        if self._linking.is_proof(one):  # six digits may prove who he is, and answer a question where they do not
            return self._unless(self._linking.take, self._unless(self._questioning.take))
        return self._unless(self._questioning.take, found)

    def _step(self, one: Arrived, colleague: Colleague | None, line: Line | None) -> Step | None:
        inbound = one.inbound
        taker = self._himself.taker(one) if colleague is None else None
        if taker is not None:
            return self._unless(taker)
        if self._questioning.is_button(one):
            return self._unless(self._questioning.stale)
        if inbound.kind is Kind.PRESS:
            return self._entrance.stranger
        if inbound.stops:
            return self._unless(self._wishes.stop)
        if colleague is not None and line is not None and line.capabilities.commands == "code":
            return lambda work, arrived: self._texting.handle(work, arrived, colleague)
        if colleague is not None and line is not None and line.capabilities.commands == "token":
            return functools.partial(self._letter, colleague=colleague)
        if self._customers.is_greeting(one):
            return self._customers.greet
        if self._wishes.word(one) is not None:
            return self._unless(self._wishes.take)
        if self._linking.is_proof(one) and line is not None:
            return self._unless(self._linking.take)
        return None

    def _unless(self, take: Take, otherwise: Step | None = None) -> Step:
        """What `take` does not take is heard by `otherwise`, or a message like any other: HELP, a lost notice."""

        async def step(work: Work, one: Arrived) -> None:
            if await take(work, one):
                return
            if otherwise is not None:
                await otherwise(work, one)
            else:
                await routing.handle(work, self._desk, [one])

        return step

    async def _letter(self, work: Work, one: Arrived, *, colleague: Colleague) -> None:
        """An answer to a letter that we wrote to a colleague; any other letter of his is a message like any other."""
        if not await self.mail.take(work, one, colleague):
            await refusals.unheard(work, self._entrance, one, int(colleague.id))
            await routing.handle(work, self._desk, [one])
