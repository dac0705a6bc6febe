"""The documents tell the truth: how-tos run, references are complete, links lead somewhere."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.commands import registry
from channels.email.oauth import provider as providers
from channels.email.oauth.settings import OAuth
from channels.email.settings import Settings as Email
from channels.email.simulator import MailServer, Provider
from channels.sms.settings import Settings as Sms
from channels.sms.simulator import TwilioApi
from channels.telegram.settings import Settings as Telegram
from channels.telegram.simulator import BotApi
from hub import digest_settings, hook_settings, settings
from hub.cli import COMMANDS
from routing import rules
from tests.support import commands
from tests.support.imap import PASSWORD, USER, ImapServer
from tests.support.ports import free_port

ROOT = Path(__file__).parent.parent
HOW_TOS = sorted((ROOT / "docs" / "how-to").glob("*.md"))
WITHOUT_COMMANDS = ("write-a-migration", "add-a-channel", "lead-a-team")  # what they tell is done in files and pages
BLOCK = re.compile(r"^( *)```(\S+)( background)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
PATIENCE_S = 20.0


def blocks(page: Path) -> Iterator[tuple[str, bool, str]]:
    """Language, whether it runs in the background, and the text of each code block."""
    for indent, language, background, text in BLOCK.findall(page.read_text()):
        yield language, bool(background), re.sub(f"^{indent}", "", text, flags=re.MULTILINE)


@pytest.fixture
async def api() -> Iterator[BotApi]:
    """Telegram's side, for the page that connects it."""
    simulated = BotApi("123456789:AAexample-token", bot_id=123456789)
    await simulated.start()
    yield simulated
    await simulated.stop()


@pytest.fixture
async def twilio() -> Iterator[TwilioApi]:
    """Twilio's side, for the page that connects SMS."""
    simulated = TwilioApi("example-auth-token", account_sid="AC0123456789abcdef0123456789abcdef")
    simulated.world.message_url = "https://desk.example/channels/sms/message"
    await simulated.start()
    yield simulated
    await simulated.stop()


@pytest.fixture
async def mailing(page: Path) -> AsyncIterator[dict[str, str]]:
    """The mail server and the mailbox of the pages about e-mail, as settings that lead to them."""
    if page.stem == "sign-in-to-microsoft-or-google":
        async with microsoft() as known:
            yield known
        return
    if page.stem != "connect-email":
        yield {}
        return
    server, imap = MailServer(), ImapServer()
    port = await server.start()
    await asyncio.to_thread(imap.start)
    there = {"host": "127.0.0.1", "tls": "none"}
    smtp = there | {"port": str(port), "user": "", "password": ""}
    mailbox = there | {"port": str(imap.port), "user": USER, "password": PASSWORD}
    yield {
        f"CENTRALA_CHANNELS__EMAIL__{part}__{name.upper()}": value
        for part, keys in (("SMTP", smtp), ("IMAP", mailbox))
        for name, value in keys.items()
    }
    imap.stop()
    await server.stop()


@asynccontextmanager
async def microsoft() -> AsyncIterator[dict[str, str]]:
    """Where one signs in, with somebody who enters every code at once, and the mailbox and mail server behind it."""
    scopes = frozenset(providers.found(OAuth(provider="microsoft", client_id="x")).scopes)
    who, client = "help@desk.example", "11111111-2222-3333-4444-555555555555"
    provider = Provider(client, scopes=scopes, interval_s=1, willing=who)
    await provider.start()
    server = MailServer(opens=provider.may_read)
    port = await server.start()
    imap = ImapServer(user=who, introspect=f"{provider.url}/introspect")
    await asyncio.to_thread(imap.start)
    there = {"HOST": "127.0.0.1", "TLS": "none"}
    parts = {
        "OAUTH": {"DEVICE_URL": f"{provider.url}/devicecode", "TOKEN_URL": f"{provider.url}/token"},
        "SMTP": there | {"PORT": str(port)},
        "IMAP": there | {"PORT": str(imap.port)},
    }
    yield {
        f"CENTRALA_CHANNELS__EMAIL__{part}__{name}": value
        for part, keys in parts.items()
        for name, value in keys.items()
    }
    await asyncio.to_thread(imap.stop)
    await server.stop()
    await provider.stop()


