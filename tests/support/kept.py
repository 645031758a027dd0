"""A state in which one comparison of a small planted company was kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from planted import Company, company

from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.reading import stored_form
from uchet.sync.reconcile.types import Reconciliation
from uchet.sync.store import Store
from uchet.sync.types import Link, Seen

PAIR = "main"
SETTINGS = """
language = "ru"
[book]
connector = "onec"
mapping = "bp30"
url = "http://127.0.0.1:9/base"
[desk]
connector = "roundup"
mapping = "roundup"
url = "http://127.0.0.1:9/"
user = "uchet"
"""


def build() -> Company:
    made = company(3)
    at = {"organization": "o1", "department": "o1d1", "custodian": "o1p1"}
    made.thing(**at, name="Ноутбук")
    made.thing("book", **at, name="Монитор")
    made.thing(**at | {"custodian": "o1p2"}, name="Принтер")
    made.stock("Тонер", "w1", 5, 3)
    made.stock("Бумага", "w2", 7, 7)
    return made


@contextmanager
def comparison_kept(folder: Path) -> Iterator[tuple[Store, Reconciliation]]:
    """The state of a pair of which one comparison was kept, and its settings file, both in ``folder``."""
    (folder / "uchet.toml").write_text(SETTINGS, "utf-8")
    look = build().look()
    found = compare(look)
    with Store.open(folder / "uchet.db") as store:
        run = store.start_run("reconcile", PAIR)
        made = Reconciliation(
            run.id, None, look.snapshot.taken, {}, look.snapshot.sources, found.differences, found.compared,
            fingerprint="fedcba",
        )  # fmt: skip
        store.put_reconciliation(PAIR, made, stored_form(look.snapshot))
        people = look.snapshot.listings["person", "book"].records
        for id, record in people.items():
            store.put_link(PAIR, Link("person", id, id, seen=Seen({"name": record.values["name"]})), by="t")
        yield store, made
