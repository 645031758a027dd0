"""The pitfalls of purchase requests, each as a script and the plan it must give (``requests/*.txt``).

After a wanted change: ``UCHET_GOLDEN=update``, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from uchet.i18n.issues import describe
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.mappings.system import SystemMap
from uchet.purchase_rules import ApprovalRule, Approver, Delegation, RequestRules
from uchet.sync.approvals import Approval, Who
from uchet.sync.filling import Around
from uchet.sync.pair import EngineSettings
from uchet.sync.purchase import Line, Request, snapshot, version_of
from uchet.sync.purchase_books import BookLine, Good, spread
from uchet.sync.purchase_orders import allocation_writes, order_drafts
from uchet.sync.purchase_rows import open_of
from uchet.sync.purchase_stock import Stock
from uchet.sync.purchase_world import Order, Purchases
from uchet.sync.purchasing import outcome
from uchet.sync.requests import Case, Memory
from uchet.sync.types import ORDER, Draft, FieldChange, Link, Listing, Operation, Record
from uchet.sync.world import World

GOLDEN = Path(__file__).parent / "requests"
UPDATE = os.environ.get("UCHET_GOLDEN") == "update"
TODAY = date(2026, 2, 10)
RULES = RequestRules(
    matrix=(ApprovalRule(role="line_manager"), ApprovalRule(role="head_of_it", above=Decimal(1000))),
    approvers=(
        Approver(role="line_manager", person="Анна"),
        Approver(role="head_of_it", person="Борис"),
        Approver(role="director", person="Глеб"),
    ),
    delegations=(Delegation(of="Анна", to="Глеб", since=date(2026, 2, 9), until=date(2026, 2, 11)),),
)
PEOPLE = {name: frozenset({name}) for name in ("Анна", "Борис", "Вера", "Глеб")}
LINE = Line(
    "l1", text="Мышь", category="hardware", quantity=Decimal(2), unit="шт", price=Decimal(900), price_date=TODAY,
    vat="with", place="w1",
)  # fmt: skip


@dataclass
class Desk:
    """One evening: requests as they stand, what was remembered of them, and what the books say."""

    requests: dict[str, Request] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    words: dict[str, tuple[Approval, ...]] = field(default_factory=dict)
    orders: dict[str, tuple[Order, ...]] = field(default_factory=dict)
    rows: list[BookLine] = field(default_factory=list)
    #: Line → the item of the books that it asks for; its rows are named as the item.
    goods: dict[str, Good] = field(default_factory=dict)
    drafts: tuple[Draft, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    around: Around = field(default_factory=lambda: Around(TODAY, RULES, frozenset({"d1"}), frozenset(PEOPLE)))
    #: Which configuration the books are of.
    book: str = "bp30"
    #: What the desk calls its people and things.
    names: dict[str, str] = field(default_factory=lambda: {f"person:{name}": name for name in PEOPLE})

    def put(self, id: str = "1", state: str = "submitted", *lines: Line, **values: Any) -> Request:
        base = Request(
            id, "Мыши", state, "o1", "b1", "d1", "Вера", "Вера", reason="new", needed_by=TODAY + timedelta(days=20),
            article="ИТ", contact="204", submitted=TODAY, lines=lines or (LINE,),
        )  # fmt: skip
        self.requests[id] = replace(base, **values)
        return self.requests[id]

    def checked(self, id: str = "1", state: str = "approving", *lines: Line, **values: Any) -> Request:
        """A request whose contents were checked and wait for those who approve (or are past that)."""
        made = self.put(id, state, *lines, **values)
        version = version_of(made)
        self.memories[id] = Memory(Case(state), version, {version: snapshot(made)})
        return made

    def say(self, id: str, role: str, person: str, day: date = TODAY, **more: Any) -> None:
        version = more.pop("version", "") or version_of(self.requests[id])
        one = Approval(id, role, person, more.pop("decision", "approved"), day, version, **more)
        self.words[id] = (*self.words.get(id, ()), one)

    def order(self, ids: tuple[str, ...], name: str, *rows: tuple[str, int], posted: bool = True) -> None:
        for id in ids:
            self.orders[id] = (*self.orders.get(id, ()), Order(name, name, TODAY, "open", "none", posted))
        self._rows("order", name, name, rows if posted else ())

    def receive(self, name: str, order: str, *rows: tuple[str, int]) -> None:
        self._rows("receipt", name, order, rows)

    def _rows(self, step: str, document: str, order: str, rows: tuple[tuple[str, int], ...]) -> None:
        for n, (text, quantity) in enumerate(rows, 1):
            told = (step, document, document, f"{TODAY}", str(n), order)
            item = text if any(good.item == text for good in self.goods.values()) else ""
            self.rows.append(BookLine(*told, item, "", text, Decimal(quantity)))

    def keep(self, item: str, quantity: int, unit: str = "шт", organization: str = "o1") -> None:
        """What lies in the books' warehouses, in their own unit; the item is called there by the name of its id."""
        old = self.around.stock
        free = {**old.free, (organization, item): Decimal(quantity)}
        stock = Stock(free, {**old.named, item.lower(): (item,)}, {**old.units, item: unit})
        self.around = replace(self.around, stock=stock)

    def draft(self, id: str, version: str, state: Any = "open", quantity: int = 2) -> None:
        """A draft of ours, as it stands in 1C."""
        row = (FieldChange("quantity", None, Decimal(quantity)), FieldChange("text", None, "Мышь, шт"))
        member = Operation("m", "update", "book", "order", "x", None, row, rule=f"{ORDER}request:{id}:{version}")
        self.drafts = (*self.drafts, Draft(f"d-{id}", "invoice", "r", "1", "c", state, "0000-000007", (member,)))

    # -- what comes of it ---------------------------------------------------------------------------------------------

    def known(self) -> Purchases:
        ids = {id: [order.id for order in found] for id, found in self.orders.items()}
        parts = spread(self.rows, self.requests.values(), ids, self.goods, self.names, {})
        allocations = {
            id: tuple(one.row for one in parts.crossings if one.request == id) for id in self.requests
        }  # fmt: skip
        names = ("step", "version", "answer", "orders")
        records = {
            id: Record("request", "desk", id, {**dict.fromkeys(names), "step": one.state}, "1")
            for id, one in self.requests.items()
        }
        lines = {
            line.id: Record("request_line", "desk", line.id, {"state": None}, "1")
            for one in self.requests.values()
            for line in one.lines
        }
        open_ = open_of(self.drafts, self.requests.values(), allocations, self.goods, self.names)
        stock = replace(self.around.stock, goods=self.goods)
        others = tuple(self.requests.values())
        around = replace(self.around, others=others, names=self.names, stock=stock, open=open_)
        who = {id: Who(PEOPLE, "Юг", "ИТ") for id in self.requests}
        return Purchases(
            self.requests,
            records,
            lines,
            self.words,
            allocations,
            self.orders,
            around,
            who,
            spread=parts,
            goods=self.goods,
            whole=True,
        )

    def world(self) -> World:
        book, desk = systems(self.book)
        pairs = (("organization", "o1"), ("department", "d1"), ("place", "w1"))
        records = {kind: Record(kind, "book", f"b-{id}", {"organization": None}) for kind, id in pairs}
        listings = tuple(Listing(kind, "book", {r.id: r}, complete=True) for kind, r in records.items())
        links = tuple(Link(kind, f"b-{id}", id) for kind, id in pairs)
        now = datetime.combine(TODAY, datetime.min.time())
        return World("p", (), book, desk, EngineSettings(), listings, links, (), {}, self.drafts, {}, now, "f")

    def told(self) -> list[str]:
        known, world = self.known(), self.world()
        done = outcome(known, self.memories, lambda key, mark: self.choices.get(key), "en")
        marks = {issue.key: issue.fingerprint for issue in done.issues}
        choices = {key: (choice, marks[key]) for key, choice in self.choices.items()}
        world = replace(world, choices=choices)
        parts, drafts = allocation_writes(world, known, done.reviewed), order_drafts(world, known, done.reviewed)
        lines = [f"{one.request.id}: {one.request.state} -> {one.state}" for one in done.reviewed]
        for op in (*done.operations, *parts.operations, *drafts.operations):
            lines += shown(op)
        for issue in (*done.issues, *parts.issues, *drafts.issues):
            lines.append(f"? {issue.code}: {describe(issue.code, issue.params, 'en')}")
        return lines