@pytest.mark.parametrize("page", HOW_TOS, ids=[page.stem for page in HOW_TOS])
async def test_the_commands_of_a_how_to_run(
    page: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    api: BotApi,
    twilio: TwilioApi,
    mailing: dict[str, str],
) -> None:
    found = list(blocks(page))
    runs = [text for language, _, text in found if language == "sh"]
    here = tmp_path_factory.mktemp("program")
    commands.program(here, real=str(Path(sys.executable).parent / "centrala"))
    path = os.pathsep.join((str(here), str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    if "telegram" in page.stem:
        environment["CENTRALA_CHANNELS__TELEGRAM__API_URL"] = api.url
    if "sms" in page.stem:
        environment["CENTRALA_CHANNELS__SMS__API_URL"] = twilio.url
    environment |= mailing
    if page.stem not in ("post-a-webhook", "map-a-payload"):  # each sets a port of its own
        environment["CENTRALA_WEB__PORT"] = str(free_port())
    await asyncio.to_thread(play, found, tmp_path, environment)
    assert runs or page.stem in WITHOUT_COMMANDS


def play(found: list[tuple[str, bool, str]], folder: Path, environment: dict[str, str]) -> None:
    """Write the settings blocks, run the shell blocks in order, end what runs in the background."""
    background: list[subprocess.Popen[bytes]] = []
    try:
        for language, waits_not, text in found:
            if language == "toml":
                (folder / "centrala.toml").write_text(text)
            elif language == "sh" and waits_not:
                background.append(start(text, folder, environment))
            elif language == "sh":
                done = subprocess.run(
                    ["bash", "-euc", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
                )
                assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    finally:
        for process in background:
            process.terminate()
            assert process.wait(10) == 0


def start(text: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A hub in the background; returns when it says that it is ready."""
    out = folder / "hub.out"
    with out.open("wb") as sink:
        words = ["bash", "-euc", f"exec {text}"]
        process = subprocess.Popen(words, cwd=folder, env=environment, stdout=sink, stderr=sink, start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        address = re.search(r"http://127\.0\.0\.1:\d+", out.read_text())
        if address and is_ready(address.group(0)):
            return process
        time.sleep(0.1)
    raise AssertionError(out.read_text())


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            return b'"degraded":[]' in answer.read()
    except (urllib.error.URLError, TimeoutError):
        return False


def test_every_verb_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "bot.md").read_text()
    assert [verb.name for verb in registry().verbs if verb.example.startswith("/") and verb.example not in text] == []


def test_every_setting_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text()
    tables = {
        "company": settings.Company,
        "web": settings.Web,
        "database": settings.Database,
        "bot": settings.Bot,
        "retention": settings.Retention,
        "queues.NAME": settings.QueueSettings,
        "kinds.NAME": settings.KindSettings,
        "calendars.NAME": settings.CalendarSettings,
        "hooks.sources.NAME": settings.HookSource,
        "hooks.out.NAME": hook_settings.HookOut,
        "digest": digest_settings.DigestSettings,
        "channels.sms": Sms,
        "channels.email": Email,
        "channels.telegram": Telegram,
    }
    keys = [f"`{table}.{name}`" for table, model in tables.items() for name in model.model_fields]
    assert [key for key in keys if key not in text] == []
    assert [name for name in settings.RuleSettings.model_fields if f"`{name}`" not in text] == []


def test_every_fact_of_rules_stands_in_the_reference() -> None:
    """M-6: with what it is, as the command line says it."""
    text = (ROOT / "docs" / "reference" / "settings.md").read_text()
    facts = [f"| `{name}.{one}` | {what} |" for name, known in rules.FACTS.items() for one, (_, what) in known.items()]
    assert [fact for fact in facts if fact not in text] == []


def test_every_command_stands_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text()
    assert [name for name in COMMANDS if f"centrala {name}" not in text] == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
