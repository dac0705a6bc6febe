"""The console: its pages mounted on the hub's server, and its streams ended when the hub stops."""

from __future__ import annotations

from aiohttp import web

from console import frame
from console.gate import Handler
from console.office import OFFICE, Office
from console.pages import (
    account,
    audit,
    case,
    channels,
    companies,
    company_edit,
    contacts,
    edit,
    events,
    files,
    find,
    incidents,
    manager,
    my,
    policies,
    queues,
    rate,
    ready,
    removal,
    report_targets,
    reports,
    rules,
    settings,
    sign_in,
    staff,
    ticket,
    upload,
    withheld,
)


def mount(app: web.Application, office: Office) -> None:
    """Adds all pages. Whoever adds one adds its module here."""
    frame.setup(app)
    app[OFFICE] = office
    work, people = (my, queues, ticket, case, files), (contacts, companies, company_edit, find)
    changes = (settings, channels, edit, removal, rules, policies, ready, audit)
    lead, own = (manager, incidents, reports, report_targets), (sign_in, account, rate, upload)
    for module in (*own, *work, *people, *lead, withheld, staff, *changes, events):
        app.add_routes(module.routes())
    app.on_shutdown.append(_end_streams)


def nowhere(otherwise: Handler) -> Handler:
    """What no route answers: a page for who reads pages, for all others as before."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return frame.page(request, "problem.html", status=404, problem=404, said="")
        return await otherwise(request)

    return answer


async def _end_streams(app: web.Application) -> None:
    app[OFFICE].live.end_all()
