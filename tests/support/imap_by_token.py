"""The real IMAP server (pymap) with XOAUTH2 switched on: the provider is asked whether a token is good (RFC 7662).

Run as a program: the URL to ask at, then pymap's own arguments.
"""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
from pymap.backend import dict as backend
from pymap.exceptions import InvalidAuth
from pymap.main import main
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials, ExternalVerificationRequired


def _mechanisms(config: Any) -> SASLAuth:
    return SASLAuth.named([b"PLAIN", b"LOGIN", b"XOAUTH2"])


def _asking(url: str) -> Any:
    by_password = backend.Login.authenticate

    async def authenticate(login: Any, credentials: Any) -> Any:
        if not isinstance(credentials, ExternalCredentials):
            return await by_password(login, credentials)
        try:
            credentials.verify(None)
        except ExternalVerificationRequired as shown:
            form = {"username": credentials.authzid, "token": shown.token or ""}
        async with aiohttp.ClientSession() as session, session.post(url, data=form) as answer:
            found = await answer.json()
        if not found["active"]:
            raise InvalidAuth()
        return backend.Identity(credentials.authzid, login, None, frozenset())

    return authenticate


if __name__ == "__main__":
    backend.Login.authenticate = _asking(sys.argv.pop(1))  # type: ignore[method-assign]
    backend.Config.tls_auth = property(_mechanisms)  # type: ignore[assignment, method-assign]
    main()
