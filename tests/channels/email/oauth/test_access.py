"""A token that is good now, for all connections: renewed once for all, in time, kept whole, and no log shows it."""

from __future__ import annotations

import asyncio
import io
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.contract import Health
from channels.email.oauth import access as accesses
from channels.email.oauth import keeping
from channels.email.oauth.access import Access, Away, NotSignedIn
from channels.email.oauth.keeper import Keeper
from channels.email.oauth.keeping import Kept
from channels.email.simulator import Provider
from channels.email.trouble import Trouble
from kernel import log, texts
from tests.channels.email.oauth import signing
from tests.channels.email.oauth.signing import ADDRESS

HOUR = timedelta(hours=1)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, down to the last detail."""
    stream = io.StringIO()
    log.setup(stream, level="debug")
    yield stream
    log.setup()


def access(provider: Provider, folder: Path, **more: object) -> Access:
    return Access(signing.settings(provider), ADDRESS, folder, **more)  # type: ignore[arg-type]


def there(folder: Path) -> Kept:
    found = keeping.read(keeping.path(folder, ADDRESS))
    assert found is not None
    return found


async def test_a_good_token_is_used_as_it_is(provider: Provider, tmp_path: Path) -> None:
    kept = signing.kept(provider, tmp_path)
    assert await access(provider, tmp_path).token() == kept.access
    assert provider.refreshes == 0


async def test_a_token_is_renewed_before_it_runs_out_and_once_for_all(provider: Provider, tmp_path: Path) -> None:
    """M-8, M-9: 56 of its 60 minutes are over; twenty connections ask at once."""
    old = signing.kept(provider, tmp_path, ago=timedelta(minutes=56))
    shared = access(provider, tmp_path)
    found = await asyncio.gather(*(shared.token() for _ in range(20)))
    assert len(set(found)) == 1 and found[0] != old.access
    assert provider.refreshes == 1
    assert there(tmp_path).access == found[0]
    assert provider.may_read(ADDRESS, found[0])


async def test_a_refused_token_is_renewed_once_for_all(provider: Provider, tmp_path: Path) -> None:
    """A mail server that forgets a token tells every connection; and one that takes none does not make us ask on."""
    old = signing.kept(provider, tmp_path)
    shared = access(provider, tmp_path)
    found = await asyncio.gather(*(shared.renewed(old.access) for _ in range(10)))
    assert len(set(found)) == 1 and found[0] != old.access
    assert provider.refreshes == 1
    assert await shared.renewed(found[0]) == found[0]
    assert provider.refreshes == 1


async def test_two_processes_renew_one_after_the_other(provider: Provider, tmp_path: Path) -> None:
    """A provider that takes a refresh token once only: `centrala check email` beside the running hub."""
    provider.rotates = True
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    hub, check = access(provider, tmp_path), access(provider, tmp_path)
    first, second = await asyncio.gather(hub.token(), check.token())
    assert first == second
    assert provider.refreshes == 1
    provider.forget()
    assert await hub.renewed(first) != first
    assert provider.may_read(ADDRESS, there(tmp_path).access)


async def test_a_rotated_refresh_token_is_kept(provider: Provider, tmp_path: Path) -> None:
    provider.rotates, provider.lives_s = True, 3600
    old = signing.kept(provider, tmp_path, ago=2 * HOUR)
    await access(provider, tmp_path).token()
    assert there(tmp_path).refresh != old.refresh
    assert there(tmp_path).signed_in_at == old.signed_in_at


async def test_a_sign_in_that_was_revoked_ends_and_is_not_asked_for_again(provider: Provider, tmp_path: Path) -> None:
    """The sentence says what to do; a new sign-in is found without a restart."""
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    provider.revoke()
    shared = access(provider, tmp_path)
    for _ in range(3):
        with pytest.raises(NotSignedIn, match=r"the sign-in has ended.*run `centrala email sign-in`"):
            await shared.token()
    assert provider.refreshes == 1
    fresh = signing.kept(provider, tmp_path)
    assert await shared.token() == fresh.access


async def test_a_provider_that_is_away_leaves_a_token_its_last_minutes(provider: Provider, tmp_path: Path) -> None:
    old = signing.kept(provider, tmp_path, ago=timedelta(minutes=57))
    provider.faults.later = 2
    shared = access(provider, tmp_path)
    assert await shared.token() == old.access
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    with pytest.raises(Away, match="temporarily_unavailable"):
        await shared.token()
    assert await shared.token()


async def test_half_an_answer_is_no_answer(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    provider.faults.cut = 1
    shared = access(provider, tmp_path)
    with pytest.raises(Away, match="without a token"):
        await shared.token()
    assert await shared.token()


async def test_an_application_that_is_unknown_says_which_settings(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    provider.client_secret = "changed"
    shared = Access(signing.settings(provider, client_secret="before"), ADDRESS, tmp_path)
    with pytest.raises(
        NotSignedIn, match=r"invalid_client \(AADSTS7000215\)\): see client_id, client_secret and tenant"
    ):
        await shared.token()


async def test_nobody_has_signed_in_yet(provider: Provider, tmp_path: Path) -> None:
    with pytest.raises(NotSignedIn, match="nobody has signed in yet: run `centrala email sign-in`"):
        await access(provider, tmp_path).token()


async def test_another_application_than_was_signed_in_to(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path)
    with pytest.raises(NotSignedIn, match="another client_id"):
        await Access(signing.settings(provider, client_id="new"), ADDRESS, tmp_path).token()


# -- the file --------------------------------------------------------------------------------------------------------


async def test_the_file_is_its_owners_and_its_name_tells_no_address(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path)
    [file] = found(tmp_path, "*.json")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600  # noqa: PTH116
    assert file.name.startswith("oauth-") and "desk" not in file.name


def found(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


DIES = """
import os, sys
from pathlib import Path
from channels.email.oauth import keeping
file = Path(sys.argv[1])
kept = keeping.read(file)
os.fsync = lambda handle: os.kill(os.getpid(), 9)
keeping.write(file, kept)
"""


async def test_a_crash_while_writing_leaves_the_old_sign_in(provider: Provider, tmp_path: Path) -> None:
    """Killed with the new file half there: the old one is whole, and what is left over goes at the next writing."""
    kept = signing.kept(provider, tmp_path)
    file = keeping.path(tmp_path, ADDRESS)
    assert died_writing(file) == -9
    assert len(found(tmp_path, ".oauth-*.new")) == 1
    assert await access(provider, tmp_path).token() == kept.access
    keeping.write(file, replace(kept, access="next"))
    assert found(tmp_path, ".oauth-*.new") == []
    assert there(tmp_path).access == "next"


def died_writing(file: Path) -> int:
    """How a process ends that is killed before its file is on the disk."""
    root = Path(__file__).parents[4]
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", DIES, str(file)]
    return subprocess.run(command, cwd=root, check=False, env=environment).returncode


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1, "refresh": "x"}'], ids=repr)
async def test_a_file_that_holds_no_sign_in_is_told(provider: Provider, tmp_path: Path, body: bytes) -> None:
    keeping.path(tmp_path, ADDRESS).write_bytes(body)
    with pytest.raises(NotSignedIn, match="holds no sign-in: run"):
        await access(provider, tmp_path).token()


async def test_tokens_that_the_disk_does_not_take_are_not_lost(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rotated refresh token that is thrown away would end the sign-in."""
    provider.rotates = True
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    shared = access(provider, tmp_path)
    with monkeypatch.context() as full:
        full.setattr(keeping, "write", _full)
        token = await shared.token()
        assert await shared.token() == token
    assert await shared.token() == token
    assert there(tmp_path).access == token
    assert provider.refreshes == 1


