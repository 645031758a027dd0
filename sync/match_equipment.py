"""The cascade for equipment: inventory number, serial number, positions of one piece, then weaker evidence to suggest.

Never across organisations, never by name alone, never by a number that is junk, doubled or contradicted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from ..mappings.keys import InvKey, inv_junk, last_number
from ..mappings.model import Value
from ..mappings.people import similarity, things_text
from .match_base import Candidate, Matcher, group_by
from .match_evidence import BLOCK, Evidence, cost_of, day_of, pairs, text_of
from .types import Listing, Record

__all__ = ["match_equipment"]

K = TypeVar("K")
#: Days between two dates that may still mean one acceptance.
_NEAR = 45


class _Cascade:
    def __init__(self, matcher: Matcher) -> None:
        self.m = matcher
        self.book, self.desk = Evidence(matcher, matcher.book), Evidence(matcher, matcher.desk)
        self.by_inv = group_by(self.book.inv, self.book.number), group_by(self.desk.inv, self.desk.number)
        serial = self.book.serial, self.desk.serial
        self.by_serial = group_by(serial[0], serial[0].get), group_by(serial[1], serial[1].get)

    # ------------------------------------------------------------ what is wrong with the numbers

    def problems(self) -> None:
        self._destroyed()
        self._doubled("inventory_number", *self.by_inv)
        self._doubled("serial", *self.by_serial)
        self._crossed()
        self._organizations()

    def _destroyed(self) -> None:
        for side, ids, own in (("book", self.m.open_book(), self.book), ("desk", self.m.open_desk(), self.desk)):
            for id in ids:
                if own.inv[id]:
                    continue
                value = text_of(own.records[id], "inventory_number")
                if inv_junk(value) == "excel":
                    ends = ([id], []) if side == "book" else ([], [id])
                    self.m.problem("match_bad_number", *ends, f"{side}:{id}", {"record": id, "value": value})

    def _doubled(self, rule: str, books: Mapping[K, list[str]], desks: Mapping[K, list[str]]) -> None:
        """One number twice on a side: a task, and nobody in it is linked without asking."""
        doubled = {key for groups in (books, desks) for key, ids in groups.items() if len(ids) > 1}
        for key in sorted(doubled, key=repr):
            mine, theirs = books.get(key, []), desks.get(key, [])
            if self.m.free_book & set(mine) or self.m.free_desk & set(theirs):
                first = self.m.book[mine[0]] if mine else self.m.desk[theirs[0]]
                params = {"rule": rule, "value": text_of(first, rule)}
                about = f"{rule}:" + (f"book:{min(mine)}" if len(mine) > 1 else f"desk:{min(theirs)}")
                self.m.problem("match_duplicate", mine, theirs, about, params)

    def _crossed(self) -> None:
        """The inventory number says one record, the serial number another."""
        for book in self.m.open_book():
            inv, serial = self._twins(book, self.book, self.by_inv[1], self.by_serial[1], self.desk)
            if not inv or not serial or inv == serial:
                continue
            inv = {d for d in inv if (book, d) not in self.m.rejected}
            serial = {d for d in serial if (book, d) not in self.m.rejected}
            if inv and serial and not inv & serial:
                self._cross([book], inv | serial, f"book:{book}", book, inv, serial)
        for desk in self.m.open_desk():
            inv, serial = self._twins(desk, self.desk, self.by_inv[0], self.by_serial[0], self.book)
            if not inv or not serial or inv == serial:
                continue
            inv = {b for b in inv if (b, desk) not in self.m.rejected}
            serial = {b for b in serial if (b, desk) not in self.m.rejected}
            if inv and serial and not inv & serial:
                self._cross(inv | serial, [desk], f"desk:{desk}", desk, inv, serial)

    def _twins(
        self,
        id: str,
        own: Evidence,
        by_inv: Mapping[tuple[str | None, InvKey], list[str]],
        by_serial: Mapping[str, list[str]],
        other: Evidence,
    ) -> tuple[set[str], set[str]]:
        number = own.number(id)
        known = number is not None and number[0] is not None
        inv = set(by_inv.get(number, ())) if known and number else set()
        serial = {x for x in by_serial.get(own.serial[id], ()) if self._near(own.scope[id], other.scope[x])}
        return inv, serial

    @staticmethod
    def _near(one: str | None, two: str | None) -> bool:
        return one is None or two is None or one == two

    def _cross(
        self, books: Iterable[str], desks: Iterable[str], about: str, record: str, inv: set[str], serial: set[str]
    ) -> None:
        params = {"record": record, "by_inventory": ", ".join(sorted(inv)), "by_serial": ", ".join(sorted(serial))}
        self.m.problem("match_cross", books, desks, about, params)

    def _organizations(self) -> None:
        for key in sorted(self.by_serial[0].keys() & self.by_serial[1].keys()):
            for book, desk in pairs(self.by_serial[0][key], self.by_serial[1][key]):
                if self.m.free(book, desk) and not self._near(self.book.scope[book], self.desk.scope[desk]):
                    params = {"book": book, "desk": desk, "value": text_of(self.m.book[book], "serial")}
                    self.m.problem("match_organization", [book], [desk], f"{book}:{desk}", params)

    # ------------------------------------------------------------ strong evidence

    def strong(self) -> list[Candidate]:
        found = []
        for key in sorted(self.by_inv[0].keys() & self.by_inv[1].keys(), key=repr):
            if key[0] is not None:
                both = pairs(self.by_inv[0][key], self.by_inv[1][key])
                found += [self._inventory(b, d) for b, d in both if self.m.free(b, d)]
        for serial in sorted(self.by_serial[0].keys() & self.by_serial[1].keys()):
            found += [
                self._serial(b, d)
                for b, d in pairs(self.by_serial[0][serial], self.by_serial[1][serial])
                if self.m.free(b, d) and self._near(self.book.scope[b], self.desk.scope[d])
            ]
        return [*found, *self._unknown_organization()]

    def _inventory(self, book: str, desk: str) -> Candidate:
        value = f"{text_of(self.m.book[book], 'inventory_number')} = {text_of(self.m.desk[desk], 'inventory_number')}"
        mine, theirs = self.book.serial[book], self.desk.serial[desk]
        differs = mine and theirs and self.book.skeleton[book] != self.desk.skeleton[desk]
        reasons = ("inventory_number", "organization", *(["serial_differs"] if differs else []))
        return Candidate(book, desk, 85 if differs else 98, "inventory_number", reasons, value)

    def _serial(self, book: str, desk: str) -> Candidate:
        value = f"{text_of(self.m.book[book], 'serial')} = {text_of(self.m.desk[desk], 'serial')}"
        reasons = ["serial_number"]
        if self.book.scope[book] is None or self.desk.scope[desk] is None:
            reasons.append("organization_unknown")
        one, two = (things_text(text_of(side[id], "model")) for side, id in ((self.m.book, book), (self.m.desk, desk)))
        if one and two and similarity(one, two) < 0.5:
            reasons.append("model_differs")
        return Candidate(book, desk, 96 if len(reasons) == 1 else 85, "serial_number", tuple(reasons), value)

    def _unknown_organization(self) -> list[Candidate]:
        """The same inventory number where one side does not name the organisation: never automatic."""
        books = group_by(self.m.open_book(), self.book.inv.get)
        desks = group_by(self.m.open_desk(), self.desk.inv.get)
        return [
            Candidate(b, d, 85, "inventory_number", ("inventory_number", "organization_unknown"))
            for key in sorted(books.keys() & desks.keys())
            for b, d in pairs(books[key], desks[key])
            if self.book.scope[b] is None or self.desk.scope[d] is None
        ]

    # ------------------------------------------------------------ low-value things: positions of one piece

    def positions(self, others: Listing | None) -> list[Candidate]:
        """A position of quantity 1 and the only desk thing of that name with that person, and the other way round."""
        books = [b for b in self.m.open_book() if text_of(self.m.book[b], "accounting") == "low_value"]
        books = [
            b for b in books if not self.book.inv[b] and self.book.scope[b] and self.m.book[b].values.get("custodian")
        ]
        desks = [d for d in self.m.open_desk() if text_of(self.m.desk[d], "accounting") != "fixed_asset"]
        twins = self._custodians(books, desks)
        blocks: dict[tuple[str, Value], list[str]] = defaultdict(list)
        for d in desks:
            person, scope = twins.get(self.m.desk[d].values.get("custodian")), self.desk.scope[d]
            if person is not None and scope:
                blocks[scope, person].append(d)
        near: list[tuple[str, str]] = []
        for b in books:
            for d in blocks.get((self.book.scope[b] or "", self.m.book[b].values["custodian"]), ()):
                if (b, d) not in self.m.rejected and self._alike(b, d) >= 0.85:
                    near.append((b, d))
        return self._unique(near, others)

    def _unique(self, near: list[tuple[str, str]], others: Listing | None) -> list[Candidate]:
        of_book, of_desk = Counter(b for b, _ in near), Counter(d for _, d in near)
        bulk: dict[tuple[Value, ...], list[Record]] = defaultdict(list)
        for record in others.records.values() if others else ():
            if not record.retired and record.values.get("quantity") != Decimal(1):
                bulk[_holder(record)].append(record)
        candidates = []
        for b, d in near:
            if of_book[b] == 1 and of_desk[d] == 1 and not self._in_bulk(b, d, bulk):
                value = text_of(self.m.book[b], "name") or ""
                candidates.append(Candidate(b, d, 95, "position_unique", ("name", "custodian", "organization"), value))
        sure = {one.book for one in candidates}
        unsure: dict[str, list[str]] = defaultdict(list)
        for b, d in near:
            if b not in sure:
                unsure[b].append(d)
        for b in sorted(unsure):
            params = {"rule": "position", "value": text_of(self.m.book[b], "name")}
            self.m.problem("match_ambiguous", [b], unsure[b], f"position:{b}", params)
        return candidates

    def _in_bulk(self, book: str, desk: str, bulk: Mapping[tuple[Value, ...], list[Record]]) -> bool:
        """The same person holds several such things on another position: which of them this is, nobody knows."""
        others = (record for record in bulk.get(_holder(self.m.book[book]), ()) if record.id != book)
        names = {things_text(text_of(record, "name")) for record in others}
        return any(similarity(name, words) >= 0.85 for name in names for words in self.desk.words(desk))

    def _custodians(self, books: Iterable[str], desks: Iterable[str]) -> dict[Value, Value]:
        """Desk person → the book's person, for those who hold something here."""
        mine = sorted({self.m.book[b].values.get("custodian") for b in books} - {None}, key=str)
        theirs = {self.m.desk[d].values.get("custodian") for d in desks} - {None}
        return {d: b for d in theirs for b in mine if self.m.same_ref(b, d)}

    # ------------------------------------------------------------ weak evidence, for people to look at

    def weak(self) -> list[Candidate]:
        books, desks = self.m.open_book(), self.m.open_desk()
        found = []
        for b, d in self._block(books, desks, lambda side, id: side.skeleton[id]):
            found += self._l3(b, d)
        for b, d in self._block(books, desks, lambda side, id: last_number(side.inv[id])):
            found += self._l4(b, d)
        for b, d in self._by_cost(books, desks):
            found += self._l5(b, d)
        return found

    def _block(
        self, books: list[str], desks: list[str], key: Callable[[Evidence, str], str]
    ) -> Iterable[tuple[str, str]]:
        def scoped(side: Evidence, id: str) -> tuple[str, str] | None:
            scope, found = side.scope[id], key(side, id)
            return (scope, found) if scope and found else None

        mine = group_by(books, lambda id: scoped(self.book, id))
        theirs = group_by(desks, lambda id: scoped(self.desk, id))
        for one in sorted(mine.keys() & theirs.keys()):
            yield from pairs(mine[one], theirs[one])

    def _alike(self, book: str, desk: str) -> float:
        texts = pairs(self.book.words(book), self.desk.words(desk))
        return max((similarity(one, two) for one, two in texts), default=0.0)

    def _same(self, name: str, book: str, desk: str) -> bool:
        one, two = self.m.book[book].values.get(name), self.m.desk[desk].values.get(name)
        return one is not None and two is not None and self.m.same_ref(one, two) is True

    def _l3(self, book: str, desk: str) -> list[Candidate]:
        reasons = ["serial_looks_alike"]
        number = last_number(self.book.inv[book])
        if number and number == last_number(self.desk.inv[desk]):
            reasons.append("last_number")
        elif self._alike(book, desk) >= 0.85:
            reasons.append("model")
        value = f"{text_of(self.m.book[book], 'serial')} ~ {text_of(self.m.desk[desk], 'serial')}"
        return [Candidate(book, desk, 88, "serial_looks_alike", tuple(reasons), value)] if len(reasons) > 1 else []

    def _l4(self, book: str, desk: str) -> list[Candidate]:
        same = [name for name in ("custodian", "department") if self._same(name, book, desk)]
        if not same or self._alike(book, desk) < 0.80:
            return []
        value = f"{text_of(self.m.book[book], 'inventory_number')} ~ {text_of(self.m.desk[desk], 'inventory_number')}"
        return [Candidate(book, desk, 84, "last_number", ("last_number", *same, "model"), value)]

    def _l5(self, book: str, desk: str) -> list[Candidate]:
        days = day_of(self.m.book[book]), day_of(self.m.desk[desk])
        near = days[0] and days[1] and abs((days[0] - days[1]).days) <= _NEAR
        if not near or not self._same("custodian", book, desk) or self._alike(book, desk) < 0.90:
            return []
        return [Candidate(book, desk, 76, "circumstances", ("model", "custodian", "dates", "cost"))]

    def _by_cost(self, books: list[str], desks: list[str]) -> Iterable[tuple[str, str]]:
        """Pairs of one organisation and of about the same days whose cost is the same within a rouble or one per
        cent."""
        theirs: dict[tuple[str | None, int], list[tuple[Decimal, str]]] = defaultdict(list)
        for d in desks:
            cost, day, scope = cost_of(self.m.desk[d]), day_of(self.m.desk[d]), self.desk.scope[d]
            if cost is not None and day and scope:
                theirs[scope, day.toordinal() // _NEAR].append((cost, d))
        for one in theirs.values():
            one.sort()
        for b in books:
            cost, day = cost_of(self.m.book[b]), day_of(self.m.book[b])
            if cost is None or not day:
                continue
            slack = max(Decimal(1), cost / 100)
            for period in range(day.toordinal() // _NEAR - 1, day.toordinal() // _NEAR + 2):
                row = theirs.get((self.book.scope[b], period), [])
                low, high = bisect_left(row, (cost - slack, "")), bisect_right(row, (cost + slack, "\U0010ffff"))
                if high - low <= BLOCK:
                    yield from ((b, d) for _, d in row[low:high])


def _holder(record: Record) -> tuple[Value, ...]:
    return record.values.get("organization"), record.values.get("custodian")


def match_equipment(matcher: Matcher, positions: Listing | None) -> None:
    """Problems first (their records are asked about, not linked), then strong evidence, positions, weak evidence."""
    cascade = _Cascade(matcher)
    cascade.problems()
    matcher.decide(cascade.strong())
    matcher.decide(cascade.positions(positions))
    matcher.decide(cascade.weak())
