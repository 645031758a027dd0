"""EnterpriseData messages: the header that 1C orders strictly, and the archive it travels in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

__all__ = ["DATA", "FORMAT", "MESSAGE", "Confirmation", "Header", "Sent", "opened", "packed", "unpacked", "written"]

FORMAT = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData"
MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"
DATA = "data.xml"
_XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who writes to whom through a node: the message's number, and the last number received from the other side."""

    plan: str
    to: str
    sender: str
    number: int
    received: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A type of objects that a base sends or receives, with the versions of the format (empty: none)."""

    name: str
    sending: str
    receiving: str


@dataclass(frozen=True, slots=True)
class Header:
    """``version`` is empty in a message that brings settings alone."""

    version: str
    created: str
    confirmation: Confirmation | None
    versions: tuple[str, ...]
    types: tuple[Sent, ...] = ()


def written(header: Header, objects: Iterable[str]) -> bytes:
    """A message; ``objects`` are printed elements of its body."""
    out = io.BytesIO()
    out.write(f'<Message xmlns:msg="{MESSAGE}" {_XS}>\n{_header(header)}'.encode())
    if header.version:
        out.write(f'\t<Body xmlns="{FORMAT}/{header.version}">\n'.encode())
        for text in objects:
            out.write(text.encode())
        out.write(b"\t</Body>\n")
    out.write(b"</Message>")
    return out.getvalue()


def _header(header: Header) -> str:
    lines = [("Format", f"{FORMAT}/{header.version}" if header.version else FORMAT), ("CreationDate", header.created)]
    text = "".join(f"\t\t<msg:{name}>{escape(value)}</msg:{name}>\n" for name, value in lines)
    if header.confirmation is not None:
        found = header.confirmation
        inside = (
            ("ExchangePlan", found.plan),
            ("To", found.to),
            ("From", found.sender),
            ("MessageNo", str(found.number)),
            ("ReceivedNo", str(found.received)),
        )
        rows = "".join(f"\t\t\t<msg:{name}>{escape(value)}</msg:{name}>\n" for name, value in inside)
        text += f"\t\t<msg:Confirmation>\n{rows}\t\t</msg:Confirmation>\n"
    text += "".join(f"\t\t<msg:AvailableVersion>{version}</msg:AvailableVersion>\n" for version in header.versions)
    return f"\t<msg:Header>\n{text}{_types(header.types)}\t</msg:Header>\n"


def _types(types: Sequence[Sent]) -> str:
    if not types:
        return ""
    rows = "".join(
        f"\t\t\t<msg:ObjectType>\n\t\t\t\t<msg:Name>{escape(item.name)}</msg:Name>\n"
        f"\t\t\t\t<msg:Sending>{item.sending}</msg:Sending>\n"
        f"\t\t\t\t<msg:Receiving>{item.receiving}</msg:Receiving>\n\t\t\t</msg:ObjectType>\n"
        for item in types
    )
    return f"\t\t<msg:AvailableObjectTypes>\n{rows}\t\t</msg:AvailableObjectTypes>\n"


def opened(data: bytes) -> Header:
    """The header of a message; raises ValueError with the reason in 1C's words."""
    try:
        top = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise ValueError(f"Ошибка чтения файла сообщения: {error.msg}") from None
    head = top[0] if len(top) else None
    if top.tag != "Message" or head is None or head.tag != f"{{{MESSAGE}}}Header":
        raise ValueError("Ошибка чтения файла сообщения: неверный формат сообщения обмена")
    kind = _text(head, "Format").split(" ")[0]
    if kind != FORMAT and not kind.startswith(f"{FORMAT}/"):
        raise ValueError("Неверный формат сообщения обмена")
    versions = tuple(str(item.text) for item in head.iterfind(f"{{{MESSAGE}}}AvailableVersion"))
    confirmation = head.find(f"{{{MESSAGE}}}Confirmation")
    found = _confirmation(confirmation) if confirmation is not None else None
    return Header(kind.removeprefix(FORMAT).removeprefix("/"), _text(head, "CreationDate"), found, versions)


def _confirmation(found: etree._Element) -> Confirmation:
    numbers = [_text(found, name) or "0" for name in ("MessageNo", "ReceivedNo")]
    if not all(number.lstrip("-").isdigit() for number in numbers):
        raise ValueError("Ошибка преобразования данных XDTO: неверный номер сообщения")
    plan, to, sender = (_text(found, name) for name in ("ExchangePlan", "To", "From"))
    return Confirmation(plan, to, sender, int(numbers[0]), int(numbers[1]))


def _text(found: etree._Element, name: str) -> str:
    return (found.findtext(f"{{{MESSAGE}}}{name}") or "").strip()


def packed(message: bytes) -> bytes:
    """The archive with a message in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DATA, message)
    return out.getvalue()


def unpacked(archive: bytes) -> bytes:
    """The first member of an archive, whatever its name; raises ValueError where there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as found:
            names = found.namelist()
            if not names:
                raise ValueError("Файл архива пуст.")
            return found.read(names[0])
    except zipfile.BadZipFile:
        raise ValueError("Ошибка открытия файла архива.") from None
