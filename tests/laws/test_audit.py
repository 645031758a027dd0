"""Laws 35 and 37: every write can be accounted for, and no secret is ever said."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import structlog
from company import Company
from echo import SHAPES, Echo, echoing
from history import DEATH, STEPS, night, share
from hostile import OWN, Row
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import SIDES, meaning

from uchet.connectors.base import Connector, Query, Write
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.emulator import Emulator
from uchet.errors import UchetError
from uchet.mappings.model import Ref, Side
from uchet.sync.store.rows import OperationRow

PAIR = "laws"

# -- law 35 --------------------------------------------------------------------------------------------------------


class Diary:
    """What people did to the two sides, with the version each deed made, beside the engine's own writes."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.deeds: list[tuple[Side, int, str, str, dict[str, Any]]] = []

    def add(self, side: Side, kind: str, data: dict[str, Any]) -> str:
        id = self.company.add(side, kind, data)
        row = self.company.side(side).rows[kind][id]
        self.deeds.append((side, row.version, kind, id, dict(row.data)))
        return id

    def edit(self, side: Side, kind: str, id: str, name: str, value: Any) -> None:
        self.company.edit(side, kind, id, name, value)
        row = self.company.side(side).rows[kind][id]
        self.deeds.append((side, row.version, kind, id, {name: row.data[name]}))


def _receipts(company: Company) -> list[OperationRow]:
    return [row for row in company.store.operations(PAIR) if row.operation.remote and row.state == "done"]


def _wire(company: Company, side: Side, value: Any) -> Any:
    """A receipt's value as the target's wire has it: references through the links."""
    if not isinstance(value, Ref):
        return value
    links = company.store.links(PAIR, value.kind)
    return next((link.on(side) for link in links if link.on(value.side) == value.id), None)


def _replayed(company: Company, diary: Diary) -> dict[Side, dict[tuple[str, str], dict[str, Any]]]:
    """The receipts over what people did, in the order of versions, and nothing else."""
    steps: list[tuple[Side, int, str, str, dict[str, Any]]] = list(diary.deeds)
    for row in _receipts(company):
        op = row.operation
        side = company.side(op.side)
        values = {c.name: side.stored(c.name, _plain(_wire(company, op.side, c.after))) for c in op.changes}
        if op.action == "retire":
            values = {"state": "out"}
        steps.append((op.side, int(row.version or 0), op.kind, row.ref or "", values))
    made: dict[Side, dict[tuple[str, str], dict[str, Any]]] = {"book": {}, "desk": {}}
    for side_name, _, kind, id, values in sorted(steps, key=lambda step: (step[0], step[1])):
        made[side_name].setdefault((kind, id), {}).update(values)
    return made


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else None if value is None else str(value)


def _accounted(company: Company, diary: Diary) -> None:
    rows = [row for row in company.store.operations(PAIR) if row.operation.remote]
    open_ids = {(r.operation.side, r.operation.desk if r.operation.side == "desk" else r.operation.book) for r in rows
                if r.state == "intent"}  # fmt: skip
    receipts = [(row.operation.side, row.ref, row.version) for row in _receipts(company)]
    assert len(receipts) == len(set(receipts)), "law 35: one write, two receipts"
    versions = {(side, ref) for side, ref, _ in receipts}
    keys = {row.key for row in rows if row.state == "intent"}
    for side in company.sides():
        for done in side.log:
            if dict(done.before or {}) == dict(done.after):
                continue  # nobody can tell such a write from none
            key = side.rows[done.collection][done.id].key if done.id in side.rows[done.collection] else None
            known = (side.side, done.id) in versions | open_ids or key in keys
            assert known, f"law 35: a write to {side.side} {done.id} has neither a receipt nor an open intent"


