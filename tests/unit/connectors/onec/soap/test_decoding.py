"""Records from raw XML: values, empties, lists, flat memory, and documents that attack."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, cast

import msgspec
import pytest

from uchet.connectors.onec.soap.decoding import elements, records
from uchet.errors import Blocked, Fatal, Reject, Retry

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


class Part(msgspec.Struct):
    name: str = msgspec.field(name="Имя")


class Row(msgspec.Struct):
    key: str = msgspec.field(name="Ссылка")
    count: Decimal | None = msgspec.field(name="Количество", default=None)
    when: datetime | None = msgspec.field(name="Дата", default=None)
    used: bool | None = msgspec.field(name="Используется", default=None)
    text: str | None = msgspec.field(name="Текст", default=None)
    one: Part | None = msgspec.field(name="Одна", default=None)
    parts: list[Part] = msgspec.field(name="Часть", default_factory=list)


def decoded(inside: str, **options: Any) -> list[Row]:
    text = f'<a xmlns="urn:x" {XSI}>{inside}</a>'
    return list(records(io.BytesIO(text.encode()), Row, ["{*}Строка"], **options))


def test_values_of_every_sort() -> None:
    (row,) = decoded(
        "<Строка><Ссылка>7</Ссылка><Количество>2.500</Количество><Дата>2026-02-10T12:00:00</Дата><Лишнее>1</Лишнее>"
        "<Используется>true</Используется><Текст/><Одна><Имя>а</Имя></Одна><!-- x -->"
        "<Часть><Имя>б</Имя></Часть></Строка>"
    )
    assert row == Row("7", Decimal("2.500"), datetime(2026, 2, 10, 12), True, "", Part("а"), [Part("б")])


def test_what_is_no_value() -> None:
    empty = '<Количество/><Дата>0001-01-01T00:00:00</Дата><Используется xsi:nil="true"/><Текст xsi:nil="true"/>'
    assert decoded(f"<Строка><Ссылка/>{empty}</Строка>") == [Row("")]


@pytest.mark.parametrize(
    "wrong",
    [
        "<Количество>1,5</Количество>",
        "<Количество>1\u00a0000</Количество>",
        "<Используется>Истина</Используется>",
        "<Дата>10.02.2026</Дата>",
        '<Ссылка xsi:nil="true"/>',
    ],
)
def test_values_of_another_type_are_refused(wrong: str) -> None:
    with pytest.raises(Reject, match="answer_value"):
        decoded(f"<Строка><Ссылка>1</Ссылка>{wrong}</Строка>")


def test_a_document_that_ends_early_gives_what_came_and_says_so() -> None:
    source = io.BytesIO(b"<a><r><k>1</k></r><r><k>2</k>")

    class Key(msgspec.Struct):
        k: str

    found = records(source, Key, ["r"])
    assert next(found).k == "1"
    with pytest.raises(Retry, match="malformed"):
        next(found)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "document",
    [
        f'<!DOCTYPE a [<!ENTITY l0 "ха">{LAUGHS}]><a><Строка><Ссылка>&l9;</Ссылка></Строка></a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a><Строка><Ссылка>&x;</Ссылка></Строка></a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a><Строка><Ссылка>1</Ссылка></Строка></a>',
        "<!DOCTYPE a []><a/>",
    ],
)
def test_a_document_type_is_refused(document: str) -> None:
    with pytest.raises(Fatal, match="document_type"):
        list(records(io.BytesIO(document.encode()), Row, ["Строка"]))


def test_a_huge_text_needs_a_setting() -> None:
    inside = f"<Строка><Ссылка>{'a' * 11_000_000}</Ссылка></Строка>"
    with pytest.raises(Blocked, match="huge_text"):
        decoded(inside)
    assert len(decoded(inside, huge=True)[0].key) == 11_000_000


class Endless(io.RawIOBase):
    """A document of so many rows that is made while it is read."""

    def __init__(self, rows: int) -> None:
        self._rows = self._made(rows)

    @staticmethod
    def _made(rows: int) -> Any:
        yield b"<a>"
        for n in range(rows):
            told = f"<Ссылка>{n}</Ссылка><Количество>1.5</Количество><Прочее>{'x' * 200}</Прочее>"
            yield f"<Строка>{told}</Строка>".encode()
        yield b"</a>"

    def read(self, size: int = -1) -> bytes:
        return next(self._rows, b"")


def test_what_was_read_is_dropped() -> None:
    """libxml2's own memory is seen by no profiler of Python: what is held is counted in the tree itself."""
    kept = []
    for element in elements(cast(IO[bytes], Endless(4000)), ["Строка"]):
        parent = element.getparent()
        assert parent is not None
        kept.append(sum(1 for _ in parent.iter()))
    assert (len(kept), max(kept)) == (4000, max(kept[:10]))
    assert max(kept) < 10
