"""Counts for people: files and sheets in, sessions and their results out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ..errors import Fatal, Reject
from ..mappings.text import fold
from ..sync.counts.identify import Index, is_heap
from ..sync.counts.looking import count_of, session_look
from ..sync.counts.proposals import orders_of
from ..sync.counts.session import Closing, Opening, close_count, open_count
from ..sync.counts.taking import Given, Taken, take
from ..sync.counts.tally import Tally, heap_of, tally
from ..sync.counts.types import CountSession
from ..sync.pair import book_now
from ..sync.reconcile.types import Reconciliation
from ..sync.store import Store
from ..sync.types import Run
from .forms.counted import Count, read_counts
from .wiring import Wired

__all__ = ["Collector", "close", "draft", "given_by", "given_in", "left_out", "open_session", "read_files"]

#: How the first column of a list of scans is headed, where it has a heading at all.
_HEADINGS = frozenset({"код", "штрихкод", "штрих-код", "номер", "инвентарный номер", "code", "barcode", "number"})


def open_session(parts: Wired, wanted: Opening, by: str) -> CountSession:
    """As ``sync.counts.session.open_count``."""
    return open_count(parts.engine, wanted, by=by)


def close(parts: Wired, number: int, closing: Closing, by: str) -> tuple[CountSession, Reconciliation]:
    """As ``sync.counts.session.close_count``."""
    return close_count(parts.engine, number, closing, by=by)


def draft(parts: Wired, number: int) -> Run:
    """Write the count's own documents, as drafts, once. Raises ``Reject`` for a count that is not closed, and what a
    run raises."""
    store, pair = parts.store, parts.pair.name
    session = store.count(pair, number)
    look = session_look(store, pair, session)
    count_of(store, pair, number, look)
    zone, language = parts.engine.settings.zone, parts.engine.settings.language
    day = look.snapshot.day or book_now(look.snapshot.taken, zone).date()
    return parts.engine.draft(orders_of(session, look, tally(store.scans(pair, number)), day, language))


def left_out(store: Store, pair: str, run: Run) -> tuple[str, ...]:
    """What the documents of ``run`` do not say although it was known, a line each."""
    headers = [row.operation.header for row in store.operations(pair, run=run.id) if row.operation.action == "draft"]
    return tuple(dict.fromkeys(str(header["@left"]) for header in headers if header.get("@left")))


# -- scanning ----------------------------------------------------------------------------------------------------------


class Collector:
    """Where counters hand in what they saw: one session, its index built once."""

    def __init__(self, store: Store, pair: str, number: int) -> None:
        self._store, self._pair, self.number = store, pair, number
        self.session = store.count(pair, number)
        self.look = session_look(store, pair, self.session)
        self.index = Index(self.look)

    def take(self, given: Iterable[Given], *, counter: str, recount: bool = False) -> Taken:
        """Keep what is understood, all of it or nothing. Raises ``Reject`` for a session that is not open, and for a
        sheet that was written from another comparison."""
        taken = take(self.index, [self._known(one) for one in given], counter=counter, recount=recount)
        self._store.add_scans(self._pair, self.number, [scan for scan, _ in taken.scans])
        return taken

    def tally(self) -> Tally:
        """What came to this session so far."""
        return tally(self._store.scans(self._pair, self.number))

    def _known(self, one: Given) -> Given:
        known = not one.target or (heap_of(one.target) if is_heap(one.target) else one.target) in self.index.known
        if not known:
            raise Reject(
                "count_foreign",
                "No line of the count sheets belongs to this comparison and scope.",
                hint="Name the comparison they were written from: --run RUN.",
            )
        return one


def read_files(paths: Iterable[Path], place: str = "") -> Iterator[Given]:
    """Filled count sheets (.xlsx) and lists of scans (anything else). ``place``: of all that names none. Raises
    ``Fatal`` that names file and place."""
    listed = list(paths)
    sheets = [path for path in listed if path.suffix.lower() == ".xlsx"]
    if sheets:
        yield from (replace(one, place=place) for one in _from_sheets(read_counts(sheets)))
    for path in listed:
        if path not in sheets:
            yield from given_in(path, place)


def _from_sheets(count: Count) -> Iterator[Given]:
    for key, quantity in count.facts.items():
        kind, _, rest = key.partition(":")
        target = key if kind == "thing" else f"stock:{rest}"
        if rest.startswith("position:"):
            target = rest.partition("|")[0]
        yield Given(key, key, quantity, condition=count.conditions.get(key, ""), target=target)
    for find in count.added:
        yield Given(find.title, find.inventory_number or find.serial or find.title, find.quantity,
                    condition=find.condition)  # fmt: skip


def given_in(path: Path, place: str = "") -> Iterator[Given]:
    """A list of scans, as a data terminal saves it: ``CODE;QUANTITY;PLACE;CONDITION;PHOTO``, all but the code as one
    likes. UTF-8, or the encoding of a Russian Windows. Raises ``Fatal``."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Fatal(
            "scans_unreadable",
            "The list of scans {file} cannot be read: {reason}.",
            hint="Save it as text, a scan a line.",
            file=str(path),
            reason=error.strerror or type(error).__name__,
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1251", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        head = re.split("[;\t]", line)[0].strip().strip('"')
        if head and not (number == 1 and fold(head) in _HEADINGS):
            yield given_by(line, f"{path.name}:{number}", place)


def given_by(line: str, where: str, place: str = "") -> Given:
    """One line of a list, or what a barcode reader typed. Raises ``Fatal`` for a quantity that is none."""
    cells = [cell.strip().strip('"') for cell in re.split("[;\t]", line)]
    code, quantity, room, condition, photo = (cells + [""] * 5)[:5]
    return Given(where, code, _quantity(quantity, where), room or place, condition, photo)


def _quantity(text: str, where: str) -> Decimal | None:
    bare = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    if not bare:
        return None
    try:
        number = Decimal(bare)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0 or number != number.quantize(Decimal("0.001")):
        raise Fatal(
            "filling_value",
            "{file}: {place} cannot be {value}.",
            hint="What may stand there: {known}.",
            file=where,
            place="2",
            value=repr(text),
            known="3 / 1,5 / 0",
        )
    return number
