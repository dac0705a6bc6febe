"""Twilio's request signatures over bytes. Pure. Source: www.twilio.com/docs/usage/security and twilio 9.13.

By hand, because the published validator decodes what it is given: a parameter that is not UTF-8 would pass for forged,
and repeated parameters need a container of its liking. It is our tests' oracle.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, urlsplit

HEADER = "X-Twilio-Signature"
# Sent along when a shared key signs instead of the auth token: key=…,algorithm=HMAC_SHA256
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
_HASHES = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS = {"https": 443, "http": 80}
Param = tuple[bytes, bytes]


def sign(key: bytes, url: bytes, params: Iterable[Param] = (), *, algorithm: str = "HMAC_SHA1") -> str:
    """Base64 of the HMAC over the URL and the form's parameters, sorted, each pair once.

    Raises KeyError for an algorithm that is not known.
    """
    return _mac(key, url + _joined(params), algorithm)


def is_valid(
    keys: Sequence[bytes],
    url: str,
    params: Iterable[Param] | None,
    headers: Mapping[str, str],
    *,
    body: bytes = b"",
) -> bool:
    """True if one of `keys` signed this request. Never raises; compares in constant time.

    `url`: the public address as Twilio knows it, path and query included. Twilio is not of one mind about the port, so
    both forms are tried. `params` None: the body is no form; then the URL carries the body's SHA-256 in bodySHA256.
    """
    given = headers.get(HEADER, "").encode("utf-8", "surrogateescape")
    algorithm = _algorithm(headers.get(SETTINGS_HEADER, ""))
    if not given or algorithm.upper() not in _HASHES:
        return False
    if params is None and not _is_body(url, body):
        return False
    joined = _joined(params or ())
    wanted = [_mac(key, form + joined, algorithm).encode() for key in keys for form in _forms(url)]
    return sum(hmac.compare_digest(given, one) for one in wanted) > 0  # all are compared


def _joined(params: Iterable[Param]) -> bytes:
    return b"".join([name + value for name, value in sorted(set(params))])


def _mac(key: bytes, signed: bytes, algorithm: str) -> str:
    return base64.b64encode(hmac.digest(key, signed, _HASHES[algorithm.upper()])).decode()


def _is_body(url: str, body: bytes) -> bool:
    promised = parse_qs(urlsplit(url).query).get("bodySHA256")
    if promised is None:
        return not body  # a body that nothing vouches for
    return hmac.compare_digest(promised[0].encode("utf-8", "replace"), hashlib.sha256(body).hexdigest().encode())


def _algorithm(setting: str) -> str:
    for part in setting.split(","):
        name, equals, value = part.partition("=")
        if equals and name.strip() == "algorithm" and value.strip():
            return value.strip()
    return "HMAC_SHA1"


@lru_cache(maxsize=16)  # nearly all requests are for one of two addresses
def _forms(url: str) -> tuple[bytes, ...]:
    """The URL with its port and without."""
    return tuple(form.encode("utf-8", "surrogateescape") for form in {url, _other_form(url)})


def _other_form(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # no URL: then nothing that was signed either
        return url
    if port is None:
        return _with_host(parts, f"{parts.netloc}:{_PORTS.get(parts.scheme, 80)}")
    return _with_host(parts, parts.netloc.rpartition(":")[0])


def _with_host(parts: SplitResult, host: str) -> str:
    return parts._replace(netloc=host).geturl()
