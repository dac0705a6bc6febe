"""Settings of signing in by OAuth: at whom, as which application, and as whom."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from kernel.phrases import Phrase
from kernel.settings import Section

_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def _endpoint(url: str) -> str:
    """Tokens travel there: plain HTTP only on this machine."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if url and not (is_safe and parts.hostname):
        raise ValueError(Phrase("a URL that begins with https://"))
    return url


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class OAuth(Section):
    """`tenant`: Microsoft's directory id, or "common". `user`: who signs in, where it is not the address itself.

    With "custom" the endpoints are named here: `device_url` (RFC 8628) or else `authorize_url` (RFC 6749, RFC 7636).
    """

    provider: Literal["microsoft", "google", "custom"]
    client_id: str = Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
    client_secret: SecretStr = SecretStr("")
    tenant: str = Field(default="common", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    user: str = Field(default="", max_length=254)
    device_url: Endpoint = ""
    authorize_url: Endpoint = ""
    token_url: Endpoint = ""
    scopes: tuple[Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")], ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.provider != "custom":
            return self
        if not self.token_url or not (self.device_url or self.authorize_url):
            raise ValueError(Phrase("token_url, and device_url or authorize_url: a custom provider's endpoints"))
        if not self.scopes:
            raise ValueError(Phrase("scopes: what the provider calls the permission to read and send mail"))
        return self