@cache
def systems(book: str) -> tuple[SystemMap, SystemMap]:
    return load_system("book", book), load_system("desk", "roundup")


def shown(op: Operation) -> list[str]:
    if op.action == "draft":
        head = ", ".join(f"{k}={plain(v)}" for k, v in sorted(op.header.items()) if v is not None)
        rows = ["  " + ", ".join(f"{c.name}={plain(c.after)}" for c in m.changes) for m in op.members]
        return [f"draft {op.document} ({op.label}): {head}", *rows]
    values = ", ".join(f"{c.name}={plain(c.after)!r}" for c in op.changes if c.name != "version")
    return [f"desk {'+' if op.action == 'create' else '~'} {op.kind} {op.desk or op.book}: {values}"] if values else []


def plain(value: object) -> str:
    return value.id if isinstance(value, Ref) else f"{value:f}" if isinstance(value, Decimal) else str(value)


# -- the scripts -------------------------------------------------------------------------------------------------------


def approved_becomes_a_draft(desk: Desk) -> None:
    """Both have said yes: one draft, with the mark by which it is found, and nobody to buy from."""
    desk.checked()
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис", where="uchet")


def over_delivery(desk: Desk) -> None:
    """Two were ordered, one and two came: a question; the line stands as received."""
    desk.checked("1", "ordered")
    desk.order(("1",), "З-1", ("Мышь", 2))
    desk.receive("П-1", "З-1", ("мышь", 1))
    desk.receive("П-2", "З-1", ("мышь", 2))


