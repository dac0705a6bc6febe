"""`centrala digest show`: what a colleague's digest would say now."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from hub.cli import Late, options, printing

if TYPE_CHECKING:
    from crmcore import staff
    from hub import wiring
    from kernel.unit import Store
    from routing import digest_facts, digest_lines, digests
    from routing.digests import Facts
    from tickets.reports import current
else:
    staff = Late("crmcore.staff")
    wiring = Late("hub.wiring")
    digest_facts = Late("routing.digest_facts")
    digest_lines = Late("routing.digest_lines")
    digests = Late("routing.digests")
    current = Late("tickets.reports.current")

app = options.application()
KINDS = ("morning", "evening", "weekly")


@app.callback()
def family() -> None:
    """What colleagues are told in the morning, in the evening and once a week."""


@app.command()
def show(
    name: Annotated[str, typer.Option("--for", metavar="NAME", help="The colleague whose digest it is.")],
    kind: Annotated[str, typer.Option("--kind", help=f"One of: {', '.join(KINDS)}.")] = KINDS[0],
    as_json: options.AsJson = False,
    config: options.Config = None,
) -> None:
    """Tell what would be sent now; nothing is sent, and nothing is noted."""
    if kind not in KINDS:
        print(f"centrala: --kind: expected one of: {', '.join(KINDS)}; got {kind!r}", file=sys.stderr)
        sys.exit(options.USAGE)

    async def act(store: Store, settings: Any) -> tuple[Facts, str]:
        plan = settings.digest.plan(settings.web.address, ZoneInfo(settings.company.zone))
        colleague = await staff.named(store.reading(), name)
        await current.bring(store, plan.zone, units=None)
        now = store.clock.now()
        slot = digests.Slot(digests.Kind(kind), _day(now, colleague.zone), now)
        facts = await digest_facts.read(store.reading(), wiring.desk(settings, {}), plan, colleague, slot)
        return facts, plan.address

    facts, address = options.on_store(config, act)
    if as_json:
        printing.json_lines([_row(facts, address)])
        return
    print(digest_lines.text(facts, address) or digest_lines.nothing(facts))


def _day(now: datetime, zone: str) -> Any:
    return now.astimezone(ZoneInfo(zone)).date()


def _row(facts: Facts, address: str) -> dict[str, Any]:
    return {
        "kind": facts.kind.value,
        "subject": digest_lines.subject(facts),
        "open": facts.open,
        "late": facts.late,
        "soon": facts.soon,
        "free": facts.free,
        "lines": [{"text": one.text, "link": one.link} for one in digest_lines.lines(facts, address)],
    }
