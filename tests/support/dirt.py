"""Bad answers made out of good ones: what two real servers said in a night, spoiled in one place."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

__all__ = ["Answer", "Replay", "Spoiled", "spoil"]

ZERO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Answer:
    """One answer as it was heard."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Replay(BaseAdapter):
    """Says again what the server said to the same request; asks the server only what it was never asked.

    ``spoiled`` is said instead of the answer to ``where``. Nothing but GET is let through.
    """

    def __init__(self) -> None:
        super().__init__()
        self.real = HTTPAdapter()
        self.heard: dict[str, Answer] = {}
        self.where = ""
        self.spoiled: Answer | None = None
        self.refused: list[str] = []

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        url = str(request.url)
        if request.method != "GET":
            self.refused.append(f"{request.method} {url}")
            raise requests.ConnectionError("nothing is written here")
        if url not in self.heard:
            answer = self.real.send(request, **more)
            self.heard[url] = Answer(answer.status_code, dict(answer.headers), answer.content)
            answer.close()
        said = self.spoiled if self.spoiled is not None and url == self.where else self.heard[url]
        return _response(request, said)

    def close(self) -> None:
        self.real.close()


def _response(request: requests.PreparedRequest, said: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code = said.status
    response.headers.update({k: v for k, v in said.headers.items() if k.lower() not in ("content-encoding",)})
    response.raw = HTTPResponse(io.BytesIO(said.body), status=said.status, preload_content=False)
    response.url = str(request.url)
    response.request = request
    return response


@dataclass(frozen=True)
class Spoiled:
    """``row``: the id of the only record that is touched, empty where the whole answer is."""

    answer: Answer
    what: str
    row: str = ""


def spoil(answer: Answer, rng: random.Random) -> Spoiled:
    """``answer`` with one thing wrong, chosen by ``rng``."""
    try:
        data = json.loads(answer.body)
    except ValueError:
        data = None
    rows = _rows(data)
    if rows and rng.random() < 0.75:
        what, change = rng.choice(ROWS)
        row = rng.choice(rows)
        before = str(row.get("Ref_Key") or row.get("id") or row.get("ОсновноеСредство_Key") or "?")
        change(rows, row, rng)
        return Spoiled(Answer(answer.status, answer.headers, _dumps(data)), what, before)
    what, whole = rng.choice(WHOLES)
    status, kind, body = whole(answer.body, rng)
    return Spoiled(Answer(status, {**answer.headers, "Content-Type": kind}, body), what)


def _dumps(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _rows(data: Any) -> list[Any]:
    if not isinstance(data, dict):
        return []
    inner = data.get("data")
    found = data.get("value") if inner is None else inner.get("collection") if isinstance(inner, dict) else None
    return found if isinstance(found, list) and all(isinstance(row, dict) for row in found) else []


# -- one record ----------------------------------------------------------------------------------------------------

VALUES: tuple[tuple[str, Any], ...] = (
    ("null", None), ("list", [1, [2]]), ("object", {"a": {"b": None}}), ("true", True), ("number", 7), ("float", 1.5),
    ("huge number", 10**40), ("not a number", float("nan")), ("infinity", float("inf")), ("empty text", ""),
    ("blanks", " \t\u00a0\u200b"), ("4-byte characters", "𝄞𓀀🖥️"), ("look-alikes", "OC-ОС-0О"), ("zero guid", ZERO),
    ("lone surrogate", "\ud83d"), ("control characters", "a\x00b\x1b[31m"), ("right to left", "\u202eгнп.exe"),
    ("10 MB text", "Ж" * 5_000_000), ("markup", "<script>&amp;'\"</script>"), ("template", "{name} %s ${x} {0}"),
    ("no date", "2026-13-45T99:00:00"), ("date of nought", "0000-00-00"), ("far date", "99999-01-01"),
    ("rounded by a spreadsheet", "1.23E+11"), ("newlines", "a\r\nb"),
)  # fmt: skip


def _value(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    names = [name for name in row if not name.startswith("@")]
    row[rng.choice(names)] = rng.choice(VALUES)[1]


def _missing(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    row.pop(rng.choice(list(row)))


def _doubled_number(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    other = rng.choice(rows)
    for name in ("inventory_number", "ИнвентарныйНомер", "Code", "serial", "ИНН", "number"):
        if name in row and name in other:
            row[name] = other[name]


def _twice(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    rows.insert(rng.randrange(len(rows) + 1), dict(row))


def _own_parent(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    """A parent that is the record itself, or two records that are each other's parents."""
    own, other = row.get("Ref_Key") or row.get("id"), rng.choice(rows)
    for name in row:
        if name.startswith("Parent") or name in ("parent", "Owner_Key", "organization", "department"):
            row[name] = own
            other[name] = own


def _unknown_reference(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    for name in row:
        if name.endswith("_Key") and name != "Ref_Key":
            row[name] = "ffffffff-ffff-ffff-ffff-ffffffffffff"
        elif isinstance(row[name], dict) and "id" in row[name]:
            row[name] = {"id": "999999", "link": "x"}


def _shapeless(rows: list[Any], row: dict[str, Any], rng: random.Random) -> None:
    rows[rows.index(row)] = rng.choice([None, 7, "x", [], {}])


_Change = Callable[[list[Any], dict[str, Any], random.Random], None]
ROWS: tuple[tuple[str, _Change], ...] = (
    *[("a wrong value", _value)] * 8,
    ("a missing field", _missing),
    ("a doubled number", _doubled_number),
    ("a row twice", _twice),
    ("its own parent", _own_parent),
    ("references to nothing", _unknown_reference),
    ("no record at all", _shapeless),
)

# -- the whole answer ----------------------------------------------------------------------------------------------

HTML = "<!DOCTYPE html><html><body><h1>Вход в систему</h1><form></form></body></html>".encode()
_Whole = Callable[[bytes, random.Random], tuple[int, str, bytes]]
JSON = "application/json;charset=utf-8"
WHOLES: tuple[tuple[str, _Whole], ...] = (
    ("truncated JSON", lambda body, rng: (200, JSON, body[: rng.randrange(len(body) or 1)])),
    ("HTML with 200", lambda body, rng: (200, "text/html", HTML)),
    ("nothing with 200", lambda body, rng: (200, JSON, b"")),
    ("another type", lambda body, rng: (200, JSON, rng.choice([b"[]", b"7", b'"x"', b"null", b"{}", b"[[[]]]"]))),
    ("another shape", lambda body, rng: (200, JSON, rng.choice([b'{"value": 7}', b'{"data": []}', b'{"value": [7]}']))),
    ("deep nesting", lambda body, rng: (200, JSON, b"[" * 100_000)),
    ("broken UTF-8", lambda body, rng: (200, JSON, body[:-3] + b"\xff\xfe" + body[-3:])),
    ("UTF-16", lambda body, rng: (200, JSON, body.decode("utf-8", "replace").encode("utf-16"))),
    ("binary", lambda body, rng: (200, JSON, rng.randbytes(300))),
    ("a server error", lambda body, rng: (rng.choice([500, 502, 503, 400, 404, 429]), "text/html", HTML)),
)
