"""Every page and every rank: who is let in, by the one table, checked against what the pages are for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console import ranks
from crmcore.access import Role
from kernel.unit import Store
from tests.support import visiting
from tests.support.visiting import Visitor

ORDER = list(Role)
OPEN = re.compile(r"/(sign-in|sign-out|language|static|rate|u)\b")  # for who is not signed in too


def meant(method: str, path: str) -> Role:
    """What a page is for, said once more: leads look and pick rules, managers see to people, administrators do all."""
    if path.startswith(("/manager", "/incidents", "/reports/targets")):
        return Role.LEAD
    if path.startswith(("/settings/rules", "/settings/policies")):
        return Role.LEAD
    if path.startswith(("/settings/audit", "/settings/edit", "/settings/remove", "/withheld")):
        return Role.ADMIN
    if path.startswith("/settings"):
        is_managers = method != "POST" or "/staff/" in path or path.endswith("/test")
        return Role.MANAGER if is_managers else Role.ADMIN
    return Role.AGENT


@pytest.fixture
async def visitor(store: Store, tmp_path: Path) -> AsyncIterator[Visitor]:
    async with visiting.visiting(store, tmp_path, {}) as opened:
        await opened.hire(*Role)
        yield opened


def addresses(visitor: Visitor) -> list[tuple[str, str, str]]:
    """Method, the route as written down, and an address that it answers."""
    found = []
    for route in visitor.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if route.method in ("GET", "POST") and not OPEN.match(path) and path != "/events":
            address = path.replace("{id}", "1").replace("{code}", "B1")
            found.append((route.method, path, re.sub(r"\{name.*?\}(?=/|$)|\{\w+\}", "T1", address)))
    return found


@pytest.mark.parametrize("role", ORDER)
async def test_every_page_lets_in_whom_it_is_for_and_no_other(visitor: Visitor, role: Role) -> None:
    """S3-23: to lower ranks there is no such page, and its forms do nothing. A stranger is sent to sign in."""
    asked = addresses(visitor)
    assert len(asked) > 15
    for method, path, address in asked:
        least = ranks.least(method, path)
        assert least is meant(method, path), path
        visitor.client.session.cookie_jar.clear()
        answer = await visitor.client.request(method, address, allow_redirects=False)
        assert (answer.status, answer.headers["Location"][:8]) == (303, "/sign-in"), path
        await visitor.enter(role.value)
        answer = await visitor.client.request(method, address, allow_redirects=False)
        is_let_in = ORDER.index(role) >= ORDER.index(least)
        if not is_let_in:
            assert answer.status == 404, (method, path)
        elif method == "POST":
            assert answer.status == 403, (method, path)  # let in, and the form is not one that we have shown
        elif "{" not in path and not path.endswith(".svg"):  # a secret that has not been shown yet
            assert answer.status in (200, 303), (method, path)


def test_the_longest_beginning_counts_and_whole_words_only() -> None:
    assert ranks.least("GET", "/managers") is Role.AGENT
    assert ranks.least("HEAD", "/manager/alerts") is Role.LEAD
    assert ranks.least("POST", "/settings/queues/{name}") is Role.ADMIN
    assert ranks.least("PUT", "/settings/staff/invite") is Role.MANAGER