def _full(file: Path, kept: Kept) -> None:
    raise OSError(28, "No space left on device")


async def test_no_token_and_no_address_reaches_a_log(provider: Provider, tmp_path: Path, logged: io.StringIO) -> None:
    """M-6."""
    signing.kept(provider, tmp_path, ago=2 * HOUR)
    shared = access(provider, tmp_path)
    await shared.token()
    provider.revoke()
    with pytest.raises(NotSignedIn):
        await shared.renewed(there(tmp_path).access)
    told = logged.getvalue()
    assert "email.token_renewed" in told and "email.sign_in_ended" in told
    assert [one for one in (*provider.secrets, ADDRESS) if one in told] == []


# -- its end ---------------------------------------------------------------------------------------------------------


async def looked(provider: Provider, folder: Path) -> Health:
    health = Health()
    await Keeper(access(provider, folder), Trouble(health)).turn()
    return health


async def test_a_sign_in_is_used_once_a_day_even_if_no_mail_goes(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path, ago=timedelta(days=2))
    health = await looked(provider, tmp_path)
    assert provider.refreshes == 1
    assert datetime.now(UTC) - there(tmp_path).used_at < HOUR
    assert health.degraded == health.needs == ""


async def test_an_end_that_is_known_is_told_before(provider: Provider, tmp_path: Path) -> None:
    """Google's applications in testing: a week, used or not."""
    end = datetime.now(UTC) + timedelta(days=6)
    signing.kept(provider, tmp_path, ends_at=end)
    health = await looked(provider, tmp_path)
    assert (health.needs, health.facts["sign_in_ends_at"]) == ("", end)
    soon = datetime.now(UTC) + timedelta(days=2)
    signing.kept(provider, tmp_path, ends_at=soon)
    health = await looked(provider, tmp_path)
    assert health.needs == f"the sign-in ends on {soon:%Y-%m-%d}, used or not: run `centrala email sign-in` before"
    polish = f"logowanie kończy się {soon:%Y-%m-%d}, nawet używane: uruchom `centrala email sign-in` przed tym dniem"
    assert texts.phrase("pl", health.needs) == polish  # S4-11: each administrator reads it in his language
    assert health.degraded == f"sign-in: {health.needs}"


async def test_a_sign_in_long_unused_is_told_with_its_date(provider: Provider, tmp_path: Path) -> None:
    """While the provider is away it cannot be used: after sixty days somebody should know."""
    signing.kept(provider, tmp_path, ago=timedelta(days=61))
    provider.faults.later = 1
    health = await looked(provider, tmp_path)
    used = datetime.now(UTC) - timedelta(days=61)
    assert health.needs.startswith(f"the sign-in has not been used since {used:%Y-%m-%d}")


async def test_a_sign_in_that_has_ended_is_told_until_somebody_signs_in(provider: Provider, tmp_path: Path) -> None:
    signing.kept(provider, tmp_path, ago=timedelta(days=2))
    provider.revoke()
    health = Health()
    keeper = Keeper(access(provider, tmp_path), Trouble(health))
    await keeper.turn()
    assert "has ended" in health.degraded and "centrala email sign-in" in health.needs
    signing.kept(provider, tmp_path)
    await keeper.turn()
    assert health.degraded == health.needs == ""


def test_a_token_of_minutes_is_not_renewed_all_the_time() -> None:
    now = datetime.now(UTC)
    kept = Kept("x", "r", "a", expires_at=now, signed_in_at=now, used_at=now, lifetime_s=120)
    assert accesses._early(kept) == timedelta(seconds=60)
    assert accesses._early(replace(kept, lifetime_s=3600)) == timedelta(minutes=5)