def one_order_for_two_requests_in_three_parts(desk: Desk) -> None:
    """N:M: the first request is filled first, a row that fits both is shared between them."""
    desk.checked("1", "ordered")
    desk.checked("2", "ordered", replace(LINE, id="l2", quantity=Decimal(3)))
    desk.order(("1", "2"), "З-1", ("Мышь", 5))
    desk.receive("П-1", "З-1", ("Мышь", 1))
    desk.receive("П-2", "З-1", ("Мышь", 3))


def a_substitute_came(desk: Desk) -> None:
    """What nobody ordered and no line asks for: a person says at which line it stands."""
    desk.checked("1", "ordered")
    desk.order(("1",), "З-1", ("Мышь", 2), ("Доставка", 1))
    desk.receive("П-1", "З-1", ("Трекбол", 2), ("Доставка", 1))


def a_substitute_came_in_two_rows(desk: Desk) -> None:
    """Two rows of one receipt for one thing that no line takes: one question, about all of it."""
    desk.checked("1", "ordered")
    desk.order(("1",), "З-1", ("Мышь", 2))
    desk.receive("П-1", "З-1", ("Трекбол", 2), ("трекбол", 3))


def five_of_a_pack_of_twelve(desk: Desk) -> None:
    """The desk asks for packs, the books count pieces: what is no whole part of a pack is told, not rounded."""
    desk.goods["l1"] = Good("mouse", Decimal(12))
    desk.checked("1", "ordered")
    desk.order(("1",), "З-1", ("mouse", 24))
    desk.receive("П-1", "З-1", ("mouse", 18))
    desk.receive("П-2", "З-1", ("mouse", 5))


def pieces_came_for_packs_that_nobody_can_convert(desk: Desk) -> None:
    """Of the same name, in another unit, and no coefficient is stored: twenty pieces are not twenty packs."""
    desk.checked("1", "ordered", replace(LINE, unit="упак"))
    desk.order(("1",), "З-1", ("Мышь, упак", 2))
    row = ("receipt", "П-1", "П-1", f"{TODAY}", "1", "З-1", "mouse", "Мышь", "", Decimal(20))
    desk.rows.append(BookLine(*row, "шт"))


def the_approver_asks_for_himself(desk: Desk) -> None:
    """Nobody approves a request of his own, whatever role he holds."""
    desk.checked("1", "approving", initiator="Анна")
    desk.say("1", "line_manager", "Анна")


def the_approver_was_dismissed(desk: Desk) -> None:
    """A word of somebody who no longer works here does not count; the request waits for another."""
    desk.checked()
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.around = replace(desk.around, active=frozenset({"Анна", "Вера", "Глеб"}))


def the_approver_is_not_in_the_matrix(desk: Desk) -> None:
    """A word in a role that the person does not hold."""
    desk.checked()
    desk.say("1", "line_manager", "Борис")


def a_delegate_speaks_in_time(desk: Desk) -> None:
    """Within the days of the delegation the delegate's word is the approver's."""
    desk.checked()
    desk.say("1", "line_manager", "Глеб", date(2026, 2, 11))
    desk.say("1", "head_of_it", "Борис")


def a_delegate_speaks_too_late(desk: Desk) -> None:
    """The day after, it is not."""
    desk.checked()
    desk.say("1", "line_manager", "Глеб", date(2026, 2, 12))
    desk.say("1", "head_of_it", "Борис")


