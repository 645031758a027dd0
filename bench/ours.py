"""uchet's own side of each comparison: ``python ours.py WHAT ARGUMENTS``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import child
import paper
import twins

from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.mappings.load import load_system
from uchet.sync import sieve  # noqa: F401  brings numpy: imports are no part of the work
from uchet.sync.engine import Engine
from uchet.sync.ids import operation_id
from uchet.sync.pair import EngineSettings, GuardLimits, Pair
from uchet.sync.store import Store
from uchet.sync.types import Link, Operation, Ref, Seen

PAIR = "bench"
#: Everything may change at once here: the guard is not what is measured.
#: The company on paper has no extension of 1C: its register of IT assets would be filled every night anew.
MERGED = tuple(kind for kind in EngineSettings().kinds if kind not in ("shown", "note"))
FREE = GuardLimits(change_share=1, change_max=10**9, retire_share=1, retire_max=10**9)


def pair(port: str, connections: int) -> Pair:
    book = OnecConnector(f"http://127.0.0.1:{port}/base", connections=connections, page_size=paper.BOOK_PAGE)
    desk = RoundupConnector(f"http://127.0.0.1:{port}/desk", "uchet", "bench")
    return Pair(PAIR, book, desk, load_system("book", "bp30"), load_system("desk", "roundup"))


def links(n: int) -> Iterator[Link]:
    """What both sides agreed on about N pieces of equipment."""
    for k in range(n):
        common: dict[str, Any] = {
            "inventory_number": f"{k:09d}",
            "name": f"Рабочая станция {paper.MODELS[k % len(paper.MODELS)]} №{k}",
            "accounting": "fixed_asset",
            "commissioned": date(2024, 2, 1),
            "cost": Decimal(f"{40000 + k % 9000}.50"),
            "serial": f"CZC{k:07d}X",
            "model": paper.MODELS[k % len(paper.MODELS)],
            "room": f"Кабинет {k % paper.PLACES:03d}",
            "user": paper.person(k % paper.PEOPLE),
            "condition": "in_use",
        }
        places = (
            ("organization", "organization", paper.ORGANIZATIONS),
            ("department", "department", paper.DEPARTMENTS),
            ("custodian", "person", paper.PEOPLE),
        )
        book = {f: Ref("book", kind, paper.guid(kind, k % size)) for f, kind, size in places}
        desk = {f: Ref("desk", kind, str(k % size + 1)) for f, kind, size in places}
        seen = Seen({**common, **book}, {**common, **desk})
        yield Link("equipment", paper.guid(paper.CARD, k), str(k + 1), "inventory_number", 98, seen=seen)


def start(link: Link) -> tuple[Operation, Link]:
    """The local operation a first load commits with each link."""
    op = Operation(
        "", "link", "desk", link.kind, link.book, link.desk, seen=link.seen, rule=link.rule, score=link.score
    )
    return Operation(operation_id(op), "link", "desk", link.kind, link.book, link.desk, seen=link.seen,
                     rule=link.rule, score=link.score), link  # fmt: skip


def first_load(n: str, state: str) -> None:
    items = [start(link) for link in links(int(n))]
    with Store.open(Path(state)) as store:
        run = store.start_run("bench", PAIR)
        child.report(lambda: store.settle_local(PAIR, run.id, items))


def settle(store: Store, found: Iterable[Link]) -> None:
    """Everything linked and agreed on, in runs of 100,000 links: a million at once would take gigabytes."""
    rest = iter(found)
    while batch := [start(link) for link in islice(rest, 100_000)]:
        store.settle_local(PAIR, store.start_run("bench", PAIR).id, batch)


def prepare(n: str, state: str, port: str) -> None:
    """A state in which everything is linked, agreed on, and was seen quiet by one run."""
    with Store.open(Path(state)) as store:
        settle(store, links(int(n)))
        engine = Engine(pair(port, 1), store, EngineSettings(guard=FREE, kinds=MERGED))
        child.report(lambda: [(r.outcome, r.reads, r.writes, r.issues) for r in (engine.run(), engine.run())])


def night(state: str, port: str, connections: str) -> None:
    """A nightly run on a copy of ``state``, so that every repetition starts from the same."""
    with Store.open(Path(state)) as store:
        engine = Engine(pair(port, int(connections)), store, EngineSettings(guard=FREE, kinds=MERGED))

        def work() -> dict[str, Any]:
            run = engine.run()
            return {"outcome": run.outcome, "reads": run.reads, "writes": run.writes, "issues": run.issues}

        child.report(work)


def plan(state: str, port: str) -> None:
    """Everything but the writing: what a night finds to do."""
    with Store.open(Path(state)) as store:
        engine = Engine(pair(port, 1), store, EngineSettings(guard=FREE, kinds=MERGED))
        child.report(lambda: engine.plan()[0].writes)


def twin_links(n: int) -> Iterator[Link]:
    """The agreed state of the two folders of ``twins``: everything linked by the same id."""
    for k in range(n):
        values: dict[str, Any] = dict(twins.values(k))
        values["commissioned"], values["cost"] = date(2024, 2, 1), Decimal(values["cost"])
        yield Link("equipment", str(k + 1), str(k + 1), "inventory_number", 98, seen=Seen(values, values))


def twin_engine(store: Store, book: Path, desk: Path) -> Engine:
    both = Pair(
        PAIR, twins.Files(book, "book"), twins.Files(desk, "desk"), twins.mapping("book"), twins.mapping("desk")
    )
    return Engine(both, store, EngineSettings(guard=FREE, kinds=("equipment",)))


def diff_state(n: str, state: str, folder: str) -> None:
    """Both sides as they were when everything was agreed on: linked, and seen quiet by two nights."""
    base = Path(folder) / "base"
    with Store.open(Path(state)) as store:
        settle(store, twin_links(int(n)))
        engine = twin_engine(store, base, base)
        child.report(lambda: [(r.outcome, r.writes, r.issues) for r in (engine.run(), engine.run())])


def diff(state: str, folder: str) -> None:
    """The three-way diff of two folders of pages against what was last agreed on."""
    with Store.open(Path(state)) as store:
        engine = twin_engine(store, Path(folder) / "A", Path(folder) / "B")

        def work() -> dict[str, int]:
            plan, _ = engine.plan()
            found = Counter(op.action for op in plan.operations)
            return {**found, "issues": len(plan.issues)}

        child.report(work)


WHAT = {
    "first-load": first_load,
    "prepare": prepare,
    "night": night,
    "plan": plan,
    "diff-state": diff_state,
    "diff": diff,
}

if __name__ == "__main__":
    WHAT[sys.argv[1]](*sys.argv[2:])
