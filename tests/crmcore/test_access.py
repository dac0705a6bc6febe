"""Who may see and do what: roles times acts, tried by everybody and by the stranger."""

from __future__ import annotations

import pytest

from crmcore import access
from crmcore.access import INBOX, Actor, StaffId
from crmcore.models.staff import Role

SELF, OTHER = 1, 2


def actor(role: Role, *queues: str) -> Actor:
    return Actor(StaffId(SELF), "Anna", role, "UTC", frozenset(queues))


@pytest.mark.parametrize(
    ("role", "queue", "assignee", "sees"),
    [
        pytest.param(Role.AGENT, "cards", None, True, id="agent, her queue"),
        pytest.param(Role.AGENT, "cards", OTHER, True, id="agent, her queue, another's"),
        pytest.param(Role.AGENT, INBOX, None, True, id="agent, the inbox"),
        pytest.param(Role.AGENT, "sales", None, False, id="agent, a strange queue"),
        pytest.param(Role.AGENT, "sales", OTHER, False, id="agent, a strange queue, another's"),
        pytest.param(Role.AGENT, "sales", SELF, True, id="agent, a strange queue, her own"),
        pytest.param(Role.LEAD, "sales", None, True, id="lead"),
        pytest.param(Role.MANAGER, "sales", OTHER, True, id="manager"),
        pytest.param(Role.ADMIN, "sales", OTHER, True, id="admin"),
    ],
)
def test_a_scope_covers_what_its_actor_may_see(role: Role, queue: str, assignee: int | None, sees: bool) -> None:
    """M-9."""
    assert access.scope(actor(role, "cards")).covers(queue, assignee) is sees


@pytest.mark.parametrize(
    ("role", "assignee", "assigns", "takes_unanswered", "takes_answered"),
    [
        pytest.param(Role.AGENT, None, True, True, True, id="agent, nobody's"),
        pytest.param(Role.AGENT, SELF, True, True, True, id="agent, her own"),
        pytest.param(Role.AGENT, OTHER, False, True, False, id="agent, another's"),
        pytest.param(Role.LEAD, OTHER, True, True, True, id="lead, another's"),
        pytest.param(Role.MANAGER, OTHER, True, True, True, id="manager, another's"),
        pytest.param(Role.ADMIN, OTHER, True, True, True, id="admin, another's"),
    ],
)
def test_a_role_may_what_the_table_says(
    role: Role, assignee: int | None, assigns: bool, takes_unanswered: bool, takes_answered: bool
) -> None:
    """M-9: assigned but unanswered tickets may be taken by whoever sees them."""
    who = actor(role)
    assert access.may_assign(who, assignee) is assigns
    assert access.may_take(who, assignee, answered=False) is takes_unanswered
    assert access.may_take(who, assignee, answered=True) is takes_answered


ORDER = [Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN]


@pytest.mark.parametrize("role", ORDER, ids=str)
def test_roles_rank_in_order(role: Role) -> None:
    assert [access.ranks(actor(role), least) for least in ORDER] == [
        ORDER.index(least) <= ORDER.index(role) for least in ORDER
    ]


def test_every_role_has_a_rank() -> None:
    assert {access.ranks(actor(role), Role.AGENT) for role in Role} == {True}
