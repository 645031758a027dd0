"""Secrets taken out of what another system says: an error page may repeat all that it was sent, in its own spelling."""

from __future__ import annotations

from html import escape
from json import dumps as json_text
from urllib.parse import quote

__all__ = ["redact", "spellings", "without_end"]

#: So many bytes of a secret tell something of it.
_TELLING = 4


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """``text`` with every secret replaced by asterisks."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def without_end(body: bytes, secret: bytes) -> bytes:
    """``body`` less the beginning of ``secret`` that it ends with: a page may be cut in the middle of one."""
    cut = next((n for n in range(len(secret) - 1, _TELLING - 1, -1) if body.endswith(secret[:n])), 0)
    return body[: len(body) - cut] + b"***" if cut else body


def spellings(secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """Each secret as JSON, a page, XML or an address may write it, longest first."""
    found: set[str] = set()
    for secret in secrets:
        inside = json_text(secret)[1:-1], json_text(secret, ensure_ascii=False)[1:-1]
        found |= {secret, *inside, escape(secret), escape(secret, quote=False), quote(secret), quote(secret, safe="")}
        found |= {text.replace("/", "\\/") for text in inside}
    return tuple(sorted((text.encode() for text in found), key=len, reverse=True))
