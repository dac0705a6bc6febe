"""How long a sign-in still lives, and what is said before it ends. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.email.oauth.keeping import Kept

UNUSED = timedelta(days=60)  # a sign-in that nobody has used for so long is told of
SOON = timedelta(days=3)  # so is one whose end is so near
COMMAND = "centrala email sign-in"
DO = f"run `{COMMAND}`"


def ends_at(kept: Kept, unused: timedelta | None) -> datetime | None:
    """When it ends if nothing is done from now on. `unused`: how long it lives without being used."""
    known = [kept.ends_at, kept.used_at + unused if unused else None]
    return min((one for one in known if one is not None), default=None)


def warning(kept: Kept, unused: timedelta | None, now: datetime) -> str:
    """What an administrator should hear before it ends, with the date; "" while all is well."""
    if kept.ends_at is not None and kept.ends_at - now <= SOON:
        return f"the sign-in ends on {kept.ends_at:%Y-%m-%d}, used or not: {DO} before"
    if now - kept.used_at > UNUSED:
        end = ends_at(kept, unused)
        until = f" and ends on {end:%Y-%m-%d}" if end else ""
        return f"the sign-in has not been used since {kept.used_at:%Y-%m-%d}{until}: {DO}"
    return ""


def said(kept: Kept, unused: timedelta | None) -> str:
    """How it stands, for the one who looks."""
    since = f"signed in {kept.signed_in_at:%Y-%m-%d}, last renewed {kept.used_at:%Y-%m-%d %H:%M} UTC"
    if kept.ends_at is not None:
        return f"{since}; ends on {kept.ends_at:%Y-%m-%d}, used or not"
    end = ends_at(kept, unused)
    return f"{since}; ends on {end:%Y-%m-%d} if it is not used until then" if end else since
