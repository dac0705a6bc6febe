"""A sandbox without a hub: a short story kept in memory; run it as a module to look at the page."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec.structs import replace

from console import sandbox as page
from console.sandbox_files import Content, Enclosed
from hub.demo import drawings

NOON = datetime(2026, 3, 3, 12, 4, tzinfo=ZoneInfo("Europe/Budapest"))
ANNA, MAREK, ESZTER = page.Person("anna", "Anna"), page.Person("marek", "Marek"), page.Person("eszter", "Eszter")
TAKE, CLOSE = page.Button("Take", "t:tk:104"), page.Button("Close", "t:cl:104")
CARD_KEYS = ((TAKE, page.Button("Reply hint", "t:rh:104"), CLOSE), (page.Button("Snooze 1 h", "t:sn:104:1h"),))
CARD = "T104 · P2 · card does not work\nEszter · Telegram · Hungarian\nFirst answer due 12:34 · nobody has it"
ASIDE = "Only colleagues read this."
STEPS = (
    page.Step("Eszter writes from her phone", done=True),
    page.Step("Press Take on the card in the staff chat", done=False, target="t:tk"),
    page.Step("Reply to Eszter's message; she gets it", done=False, target="reply:staff:s3"),
    page.Step("Push the clock: the manager is alerted", done=False, target="clock:due"),
)


OFFER = page.Offer("Station 0412 down", "/station 0412 down 4h power cut")
SWITCHES = (page.Switch("lost", "The phone is out of reach", False), page.Switch("twice", "It comes twice", None))


def told(*states: str) -> page.Ledger:
    """The ledger of O-1 with as many lines."""
    lines = (
        page.LedgerLine("O-1/1", f"Person {n}", "SMS", "hu", state, NOON, "zárva") for n, state in enumerate(states)
    )
    return page.Ledger("O-1", "0412 · active", tuple(lines))


def small() -> page.Picture:
    phone = page.Device(
        "eszter", "phone", "Eszter", "customer, Budapest", (ESZTER,), "Telegram", "Message", pictures=drawings.laid()
    )
    staff = page.Device("staff", "chat", "Support", "staff group", (ANNA, MAREK), "Telegram", "Message or /command")
    bubble = page.Bubble("c1", "theirs", "Centrala", CARD, NOON, buttons=CARD_KEYS)
    return page.Picture(
        (phone, replace(staff, bubbles=(bubble,))),
        (),
        NOON,
        NOON + timedelta(minutes=30),
        True,
        "",
        STEPS,
        switches=SWITCHES,
    )


def full() -> page.Picture:
    def at(minutes: int) -> datetime:
        return NOON - timedelta(minutes=minutes)

    hello = "Jó napot! A kártyám nem működik a 0412-es kútnál, pedig tegnap még jó volt.\nMit tegyek?"
    promise = "Megkaptuk az üzenetét (T104). 12:34-ig válaszolunk. English? /lang"
    topic = page.Thread("7", "T104 · Eszter · P2 · card does not work")
    old = page.Thread("5", "T99 · Orlik · P3 · invoice", closed=True)
    phone = page.Device(
        "eszter",
        "phone",
        "Centrala Help",
        "Eszter's phone",
        (ESZTER,),
        "Telegram",
        "Message",
        bubbles=(
            page.Bubble("e1", "mine", "Eszter", hello, at(4), status="✓✓"),
            page.Bubble("e2", "theirs", "Centrala Help", promise, at(4)),
        ),
    )
    staff = page.Device(
        "staff", "chat", "Support desk", "staff group · Anna, Marek", (ANNA, MAREK), "Telegram",
        "Message, or /help for commands", threads=(topic, old), aside=ASIDE, bubbles=(
            page.Bubble("s0", "theirs", "Centrala", "T99 closed by Anna.", at(1500), thread="5"),
            page.Bubble("s1", "note", "", "Topic opened: T104", at(4), thread="7"),
            page.Bubble("s2", "theirs", "Centrala", CARD, at(4), buttons=CARD_KEYS, thread="7"),
            page.Bubble("s3", "theirs", "Eszter (customer)", hello, at(4), thread="7"),
            page.Bubble("s4", "mine", "Anna", "Looks like the 0412 reader again?", at(2), thread="7", reply_to="s2"),
        ),
    )  # fmt: skip
    alert = "P2 · T104 · Eszter · card does not work\nFirst answer due 12:34 (in 30 min) · nobody has it · level 1"
    keys = ((page.Button("Ack 30 min", "a:ack:104"), page.Button("Take", "t:tk:104")),)
    manager = page.Device(
        "manager", "phone", "Centrala Alerts", "Marek's phone", (MAREK,), "Telegram", "Message", folded=True,
        bubbles=(page.Bubble("m1", "theirs", "Centrala", alert, at(1), buttons=keys),),
    )  # fmt: skip
    happenings = (
        page.Happening("h4", at(4), "out · acknowledgement to Eszter, card to the staff group"),
        page.Happening("h3", at(4), "rule · new ticket → acknowledge, first answer within 30 min"),
        page.Happening("h2", at(4), "ticket · T104 opened in queue Cards", "/records/tickets/104"),
        page.Happening("h1", at(4), "in · Telegram message from Eszter"),
    )
    devices = (phone, staff, manager)
    return page.Picture(
        devices, happenings, NOON, NOON + timedelta(minutes=30), True, "", STEPS, switches=SWITCHES
    )  # fmt: skip


class FakeSandbox:
    """Remembers what it was told, shows it as bubbles, and can be told to announce anything."""

    def __init__(self, picture: page.Picture) -> None:
        self.shown = picture
        self.told: list[tuple[object, ...]] = []
        self.followers: set[asyncio.Queue[page.Change]] = set()

    def picture(self) -> page.Picture:
        return self.shown

    async def say(
        self,
        device: str,
        person: str,
        text: str,
        *,
        reply_to: str | None,
        thread: str | None,
        picture: str | None = None,
    ) -> None:
        self.told.append(("say", device, person, text, reply_to, thread, *([picture] if picture else [])))
        files = (Enclosed(f"{picture}.png", f"/sandbox/ready/{picture}", True),) if picture else ()
        bubble = page.Bubble(
            f"x{len(self.told)}", "mine", person.title(), text, self.shown.now, (), reply_to, files=files
        )
        self.put(device, replace(bubble, thread=thread, status="✓"))

    def ready(self, picture: str) -> Content | None:
        return drawings.find(picture)

    def file(self, device: str, bubble: str, place: int) -> Content | None:
        return Content("odd.html", "text/html", b"<script>") if bubble == "odd" and place == 0 else None

    async def press(self, device: str, person: str, bubble: str, data: str) -> None:
        self.told.append(("press", device, person, bubble, data))
        self.announce(page.toast_change(device, "Yours now: T104"))
        steps = tuple(replace(step, done=step.done or "Take" in step.text) for step in self.shown.steps)
        self.announce(page.steps_change(steps))

    async def turn(self, switch: str, on: bool) -> None:
        self.told.append(("switch", switch, on))
        turned = (
            replace(one, on=on) if one.id == switch and one.on is not None else one for one in self.shown.switches
        )
        self.shown = replace(self.shown, switches=tuple(turned))
        self.announce(page.switches_change(self.shown.switches))

    async def push_clock(self, minutes: int | None) -> None:
        self.told.append(("clock", minutes))
        self.shown = replace(self.shown, now=self.shown.now + timedelta(minutes=minutes or 30))
        self.announce(page.clock_change(self.shown.now, self.shown.next_due))
        self.put("manager", page.Bubble(f"a{len(self.told)}", "theirs", "Centrala", "T104 is due", self.shown.now))

    def put(self, device_id: str, bubble: page.Bubble) -> None:
        devices = tuple(
            replace(device, bubbles=(*device.bubbles, bubble)) if device.id == device_id else device
            for device in self.shown.devices
        )
        self.shown = replace(self.shown, devices=devices)
        self.announce(page.bubble_change(device_id, bubble))
        happening = page.Happening(f"h-{bubble.id}", bubble.at, f"in · {bubble.author} on {device_id}")
        self.announce(page.happening_change(happening))

    def announce(self, change: page.Change) -> None:
        for follower in self.followers:
            follower.put_nowait(change)

    async def changes(self) -> AsyncIterator[page.Change]:
        mine: asyncio.Queue[page.Change] = asyncio.Queue()
        self.followers.add(mine)
        try:
            while True:
                yield await mine.get()
        finally:
            self.followers.discard(mine)


def main() -> None:
    app = web.Application()
    page.mount(app, FakeSandbox(full()))
    web.run_app(app, host="127.0.0.1", port=8099)


if __name__ == "__main__":
    main()
