"""What /invite means, and what the bot says of a group: pure."""

from __future__ import annotations

import pytest

from bot.commands import inviting
from bot.commands.inviting import Wanted
from bot.groups import said
from channels.contract import Address, Place
from crmcore.access import Role

QUEUES = {"inbox": None, "cards": None}
HERE = Address("telegram", "-100")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Anna", Wanted("Anna", Role.AGENT, ())),
        ("Anna Nowak", Wanted("Anna Nowak", Role.AGENT, ())),
        ("Anna Nowak lead cards", Wanted("Anna Nowak", Role.LEAD, ("cards",))),
        ("Anna cards LEAD", Wanted("Anna", Role.LEAD, ("cards",))),
        ('"Anna Nowak" administrator', Wanted("Anna Nowak", Role.ADMIN, ())),
        ("lead lead", Wanted("lead", Role.LEAD, ())),
        ("cards", Wanted("cards", Role.AGENT, ())),
        ("Anna lead manager", Wanted("Anna lead", Role.MANAGER, ())),
        ("  ", Wanted("", Role.AGENT, ())),
    ],
    ids=str,
)
def test_name_role_and_queue_are_told_apart(text: str, wanted: Wanted) -> None:
    """B-11."""
    assert inviting.meant(text, QUEUES) == wanted


def test_what_is_mended_is_said_once_it_was_missing() -> None:
    """B-11: a group that never lacked anything is not told so."""
    whole, poor = Place(HERE, topics=True), Place(HERE, missing=("I may not.",))
    first = said("en", whole, is_chosen=False, todo="", before="")
    assert "there now" not in first and "Missing" not in first
    lacking = said("en", poor, is_chosen=True, todo="Write it.", before=first)
    assert "Write it.\nMissing:\n• I may not.\n" in lacking
    mended = said("en", whole, is_chosen=True, todo="", before=lacking)
    assert mended.endswith("All that was missing is there now.")
    assert said("en", whole, is_chosen=True, todo="", before=mended) == mended
