"""Wrong answers while setting up: what was expected is said in the language that is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.setup import steps
from tests.console.test_wrong_input import ELSEWHERE, LANGUAGES, left_in_english
from tests.stories.test_setup_restart import FILE, Visitor, browser
from tests.support import setting_up

NAME = {"company.name": "Orlik"}
MAIL = {"channels.email.address": "help@desk.example", f"{steps.IMAP}.password": "x", steps.WAY: steps.PASSWORD}
TEXTS = {
    "channels.sms.account_sid": f"AC{'0' * 32}",
    "channels.sms.auth_token": "a-token-of-a-test",
    "channels.sms.sender": "+48600123456",
}
WRONG: list[tuple[str, dict[str, str]]] = [
    *((step, {}) for step in steps.ORDER if step != steps.LANGUAGE),
    (steps.LANGUAGE, {"company.language": "xx"}),
    (steps.COMPANY, {"company.name": "x" * 200, "company.zone": "Nowhere", steps.QUIET: "perhaps"}),
    (steps.TELEGRAM, {"channels.telegram.token": "x", "channels.telegram.api_url": "x"}),
    (steps.EMAIL, {**MAIL, "channels.email.address": "a+b@desk.example"}),
    (steps.EMAIL, {**MAIL, f"{steps.IMAP}.host": "a b", f"{steps.IMAP}.port": "x", f"{steps.SMTP}.tls": "x"}),
    (steps.EMAIL, {**MAIL, steps.WAY: steps.GOOGLE, f"{steps.OAUTH}.client_id": "a b"}),
    (steps.SMS, {**TEXTS, "channels.sms.account_sid": "x", "channels.sms.sender": "!"}),
    (steps.SMS, {**TEXTS, steps.PUBLIC: "desk", "channels.sms.api_url": "x"}),
    (steps.COLLEAGUE, {"staff.name": "x" * 200, "staff.phone": "1", "staff.email": "a", "staff.telegram": "b"}),
    (steps.COLLEAGUE, {"staff.name": "Anna"}),
]


@pytest.mark.timeout(180)
async def test_every_step_says_what_it_expected(tmp_path: Path, empty_url: str) -> None:
    """S0-12, M-8: each step with nothing, and with nonsense; and where another part of the file is wrong."""
    path = tmp_path / "centrala.toml"
    path.write_text(FILE)
    async with setting_up.running(tmp_path, empty_url) as hub, browser() as session:
        visitor = Visitor(hub, session)
        await visitor.enter()
        for language in LANGUAGES:
            session.cookie_jar.update_cookies({"language": language})
            for step, answers in WRONG:
                status, page = await visitor.send(step, answers)
                assert status == 400 and 'class="bad"' in page, (step, answers, status)
                assert f'<html lang="{language}"' in page and left_in_english(page, language) == [], (step, answers)
            path.write_text(FILE + ELSEWHERE)
            status, page = await visitor.send(steps.COMPANY, NAME)
            assert status == 400 and page.count('<p class="bad"') > 10
            assert left_in_english(page, language) == []
            path.write_text(FILE)