def nobody_holds_the_role(desk: Desk) -> None:
    """A role that nobody holds would be waited for for ever."""
    rules = RULES.model_copy(update={"matrix": (ApprovalRule(role="security"),)})
    desk.around = replace(desk.around, rules=rules)
    desk.checked()


def the_deadline_is_too_close(desk: Desk) -> None:
    """Needed before it can be here: returned, with the first day that is possible."""
    desk.put(needed_by=TODAY + timedelta(days=4))


def the_deadline_is_just_in_time(desk: Desk) -> None:
    """The last day on which it can be asked for."""
    desk.put(needed_by=TODAY + timedelta(days=5))


def the_deadline_passed_while_it_waited(desk: Desk) -> None:
    """Counted from the day it was submitted: who approves late does not make the request wrong."""
    desk.checked("1", "approving", submitted=TODAY - timedelta(days=10), needed_by=TODAY + timedelta(days=1))
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")


def in_stock(desk: Desk) -> None:
    """One of two is in stock: one is issued, one is bought."""
    desk.checked("1", "approved")
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("Мышь", 1)


def in_stock_for_one_of_two_requests(desk: Desk) -> None:
    """The same piece is not promised twice."""
    for id in ("1", "2"):
        desk.checked(id, "approved", replace(LINE, id=f"l{id}", quantity=Decimal(1)), beneficiary=f"{id}")
        desk.say(id, "line_manager", "Анна")
    desk.keep("Мышь", 1)
    desk.around = replace(desk.around, active=desk.around.active | {"1", "2"})


def what_is_promised_stays_promised(desk: Desk) -> None:
    """One of two was in stock when the second request was drafted: the first, approved a day later, buys its own."""
    for id, state in (("1", "approved"), ("2", "in_plan")):
        made = desk.checked(id, state, replace(LINE, id=f"l{id}"), beneficiary=f"{id}")
        desk.say(id, "line_manager", "Анна")
        desk.say(id, "head_of_it", "Борис")
    desk.draft("2", version_of(made), quantity=1)
    desk.order(("2",), "0000-000007", posted=False)
    desk.keep("Мышь", 1)
    desk.around = replace(desk.around, active=desk.around.active | {"1", "2"})


def two_lines_of_one_item(desk: Desk) -> None:
    """Three are in stock, two lines ask for two each: the second line gets what the first leaves."""
    desk.checked("1", "approved", LINE, replace(LINE, id="l2"))
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("Мышь", 3)


def what_is_repaired_takes_nothing_from_stock(desk: Desk) -> None:
    """The first line's thing is under warranty: what lies in stock is the second line's."""
    desk.checked("1", "approved", replace(LINE, asset="pc1"), replace(LINE, id="l2"), reason="replacement", asset="pc2")
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("Мышь", 2)
    desk.names |= {"equipment:pc1": "ОС-01", "equipment:pc2": "ОС-02"}
    desk.around = replace(desk.around, warranty={"pc1": TODAY + timedelta(days=1)})


def _packs(desk: Desk, in_stock: int, asked: int = 2) -> None:
    """Packs of ten of what the books count in pieces."""
    desk.goods["l1"] = Good("mouse", Decimal(10))
    desk.checked("1", "approved", replace(LINE, quantity=Decimal(asked), unit="упак"))
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("mouse", in_stock)


def two_packs_of_ten_and_five_pieces_in_stock(desk: Desk) -> None:
    """Five pieces are no pack: both packs are bought, counted in pieces."""
    _packs(desk, 5)


def two_packs_of_ten_and_fifteen_pieces_in_stock(desk: Desk) -> None:
    """One pack's worth is issued, the other bought."""
    _packs(desk, 15)


def pieces_asked_for_and_packs_in_stock(desk: Desk) -> None:
    """The other way round: the desk counts pieces, the books packs of ten; two packs are twenty pieces."""
    desk.goods["l1"] = Good("mouse", Decimal("0.1"))
    desk.checked("1", "approved", replace(LINE, quantity=Decimal(25)))
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("mouse", 2, "упак")


def stock_in_a_unit_that_nobody_can_convert(desk: Desk) -> None:
    """The unit of the card was changed and no coefficient is stored: said, and bought as it was asked for."""
    desk.checked("1", "approved", replace(LINE, unit="упак"))
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("Мышь", 50)


def stock_of_another_organisation(desk: Desk) -> None:
    """Nothing is issued from one company to another."""
    desk.checked("1", "approved")
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.keep("Мышь", 50, organization="o2")


