"""What stands around the objects of an EnterpriseData message: who writes to whom, which message this is, and which
one was received last. 1C reads the header strictly in order and takes a number for received only from there.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from lxml import etree

from ....errors import Blocked, UchetError
from .decoding import elements
from .schema import fit

__all__ = ["FORMAT", "MESSAGE", "VERSIONS", "Header", "header", "objects", "receipt"]

FORMAT = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData"
MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"
#: Versions that are offered; those between are of one make with them.
VERSIONS = ("1.8", "1.19")
_M = f"{{{MESSAGE}}}"


@dataclass(frozen=True, slots=True)
class Header:
    """``number`` of this message, ``received`` the last of ours that 1C has; ``sends``: the types of objects that the
    base sends in this version of the format (``None``: it does not say)."""

    version: str
    plan: str
    sender: str
    to: str
    number: int
    received: int
    sends: frozenset[str] | None


def header(source: IO[bytes], *, huge: bool = False) -> Header:
    """The header at the beginning of a message (``huge``: see ``decoding.records``). Raises ``Blocked`` for what is
    none, ``Retry`` for one cut off."""
    for element in elements(source, [f"{_M}Header"], huge=huge):
        kind = (element.findtext(f"{_M}Format") or "").split(" ")[0]
        if kind == FORMAT or not kind.startswith(f"{FORMAT}/"):
            break
        return _header(kind.removeprefix(f"{FORMAT}/"), element)
    raise _foreign()


def objects(source: IO[bytes], version: str, names: Collection[str], *, huge: bool = False) -> Iterator[etree._Element]:
    """Every object of these types in a message, each emptied when the next is asked for."""
    space = f"{{{FORMAT}/{version}}}"
    return elements(source, [space + name for name in names], huge=huge)


def receipt(found: Header, number: int, moment: datetime, receives: Collection[str]) -> bytes:
    """The archive of a message without objects that says: yours is received. ``moment`` in UTC."""
    top = etree.Element("Message", nsmap={"msg": MESSAGE})
    head = etree.SubElement(top, f"{_M}Header")
    _text(head, "Format", f"{FORMAT}/{found.version}")
    _text(head, "CreationDate", moment.replace(tzinfo=None, microsecond=0).isoformat())
    told = etree.SubElement(head, f"{_M}Confirmation")
    values = (found.plan, found.sender, found.to, str(number), str(found.number))
    for name, value in zip(("ExchangePlan", "To", "From", "MessageNo", "ReceivedNo"), values, strict=True):
        _text(told, name, value)
    for version in VERSIONS:
        _text(head, "AvailableVersion", version)
    types = etree.SubElement(head, f"{_M}AvailableObjectTypes")
    for name in sorted(receives):
        row = etree.SubElement(types, f"{_M}ObjectType")
        for part, value in (("Name", name), ("Sending", ""), ("Receiving", ",".join(VERSIONS))):
            _text(row, part, value)
    space = f"{FORMAT}/{found.version}"
    etree.SubElement(top, f"{{{space}}}Body", nsmap={"d": space})
    fit(top)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.xml", etree.tostring(top, xml_declaration=True, encoding="UTF-8"))
    return out.getvalue()


def _header(version: str, element: etree._Element) -> Header:
    told = element.find(f"{_M}Confirmation")
    if told is None:
        raise _foreign()
    try:
        number, received = (int(told.findtext(f"{_M}{name}") or 0) for name in ("MessageNo", "ReceivedNo"))
    except ValueError as error:
        raise _foreign() from error
    plan, sender, to = ((told.findtext(f"{_M}{name}") or "").strip() for name in ("ExchangePlan", "From", "To"))
    return Header(version, plan, sender, to, number, received, _sends(version, element))


def _sends(version: str, element: etree._Element) -> frozenset[str] | None:
    rows = element.findall(f"{_M}AvailableObjectTypes/{_M}ObjectType")
    if not rows:
        return None
    found = set()
    for row in rows:
        versions = [text.strip() for text in (row.findtext(f"{_M}Sending") or "").split(",")]
        if version in versions or "*" in versions:
            found.add((row.findtext(f"{_M}Name") or "").strip())
    return frozenset(found)


def _text(above: etree._Element, name: str, value: str) -> None:
    etree.SubElement(above, f"{_M}{name}").text = value


def _foreign() -> UchetError:
    return Blocked(
        "message_form",
        "What 1C sent through the node is no message of EnterpriseData.",
        hint="Set the node up in 1C for the exchange by EnterpriseData (universal format) and for nothing else.",
    )
