"""What the first day needs of Telegram: links with a START, privacy mode, administrators, and updates by name."""

from __future__ import annotations

from typing import Any

import pytest

from channels.telegram.simulator import BotApi, Impossible
from channels.telegram.simulator.methods import METHODS
from channels.telegram.simulator.params import Params
from channels.telegram.simulator.refusals import Refusal

LINK = "https://t.me/centrala_demo_bot?start="


@pytest.fixture
def api() -> BotApi:
    return BotApi("1000:token")


def asked(api: BotApi, method: str, **params: Any) -> Any:
    return METHODS[method](api.world, Params(params))


def heard(api: BotApi) -> list[str]:
    """Texts of the messages that the bot is told of."""
    pending = [update.payload for update in api.world.updates.pending if update.kind == "message"]
    return [str(one["text"]) for one in pending if "text" in one]


def test_a_link_starts_a_new_chat_with_its_payload(api: BotApi) -> None:
    anna = api.world.person(1, "Anna")
    api.world.open_link(anna, f"{LINK}i_abc-1")
    assert heard(api) == ["/start i_abc-1"]
    with pytest.raises(Impossible, match="without a START button"):
        api.world.open_link(anna, f"{LINK}i_abc-1")


@pytest.mark.parametrize("link", [f"{LINK}{'x' * 65}", f"{LINK}a.b", f"{LINK}", "https://t.me/other_bot?start=a"])
def test_a_link_that_telegram_does_not_take_leads_nowhere(api: BotApi, link: str) -> None:
    with pytest.raises(Impossible, match="no link to"):
        api.world.open_link(api.world.person(1, "Anna"), link)


def test_in_privacy_mode_a_member_hears_commands_and_answers_only(api: BotApi) -> None:
    """As documented; an administrator, or a bot without privacy mode, hears all."""
    anna = api.world.person(1, "Anna")
    group = api.world.group(-1005, "Team", members=[anna], with_bot=False)
    api.world.add_bot(group, anna, admin=False)
    ours = asked(api, "sendmessage", chat_id=group.id, text="Hello")["message_id"]
    for text in ("plain", "/start", "/start@centrala_demo_bot x", "/start@other_bot"):
        api.world.say(anna, group, text)
    api.world.say(anna, group, "answer", reply_to=ours)
    assert heard(api) == ["/start", "/start@centrala_demo_bot x", "answer"]
    assert asked(api, "getme")["can_read_all_group_messages"] is False
    api.world.hears_all = True
    api.world.say(anna, group, "loud")
    api.world.hears_all = False
    api.world.add_bot(group, anna)
    api.world.say(anna, group, "as administrator")
    assert heard(api)[3:] == ["loud", "as administrator"]


def test_administrators_are_listed_with_whether_they_hide(api: BotApi) -> None:
    anna, bela = api.world.person(1, "Anna"), api.world.person(2, "Bela")
    group = api.world.group(-1005, "Team", members=[anna, bela])
    api.world.hide(anna, group)
    [found] = asked(api, "getchatadministrators", chat_id=group.id)
    assert (found["user"]["id"], found["status"], found["is_anonymous"]) == (1, "creator", True)
    with pytest.raises(Impossible, match="no administrator"):
        api.world.hide(bela, group)
    with pytest.raises(Refusal, match="no administrators in the private chat"):
        api.world.private(anna).opened = True
        asked(api, "getchatadministrators", chat_id=anna.id)


def test_a_bot_that_did_not_name_it_is_not_told_of_its_own_membership(api: BotApi) -> None:
    """allowed_updates is a list of all that is wanted."""
    anna = api.world.person(1, "Anna")
    group = api.world.group(-1005, "Team", members=[anna], with_bot=False)
    asked(api, "setwebhook", url="https://x.example/", allowed_updates='["message"]')
    api.world.add_bot(group, anna)
    assert {update.kind for update in api.world.updates.pending} == {"message"}


def test_topics_need_a_supergroup(api: BotApi) -> None:
    group = api.world.group(-5, "Team", members=[api.world.person(1, "Anna")])
    with pytest.raises(Impossible, match="supergroup first"):
        api.world.set_topics(group, True)
