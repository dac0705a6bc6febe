"""How long a sign-in still lives, and what is said before it ends. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.email.oauth.keeping import Kept
from kernel import sentences

UNUSED = timedelta(days=60)  # a sign-in that nobody has used for so long is told of
SOON = timedelta(days=3)  # so is one whose end is so near
COMMAND = "centrala email sign-in"
DO = sentences.line("run {command}", command=f"`{COMMAND}`")


def ends_at(kept: Kept, unused: timedelta | None) -> datetime | None:
    """When it ends if nothing is done from now on. `unused`: how long it lives without being used."""
    known = [kept.ends_at, kept.used_at + unused if unused else None]
    return min((one for one in known if one is not None), default=None)


def warning(kept: Kept, unused: timedelta | None, now: datetime) -> str:
    """What an administrator should hear before it ends, with the date, as a line; "" while all is well."""
    if kept.ends_at is not None and kept.ends_at - now <= SOON:
        day = f"{kept.ends_at:%Y-%m-%d}"
        return sentences.line("the sign-in ends on {day}, used or not: {do} before", day=day, do=DO)
    if now - kept.used_at > UNUSED:
        end = ends_at(kept, unused)
        day = f"{kept.used_at:%Y-%m-%d}"
        if end is None:
            return sentences.line("the sign-in has not been used since {day}: {do}", day=day, do=DO)
        return sentences.line(
            "the sign-in has not been used since {day} and ends on {end}: {do}", day=day, end=f"{end:%Y-%m-%d}", do=DO
        )
    return ""


def said(kept: Kept, unused: timedelta | None) -> str:
    """How it stands, for the one who looks."""
    since = f"signed in {kept.signed_in_at:%Y-%m-%d}, last renewed {kept.used_at:%Y-%m-%d %H:%M} UTC"
    if kept.ends_at is not None:
        return f"{since}; ends on {kept.ends_at:%Y-%m-%d}, used or not"
    end = ends_at(kept, unused)
    return f"{since}; ends on {end:%Y-%m-%d} if it is not used until then" if end else since
