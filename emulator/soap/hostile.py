"""Answers that no client should take: documents that attack the parser, and values in the words of a language."""

from __future__ import annotations

import re
from collections.abc import Set

__all__ = ["spoiled"]

_LAUGHS = "".join(f'<!ENTITY l{level} "{"".join(f"&l{level - 1};" for _ in range(10))}">' for level in range(1, 10))
_DOCTYPES = {
    "dtd": "<!DOCTYPE a []>",
    "entities": f'<!DOCTYPE a [<!ENTITY l0 "ха">{_LAUGHS}]>',
    "external": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
}
_USED = {"entities": b"&l9;", "external": b"&x;"}
_HUGE = 11_000_000


def spoiled(body: bytes, acting: Set[str]) -> bytes:
    """The document with what the faults do to it."""
    for kind in sorted(acting & set(_DOCTYPES)):
        head, line, rest = body.partition(b"\n")
        if kind in _USED:
            rest = re.sub(rb"(<m:return[^>]*>|<types>)", rb"\1" + _USED[kind], rest, count=1)
        body = head + line + _DOCTYPES[kind].encode() + rest
    if "huge_text" in acting:
        found = re.search(rb"(<m:return[^>]*?)/?>[^<]*(</m:return>)?", body)
        if found is not None:
            body = body[: found.end(1)] + b">" + b"a" * _HUGE + b"</m:return>" + body[found.end() :]
    if "localised" in acting:
        body = body.replace(b">true<", ">Истина<".encode()).replace(b">false<", ">Ложь<".encode())
        body = re.sub(rb"(<PartCount[^>]*>)(\d+)", rb"\g<1>1,5", body)
    if "extra_element" in acting:
        body = re.sub(rb"(</m:\w+Response>)", "<m:Новое>1</m:Новое>\\1".encode(), body, count=1)
    return body
