"""`centrala check sms`, as an operator meets it: the step that fails, and what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.sms.simulator import TwilioApi
from tests.stories.test_check import run

TOKEN = "0123456789abcdef0123456789abcdef"
HOOK = "https://desk.example/channels/sms/message"


@pytest.fixture
async def api() -> AsyncIterator[TwilioApi]:
    simulated = TwilioApi(TOKEN)
    await simulated.start()
    yield simulated
    await simulated.stop()


def sms(api: TwilioApi, *, token: str = TOKEN, sender: str = "", more: str = "", public: bool = True) -> str:
    web = '[web]\npublic_url = "https://desk.example"\n' if public else ""
    return (
        f'{web}[channels.sms]\naccount_sid = "{api.world.account_sid}"\nauth_token = "{token}"\n'
        f'sender = "{sender or api.world.number}"\napi_url = "{api.url}"\n{more}'
    )


async def test_a_good_account_passes_every_step(tmp_path: Path, api: TwilioApi) -> None:
    api.world.message_url = f"{HOOK}#rc=4"
    code, out, _ = await run(tmp_path, sms(api), "check", "sms")
    assert (code, "FAIL" in out) == (0, False)
    assert "ok   account: signed in" in out
    assert "ok   sender: the number is ours and its messages come here" in out
    assert "ok   delivery reports: called back at https://desk.example/channels/sms/status" in out
    assert api.world.messages == []


async def test_a_wrong_token_is_the_step_that_fails(tmp_path: Path, api: TwilioApi) -> None:
    code, out, err = await run(tmp_path, sms(api, token="another-token-of-somebody"), "check", "sms")
    assert code == 1
    assert "FAIL account: Authenticate (20003) → copy Account SID and Auth Token again" in out
    assert "another-token" not in out + err


async def test_messages_that_go_elsewhere_are_named_with_the_place_to_mend_it(tmp_path: Path, api: TwilioApi) -> None:
    api.world.message_url = "https://demo.twilio.com/welcome"
    code, out, _ = await run(tmp_path, sms(api), "check", "sms")
    assert code == 1
    assert "FAIL sender: the number is ours; its messages go to https://demo.twilio.com/welcome" in out
    assert f"set 'A message comes in' to {HOOK} (HTTP POST)" in out


async def test_a_number_of_somebody_else_is_the_step_that_fails(tmp_path: Path, api: TwilioApi) -> None:
    code, out, _ = await run(tmp_path, sms(api, sender="+48732000999"), "check", "sms")
    assert code == 1
    assert "FAIL sender: the number is none of this account" in out


@pytest.mark.parametrize("sender", ["", "Orlik"], ids=["number", "name"])
async def test_polling_needs_no_address(tmp_path: Path, api: TwilioApi, sender: str) -> None:
    config = sms(api, sender=sender, more='receive = "poll"\n', public=False)
    code, out, _ = await run(tmp_path, config, "check", "sms")
    assert (code, "FAIL" in out) == (0, False)
    assert "ok   delivery reports: asked for with the message list" in out


async def test_where_nobody_answers_the_address_is_named(tmp_path: Path, api: TwilioApi) -> None:
    config = sms(api)
    await api.stop()
    code, out, _ = await run(tmp_path, config, "check", "sms")
    assert code == 1
    assert "FAIL account: no answer (ClientConnectorError) → see api_url" in out


async def test_a_channel_that_is_not_set_is_named_with_its_page(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, "[web]\nport = 0\n", "check", "sms")
    assert code == 1
    assert "[channels.sms] is not in the settings; docs/how-to/connect-sms.md" in err
    assert (Path(__file__).parent.parent.parent / "docs" / "how-to" / "connect-sms.md").exists()
