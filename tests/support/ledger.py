"""The laws' own memory: what every run really did to the two sides, judged without asking the engine.

The ledger takes a picture of both sides before a run and reads afterwards, out of the fakes' own logs, what was
written. It keeps a base of its own (the values both sides agreed on, per linked pair and field), so that a law about an
edit that was not carried over yet never leans on what the engine remembers.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from hostile import FIELDS, KINDS, Done, HostileSide

from uchet.mappings.model import Side
from uchet.sync.pair import GuardLimits
from uchet.sync.types import Issue, Link

if TYPE_CHECKING:
    from company import Company

#: side → kind → id → wire values.
Snapshot = dict[Side, dict[str, dict[str, dict[str, Any]]]]
Key = tuple[str, str, str]
SIDES: tuple[Side, ...] = ("book", "desk")
OTHER: dict[Side, Side] = {"book": "desk", "desk": "book"}
OWNER = {(k.name, f.name): f.owner for k in KINDS for f in k.fields}
CLEARS = {(k.name, f.name) for k in KINDS for f in k.fields if f.empty == "clear"}


def meaning(kind: str, name: str, value: Any) -> Any:
    """What a value says, by rules of our own: spaces never matter, case and ё not in names, money has two places."""
    if value is None or isinstance(value, list):
        return value
    text = " ".join(str(value).split())
    if not text:
        return None
    if kind == "thing" and name == "name":
        return text.casefold().replace("ё", "е")
    if name == "cost":
        try:
            return Decimal(text).quantize(Decimal("0.01"))
        except InvalidOperation:
            return f"undecodable {text}"
    return text[:10] if name == "since" else text


class Ledger:
    """Checks each run as it ends; what is wrong raises ``AssertionError`` that names the law."""

    def __init__(self, limits: GuardLimits) -> None:
        self.limits = limits
        self.base: dict[tuple[str, str, str, str], tuple[Any, Any]] = {}
        #: What both sides said alike when a run that was cut short looked: agreed on or not, it is on both sides.
        self.perhaps: dict[tuple[str, str, str, str], tuple[Any, Any]] = {}
        self.chosen: dict[tuple[str, str | None, str | None, str | None], tuple[str, Any, Any]] = {}
        #: What our creates sent and what became of it, should the link come only after a crash.
        self.made: dict[tuple[str, str, str], tuple[Any, Any]] = {}
        self.linked: set[Key] = set()
        self.rejected: set[Key] = set()
        self.ever_linked = False
        self._marks = (0, 0)
        self._copy: Snapshot | None = None

    # -- people -----------------------------------------------------------------------------------------------------

    def decide(self, issue: Issue, choice: str) -> None:
        values = (issue.values.get("book"), issue.values.get("desk"))
        self.chosen[(issue.kind, issue.book, issue.desk, issue.field_name)] = (choice, *values)

    def person(self, what: str, kind: str, book: str, desk: str) -> None:
        key = (kind, book, desk)
        self.linked.discard(key)
        self.rejected.discard(key)
        (self.linked if what == "link" else self.rejected).add(key)
        self.ever_linked = self.ever_linked or what == "link"
        if what == "reject":
            self.base = {k: v for k, v in self.base.items() if k[:3] != key}
            self.perhaps = {k: v for k, v in self.perhaps.items() if k[:3] != key}
            self.made = {k: v for k, v in self.made.items() if k[:2] != (kind, desk)}

    def forget(self) -> None:
        self.base.clear()
        self.perhaps.clear()
        self.made.clear()
        self.chosen.clear()
        self.linked.clear()
        self.rejected.clear()
        self.ever_linked = False

    def known(self, key: tuple[str, str, str, str]) -> list[tuple[Any, Any]]:
        """The pairs of values that this field of a linked pair may have been agreed on: what a twin was created with
        too, whose lost answer is found and followed by an update in one night."""
        made = self.made.get((key[0], key[2], key[3]))
        return [*(known[key] for known in (self.base, self.perhaps) if key in known), *([made] if made else ())]

    # -- a run ------------------------------------------------------------------------------------------------------

    @staticmethod
    def snapshot(company: Company) -> Snapshot:
        return {
            side.side: {kind: {id: dict(row.data) for id, row in rows.items()} for kind, rows in side.rows.items()}
            for side in company.sides()
        }

    def begin(self, company: Company) -> None:
        self._marks = (len(company.book.log), len(company.desk.log))
        self._counts = {
            kind: max(sum(r.data["state"] == "in" for r in s.rows[kind].values()) for s in company.sides())
            for kind in FIELDS
        }
        self._new = not self.ever_linked

    def end(self, company: Company, before: Snapshot, *, approved: bool, through: bool) -> None:
        """``through``: the plan was carried out to its end."""
        links = company.store.links("laws")
        done: dict[Side, list[Done]] = {
            "book": company.book.log[self._marks[0] :],
            "desk": company.desk.log[self._marks[1] :],
        }
        judge = _Judge(self, before, links)
        for side in SIDES:
            for one in done[side]:
                judge.write(side, one)
        if not approved:
            judge.limits(done, self._counts, new=self._new)
        judge.people()
        self._remember(before, links, done, _looked(company, before) if through else set())
        self._found(company.desk, before, links)
        # An approved first load may leave nothing but lost answers, whose links come with the next run's recovery.
        self.ever_linked = self.ever_linked or bool(links) or approved
        self.twice(company, judge.wrong)
        assert not judge.wrong, "\n".join(judge.wrong)

    @staticmethod
    def twice(company: Company, wrong: list[str]) -> None:
        """Law 6: one record per key, and a key on each we made; what people own is bit for bit theirs (law 20)."""
        for side in company.sides():
            made = {(one.collection, one.id) for one in side.log if one.before is None}
            if any(side.rows[kind][id].key is None for kind, id in made if id in side.rows[kind]):
                wrong.append(f"law 6: created on the {side.side} without a key: a crash would make a second one")
            for kind, rows in side.rows.items():
                keys = [row.key for row in rows.values() if row.key]
                if len(keys) != len(set(keys)):
                    wrong.append(f"law 6: {kind} created twice on the {side.side}")
                for id, row in rows.items():
                    if row.data["notes"] != f"n-{id}":
                        wrong.append(f"law 20: notes of {side.side} {id} changed")

    def _remember(self, before: Snapshot, links: list[Link], done: Mapping[Side, list[Done]], looked: set[str]) -> None:
        """The base after a run: what was written and what that side made of it, or what was equal when looked at."""
        written = {
            (side, one.collection, one.id, name): one.after[name]
            for side in SIDES
            for one in done[side]
            for name in one.values
        }
        for one in done["desk"]:
            if one.before is None:
                self.made.update({(one.collection, one.id, n): (v, one.after[n]) for n, v in one.values.items()})
        for link in links:
            book, desk = (before[side][link.kind].get(link.on(side)) for side in SIDES)
            for name in FIELDS[link.kind]:
                key = (link.kind, link.book, link.desk, name)
                made = self.made.pop((link.kind, link.desk, name), None)  # said to this twin alone
                if made and name != "room":
                    self.base.setdefault(key, made)
                on_book = written.get(("book", link.kind, link.book, name), self)
                on_desk = written.get(("desk", link.kind, link.desk, name), self)
                if on_desk is not self and book is not None:
                    self.base[key] = (book.get(name), on_desk)
                elif on_book is not self and desk is not None:
                    self.base[key] = (on_book, desk.get(name))
                elif _alive(book) and _alive(desk):
                    assert book is not None
                    assert desk is not None
                    silent = meaning(link.kind, name, book.get(name)) is None and (link.kind, name) not in CLEARS
                    if same(links, link.kind, name, book.get(name), desk.get(name)) and not silent:
                        known = self.base if link.kind in looked else self.perhaps
                        known[key] = (book.get(name), desk.get(name))

    def _found(self, desk: HostileSide, before: Snapshot, links: list[Link]) -> None:
        """A create that finds a record of ours, memory lost meanwhile, may take for agreed what the desk makes of the
        value: nobody can tell that from an edit that says the very same."""
        for link in links:
            row, book = desk.rows[link.kind].get(link.desk), before["book"][link.kind].get(link.book)
            if row is None or not row.key or book is None:
                continue
            for name in FIELDS[link.kind]:
                key, said, now = (link.kind, link.book, link.desk, name), book.get(name), row.data.get(name)
                if not isinstance(said, str) or name == "room" or self.known(key):
                    continue  # nobody makes anything of what is no text
                if now == desk.stored(name, said):
                    self.perhaps[key] = (said, now)


def _alive(data: Mapping[str, Any] | None) -> bool:
    return data is not None and data["state"] == "in"


def _looked(company: Company, before: Snapshot) -> set[str]:
    """The kinds whose listings were whole on both sides."""
    return {
        kind for kind in FIELDS if all(side.shown.get(kind) == set(before[side.side][kind]) for side in company.sides())
    }


def same(links: list[Link], kind: str, name: str, book: Any, desk: Any) -> bool:
    """Whether the two sides say the same; references are the same when their records are twins."""
    if name == "room" and kind == "thing":
        return (not book and not desk) or (book, desk) in {(x.book, x.desk) for x in links if x.kind == "room"}
    return bool(meaning(kind, name, book) == meaning(kind, name, desk))


class _Judge:
    """One run before the laws."""

    def __init__(self, ledger: Ledger, before: Snapshot, links: list[Link]) -> None:
        self.ledger = ledger
        self.before = before
        self.links = links
        self.wrong: list[str] = []
        self.of = {(side, link.kind, link.on(side)): link for link in links for side in SIDES}
        self.last: dict[tuple[Side, str, str, str], Any] = {}
        if len(self.of) != 2 * len(links):
            self.wrong.append("law 6: a record is linked twice")

    def write(self, side: Side, done: Done) -> None:
        link = self.of.get((side, done.collection, done.id))
        if "state" in done.values:
            self._retired(side, done, link)
        for name in done.values:
            if name in FIELDS[done.collection]:
                self._field(side, done, link, name)
            elif name != "state":
                self.wrong.append(f"law 20: {name} of {done.collection} {side}:{done.id} is not mapped and was written")

    # -- one record out of service ----------------------------------------------------------------------------------

    def _retired(self, side: Side, done: Done, link: Link | None) -> None:
        what = f"{done.collection} {side}:{done.id}"
        if link is None or done.before is None:
            self.wrong.append(f"law 11: {what} retired without a twin")
            return
        other = OTHER[side]
        twin = self.before[other][link.kind].get(link.on(other))
        if twin is not None and twin["state"] == "in":
            self.wrong.append(f"law 11: {what} retired though its twin is in service")
        if self._decided(link, None, other):
            return
        for name in FIELDS[link.kind]:
            bases = self.ledger.known((link.kind, link.book, link.desk, name))
            now = done.before.get(name)
            theirs = OWNER[link.kind, name] == other  # the owner's value would have replaced it
            edited = bases and all(self._differs(link.kind, name, now, base[SIDES.index(side)]) for base in bases)
            if edited and not theirs:
                self.wrong.append(f"law 4: {what} retired with the edit {name}={now!r}")

    # -- one field --------------------------------------------------------------------------------------------------

    def _field(self, side: Side, done: Done, link: Link | None, name: str) -> None:
        kind, value = done.collection, done.values[name]
        where = (side, kind, done.id, name)
        what = f"{kind}.{name} of {side}:{done.id}"
        old = (done.before or {}).get(name)
        if not self._given(side, done, link, name):
            self.wrong.append(f"law 3: {what} got {value!r}, which its twin did not say when it was planned")
        if done.before is not None:
            if old != self.last.get(where, self.before[side][kind].get(done.id, {}).get(name)):
                self.wrong.append(f"law 9: {what} was changed to {old!r} after the plan and is overwritten")
            if not self._differs(kind, name, value, old):
                self.wrong.append(f"law 16: {what} written as {value!r} over {old!r}")
            if link is not None:
                self._kept(side, link, name, old, what)
        self.last[where] = done.after[name]

    def _given(self, side: Side, done: Done, link: Link | None, name: str) -> bool:
        """Whether the value is the twin's as it was when planned (or some record's, while a create has no link)."""
        kind, value = done.collection, done.values[name]
        rows = self.before[OTHER[side]][kind]
        source = [rows.get(link.on(OTHER[side]), {})] if link else list(rows.values())
        for row in source:
            said = row.get(name)
            pair = (value, said) if side == "book" else (said, value)
            if same(self.links, kind, name, *pair):
                return True
        return False

    def _kept(self, side: Side, link: Link, name: str, old: Any, what: str) -> None:
        """Law 4: an edit that did not reach the twin is only replaced by the owner's value or by a person's word."""
        if self._decided(link, name, OTHER[side]):
            return
        owner = OWNER[link.kind, name]
        key = (link.kind, link.book, link.desk, name)
        base, bases = self.ledger.base.get(key), self.ledger.known(key)
        says = meaning(link.kind, name, old) is not None or (bool(base) and (link.kind, name) in CLEARS)
        edited = says and all(self._differs(link.kind, name, old, known[SIDES.index(side)]) for known in bases)
        if edited and owner != OTHER[side]:
            self.wrong.append(f"law 4: the edit {old!r} in {what} was overwritten (base {base})")
        if side == "book" and owner == "book" and says:
            self.wrong.append(f"law 4: {what} is the book's own and was overwritten")

    def _differs(self, kind: str, name: str, a: Any, b: Any) -> bool:
        return bool(meaning(kind, name, a) != meaning(kind, name, b))

    def _decided(self, link: Link, name: str | None, winner: Side) -> bool:
        choice = self.ledger.chosen.get((link.kind, link.book, link.desk, name))
        return choice is not None and choice[0] == f"take-{winner}"

    # -- the whole run ----------------------------------------------------------------------------------------------

    def limits(self, done: Mapping[Side, list[Done]], counts: Mapping[str, int], *, new: bool) -> None:
        """Law 10: what nobody approved stays within the limits, counted on the sides themselves."""
        limits = self.ledger.limits
        everything = [*done["book"], *done["desk"]]
        if new and everything and limits.change_share < 1:
            self.wrong.append("law 10: a first load that nobody approved")
        for kind, base in counts.items():
            retired = sum(one.retired for one in everything if one.collection == kind)
            changed = sum(one.collection == kind for one in everything)
            if _over(retired, base, limits.retire_share, limits.retire_from, limits.retire_max):
                self.wrong.append(f"law 10: {retired} of {base} {kind} retired without approval")
            if _over(changed, base, limits.change_share, limits.change_from, limits.change_max):
                self.wrong.append(f"law 10: {changed} of {base} {kind} changed without approval")

    def people(self) -> None:
        """Law 27: what a person linked stays linked, what a person told apart stays apart."""
        linked = {(x.kind, x.book, x.desk) for x in self.links}
        for key in self.ledger.linked - linked:
            self.wrong.append(f"law 27: the link {key} that a person made is gone")
        for key in self.ledger.rejected & linked:
            self.wrong.append(f"law 27: {key}, told apart by a person, are linked again")


def _over(count: int, base: int, share: float, least: int, most: int) -> bool:
    return count > most or (count >= least and count > base * share)