def in_stock_and_bought_all_the_same(desk: Desk) -> None:
    """A person said so."""
    in_stock(desk)
    desk.choices["request:1:other-way"] = "take-desk"


def under_warranty(desk: Desk) -> None:
    """The replaced thing is under warranty: it is repaired, nothing is ordered."""
    line = replace(LINE, asset="pc1", quantity=Decimal(1))
    desk.checked("1", "approved", line, reason="replacement")
    desk.say("1", "line_manager", "Анна")
    desk.names["equipment:pc1"] = "ОС-01"
    desk.around = replace(desk.around, assets={"pc1": frozenset({"Вера"})}, warranty={"pc1": TODAY + timedelta(days=1)})


def outside_the_standard(desk: Desk) -> None:
    """One more approval: the director's."""
    desk.around = replace(desk.around, rules=RULES.model_copy(update={"standard": ("Клавиатура",)}))
    desk.checked()
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")


def changed_after_it_was_drafted(desk: Desk) -> None:
    """Beyond the tolerance approval begins anew, and the draft of the old contents is told."""
    old = desk.checked("1", "in_plan")
    desk.draft("1", version_of(old))
    desk.order(("1",), "0000-000007", posted=False)
    desk.put("1", "in_plan", replace(LINE, quantity=Decimal(5)))


def given_to_another_after_it_was_approved(desk: Desk) -> None:
    """Not a rouble more, but on another budget article: those who approved it approved something else."""
    desk.checked("1", "approved")
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.put("1", "approved", article="АХО")


def approved_becomes_an_order_in_erp(desk: Desk) -> None:
    """Where the configuration has «Заказ поставщику», that is drafted instead of the invoice."""
    desk.book = "erp25"
    desk.goods["l1"] = Good("mouse")
    approved_becomes_a_draft(desk)


def withdrawn_after_it_was_drafted(desk: Desk) -> None:
    """Nothing is deleted in 1C: a person is asked to."""
    old = desk.checked("1", "in_plan")
    desk.draft("1", version_of(old))
    desk.order(("1",), "0000-000007", posted=False)
    desk.put("1", "withdrawn")


def the_draft_was_deleted(desk: Desk) -> None:
    """What a person deleted is not made again: the order is asked for."""
    old = desk.checked("1", "in_plan")
    desk.say("1", "line_manager", "Анна")
    desk.say("1", "head_of_it", "Борис")
    desk.draft("1", version_of(old), "refused")


SCRIPTS: tuple[Callable[[Desk], None], ...] = (
    approved_becomes_a_draft,
    over_delivery,
    one_order_for_two_requests_in_three_parts,
    a_substitute_came,
    a_substitute_came_in_two_rows,
    five_of_a_pack_of_twelve,
    pieces_came_for_packs_that_nobody_can_convert,
    the_approver_asks_for_himself,
    the_approver_was_dismissed,
    the_approver_is_not_in_the_matrix,
    a_delegate_speaks_in_time,
    a_delegate_speaks_too_late,
    nobody_holds_the_role,
    the_deadline_is_too_close,
    the_deadline_is_just_in_time,
    the_deadline_passed_while_it_waited,
    in_stock,
    in_stock_for_one_of_two_requests,
    what_is_promised_stays_promised,
    two_lines_of_one_item,
    what_is_repaired_takes_nothing_from_stock,
    two_packs_of_ten_and_five_pieces_in_stock,
    two_packs_of_ten_and_fifteen_pieces_in_stock,
    pieces_asked_for_and_packs_in_stock,
    stock_in_a_unit_that_nobody_can_convert,
    stock_of_another_organisation,
    in_stock_and_bought_all_the_same,
    under_warranty,
    outside_the_standard,
    changed_after_it_was_drafted,
    given_to_another_after_it_was_approved,
    approved_becomes_an_order_in_erp,
    withdrawn_after_it_was_drafted,
    the_draft_was_deleted,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.__name__))
def test_the_plan_is_the_one_wanted(script: Callable[[Desk], None]) -> None:
    desk = Desk()
    script(desk)
    told = "\n".join([*desk.told(), ""])
    path = GOLDEN / f"{script.__name__}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8"), "another plan; if it is right: UCHET_GOLDEN=update"
    desk.rows.reverse()
    desk.requests = dict(reversed(desk.requests.items()))
    assert "\n".join([*desk.told(), ""]) == told, "the order in which rows arrive changes the plan"
