"""Where tokens are got and what is asked for, provider by provider. Pure.

Microsoft: learn.microsoft.com, "OAuth 2.0 device authorization grant flow" and "Authenticate an IMAP, POP or SMTP
connection using OAuth". Google: developers.google.com, "OAuth 2.0 for Mobile & Desktop Apps"; its device flow takes no
mail scope ("Allowed scopes" of "OAuth 2.0 for TV and Limited-Input Device Applications").
"""

from __future__ import annotations

from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from channels.email.oauth.settings import OAuth

_WHO = ("openid", "email")  # so that the answer names who has signed in


class Provider(Struct, frozen=True):
    """`device_url` "": it has no device code for mail, and a browser brings the code to this machine.

    `unused`: how long a sign-in lives that is not used; None where nobody has said.
    """

    label: str
    token_url: str
    device_url: str = ""
    authorize_url: str = ""
    scopes: tuple[str, ...] = ()
    unused: timedelta | None = None
    asked: tuple[tuple[str, str], ...] = ()  # further parameters of `authorize_url`


_GOOGLE = Provider(
    "Google",
    token_url="https://oauth2.googleapis.com/token",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    scopes=("https://mail.google.com/", *_WHO),
    unused=timedelta(days=180),
    asked=(("access_type", "offline"), ("prompt", "consent")),  # else a second sign-in brings no refresh token
)


def found(settings: OAuth) -> Provider:
    """The provider that the settings name, with whatever they say otherwise laid over."""
    known = {"microsoft": _microsoft(settings.tenant), "google": _GOOGLE}.get(settings.provider)
    if known is None:
        known = Provider("The provider", token_url=settings.token_url)
    has_own = settings.device_url or settings.authorize_url
    return replace(
        known,
        token_url=settings.token_url or known.token_url,
        device_url=settings.device_url if has_own else known.device_url,
        authorize_url=settings.authorize_url if has_own else known.authorize_url,
        scopes=settings.scopes or known.scopes,
    )


def _microsoft(tenant: str) -> Provider:
    base = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
    outlook = "https://outlook.office.com"
    return Provider(
        "Microsoft",
        token_url=f"{base}/token",
        device_url=f"{base}/devicecode",
        scopes=(f"{outlook}/IMAP.AccessAsUser.All", f"{outlook}/SMTP.Send", "offline_access", "profile", *_WHO),
        unused=timedelta(days=90),
    )


def client(settings: OAuth) -> dict[str, str]:
    """Who we are to the provider, as part of a form (RFC 6749 2.3.1)."""
    secret = settings.client_secret.get_secret_value()
    return {"client_id": settings.client_id} | ({"client_secret": secret} if secret else {})