@settings(max_examples=share(5))
@given(steps=STEPS, deaths=st.lists(st.lists(DEATH, min_size=1, max_size=3), max_size=4), lost=st.booleans())
def test_law_35_replaying_the_receipts_gives_what_is_there(
    steps: list[tuple[str, int, str]], deaths: list[Any], lost: bool
) -> None:
    company = Company()
    diary = Diary(company)
    room = diary.add("book", "room", {"name": "r1"})
    ids: list[str] = []
    plagues = iter(deaths)
    for what, which, value in steps:
        if what == "add":
            data = {"name": f"n{len(ids)}", "label": value, "serial": "s", "cost": "1.25", "room": room}
            ids.append(diary.add("book", "thing", data))
        elif what == "night":
            if lost:
                company.desk.trouble.writes = ["lost-after", "busy"]
            night(company, next(plagues, None))
            _accounted(company, diary)
        elif ids:
            _edited(company, diary, what, ids[which % len(ids)], value)
    company.settle()
    _accounted(company, diary)
    assert not company.store.intents(PAIR)
    made = _replayed(company, diary)
    for side in SIDES:
        there = {(k, id): row for k, rows in company.side(side).rows.items() for id, row in rows.items()}
        assert set(made[side]) == set(there), "law 35: records that no receipt and no person made"
        for key, row in there.items():
            _equal(side, key, row, made[side][key])
    company.store.close()


@pytest.mark.parametrize("trouble", ["lost-after", "crash-after", "lost-before", "crash-before"])
def test_law_35_a_write_whose_answer_was_lost_has_its_receipt(trouble: str) -> None:
    company = Company()
    diary = Diary(company)
    book = diary.add("book", "thing", {"name": "n1", "label": "v", "note": "n"})
    company.settle()
    diary.edit("book", "thing", book, "label", "v2")
    company.desk.trouble.writes = [trouble]
    company.crash()
    company.quiet()
    _accounted(company, diary)
    company.settle()
    _accounted(company, diary)
    made = _replayed(company, diary)["desk"]
    ((id, row),) = company.desk.rows["thing"].items()
    _equal("desk", ("thing", id), row, made["thing", id])
    assert row.data["label"] == "v2"


def _edited(company: Company, diary: Diary, what: str, id: str, value: str) -> None:
    if what == "desk":
        for link in company.store.links(PAIR, "thing"):
            if link.book == id:
                diary.edit("desk", "thing", link.desk, "serial", value)
    elif what == "remove":
        diary.edit("book", "thing", id, "state", "out")
    else:
        diary.edit("book", "thing", id, "label", value)


def _equal(side: Side, key: tuple[str, str], row: Row, made: dict[str, Any]) -> None:
    for name, value in row.data.items():
        if name in OWN - {"state"}:
            continue
        said = made.get(name, "in" if name == "state" else None)
        assert meaning(key[0], name, said) == meaning(key[0], name, value), f"law 35: {side} {key} {name}"


# -- law 37 --------------------------------------------------------------------------------------------------------

#: Long enough not to stand in a message by chance; with what JSON, XML, HTML and addresses escape.
SECRETS = st.text(st.sampled_from("aЖ9\"'&<>%/\\ ёß𝄞:;#"), min_size=3, max_size=9).map(lambda text: f"Тайна{text}!я")


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    import requests

    with Emulator() as onec:
        answer = requests.get(f"{onec.url.rstrip('/')}/$metadata", timeout=20)
        assert answer.status_code == 200, answer.text[:200]
    with echoing(Echo(answer.content)) as server:
        yield server


VERBS: dict[str, Callable[[Connector], Any]] = {
    "describe": lambda c: c.describe(),
    "read": lambda c: [list(page.records) for page in c.read(Query(_collection(c), ("name",), {"name": "x"}))],
    "get": lambda c: c.get(_collection(c), "00000000-0000-0000-0000-000000000001"),
    "find": lambda c: c.find(_collection(c), "00000000-0000-0000-0000-000000000002"),
    "create": lambda c: c.write(Write(_collection(c), None, _values(c), None, KEY, KEY)),
    "update": lambda c: c.write(Write(_collection(c), KEY, _values(c), "1")),
}
KEY = "00000000-0000-0000-0000-000000000003"


