"""Addresses: which may be used, how they are sent, and what of them may be logged."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote, urlsplit

import requests

from ..errors import Fatal

__all__ = ["as_sent", "checked", "shown"]


def checked(base_url: str) -> str:
    """An address of the settings, without a slash at its end. Raises ``Fatal`` for one that cannot be used."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Fatal(
            "address_form",
            "The address must begin with http:// or https:// and name a host.",
            hint="Correct the address in the settings.",
        )
    if "@" in parts.netloc:
        raise Fatal(
            "address_login",
            "The address holds a login.",
            hint="Move the user and the password to their own settings; the password belongs in the keyring.",
        )
    return base_url.rstrip("/")


def shown(url: str) -> str:
    """What may be logged of an address: its path and the names of its options; values can be data of the base."""
    address, _, query = url.partition("?")
    names = [pair.split("=", 1)[0] for pair in query.split("&") if pair]
    path = _path(address)
    return f"{path}?{'&'.join(names)}" if names else path


@lru_cache(maxsize=256)
def _path(address: str) -> str:
    """The path of an address without its query, to be read by people."""
    return unquote(urlsplit(address).path)


@lru_cache(maxsize=256)
def as_sent(address: str) -> str:
    """An address without its query as the library writes it: pages of one listing differ in nothing but the query."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(address, None)
    return str(prepared.url)