def _collection(connector: Connector) -> str:
    return "Catalog_ФизическиеЛица" if isinstance(connector, OnecConnector) else "employee"


def _values(connector: Connector) -> dict[str, Any]:
    return {"Description": "x"} if isinstance(connector, OnecConnector) else {"name": "x"}


def _said(error: UchetError) -> str:
    """Everything an error can end up as: a log line, a question's text, a report's evidence."""
    texts = [str(error), repr(error), error.text("en"), error.text("ru"), repr(error.evidence), repr(error.params)]
    return "\n".join(texts)


@settings(max_examples=share(10))
@given(
    secret=SECRETS,
    which=st.sampled_from(["onec", "roundup"]),
    verb=st.sampled_from(sorted(VERBS)),
    status=st.sampled_from([200, 201, 400, 401, 403, 404, 405, 409, 412, 429, 500, 503]),
    shape=st.sampled_from(SHAPES),
)
def test_law_37_a_secret_is_never_said(echo: Echo, secret: str, which: str, verb: str, status: int, shape: str) -> None:
    """Whatever the other side says of it: not in an error, a log, a question, a receipt or anywhere in the state."""
    echo.status, echo.shape = status, shape
    _kept_to_itself(echo, secret, which, verb)


@pytest.mark.parametrize(("which", "verb"), [("onec", "create"), ("onec", "read"), ("roundup", "read")])
@pytest.mark.parametrize(("status", "shape"), [(400, "rest"), (403, "rest"), (500, "html"), (500, "odata")])
def test_law_37_what_the_server_repeats_is_not_kept(echo: Echo, which: str, verb: str, status: int, shape: str) -> None:
    echo.status, echo.shape = status, shape
    _kept_to_itself(echo, "Тайна&Ж", which, verb)


def _kept_to_itself(echo: Echo, secret: str, which: str, verb: str) -> None:
    echo.heard = set()
    never = Retries(attempts=1)
    kinds: dict[str, Callable[[], Connector]] = {
        "onec": lambda: OnecConnector(echo.url, "Админ", secret, retries=never),
        "roundup": lambda: RoundupConnector(echo.url, "admin", secret, retries=never),
    }
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
    connector = kinds[which]()
    try:
        error = _failed(connector, VERBS[verb])
    finally:
        connector.close()
        logging.getLogger().removeHandler(handler)
        structlog.reset_defaults()
    assert not echo.heard or secret in echo.heard, "the server was not told the secret"
    stored = _kept(error) if error else ""
    # A part of the login header is worth as much as the whole: nothing may mask or cut it before it is taken out.
    parts = {one[n : n + 8] for one in echo.heard - {secret} for n in range(len(one) - 8)}
    for hidden in {secret, *echo.heard, *parts} - {""}:
        for where, text in (("log", log.getvalue()), ("error", _said(error) if error else ""), ("state", stored)):
            assert hidden not in text, f"law 37: the {where} says it"
        assert hidden not in repr(connector) + repr(vars(connector).get("_http", ""))


def _failed(connector: Connector, verb: Callable[[Connector], Any]) -> UchetError | None:
    try:
        verb(connector)
    except UchetError as error:
        return error
    return None


def _kept(error: UchetError) -> str:
    """The whole state after a run in which the desk answered with ``error``."""
    company = Company()
    company.add("book", "thing", {"name": "n1", "label": "v"})

    def refuse(write: Write) -> Any:
        raise error

    company.desk.write = refuse  # type: ignore[method-assign]
    with suppress(UchetError):
        run = company.sync()
        assert run.failed or run.skipped
    with company.store._connection() as connection:
        driver: Any = connection.connection.driver_connection
        text = "\n".join(driver.iterdump())
    company.store.close()
    return text
