"""Labels to print and stick on: a QR code that a barcode reader types, the number and the name in plain letters.

A reader in keyboard mode types keys, so a code holds Latin letters and digits alone: the inventory number where it is
made of them and means this thing only, else the id that the records have. Both are understood when they are typed under
a Russian layout too (``sync.counts.identify``).
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno

from ...errors import Reject
from ...mappings.model import Ref
from ...sync.counts.identify import Index
from ...sync.counts.looking import asked_in
from ...sync.feed_facts import spot_of
from ...sync.reconcile.look import Look
from ...sync.reconcile.scope import Asked, resolve
from ...sync.reconcile.stock import arriving_account
from ...sync.reconcile.types import ReconcileRules
from ...sync.store import Store
from ..tables import save_text
from .making import chosen, named

__all__ = ["Label", "label_page", "labels_of", "write_labels"]

#: Three columns of eight on A4: 70 × 37 mm, the commonest sheet of self-adhesive labels.
_STYLE = """
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; font: 9pt/1.15 "PT Sans", "DejaVu Sans", Arial, sans-serif }
main { display: grid; grid-template-columns: repeat(3, 70mm); grid-auto-rows: 37mm }
article { display: flex; gap: 2mm; align-items: center; padding: 3mm; overflow: hidden; break-inside: avoid }
article:nth-child(24n) { break-after: page }
svg { width: 28mm; height: 28mm; flex: none }
b { display: block; font-size: 11pt; overflow-wrap: anywhere }
small { display: block; color: #444 }
"""


@dataclass(frozen=True, slots=True)
class Label:
    """``target``: what it stands for, as scans call it; ``code``: what a reader types; the rest is read by people."""

    target: str
    code: str
    number: str
    title: str
    owner: str


def labels_of(look: Look) -> Iterator[Label]:
    """A label for each thing in service inside the scope, then one for each item of stock at its warehouse."""
    index, snapshot = Index(look), look.snapshot
    seen: set[str] = set()
    for side in ("book", "desk"):
        listing = snapshot.listing("equipment", side)
        for id, record in sorted(listing.records.items()) if listing else ():
            if record.retired or not look.scope.inside(snapshot, record):
                continue
            found = [target for target in index.means(id) if target.partition(":")[0] in ("thing", "desk")]
            if len(found) != 1 or found[0] in seen:
                continue
            seen.add(found[0])
            values = record.values
            twin = snapshot.values(look.index.on("desk", record.ref)) if side == "book" else {}
            number = str(values.get("inventory_number") or twin.get("inventory_number") or "")
            title = str(values.get("name") or values.get("model") or "")
            owner = snapshot.called(values.get("organization"))
            yield Label(found[0], _code(index, found[0], number, id), number, title, owner)
    yield from _heaps(look, index)


def _code(index: Index, target: str, number: str, id: str) -> str:
    plain = number.isascii() and number.isprintable() and ";" not in number
    return number if number and plain and index.means(number) == (target,) else id


def _heaps(look: Look, index: Index) -> Iterator[Label]:
    """Stock by item and warehouse. The reader types the item; where it lies in several warehouses, ``--place`` says
    which."""
    snapshot = look.snapshot
    listing = snapshot.listing(snapshot.book_quantity, "book")
    spots = {
        spot
        for record in (listing.records.values() if listing else ())
        if (spot := spot_of(record, "item", "place"))
        and not arriving_account(record.values.get("account"))
        and look.scope.inside(snapshot, record)
    }
    for item, organization, place in sorted(spots):
        target = f"stock:{item}|{organization}|{place}"
        code = str(snapshot.values(Ref("book", "item", item)).get("code") or "")
        where = snapshot.called(Ref("book", "place", place)) if place else ""
        plain = code.isascii() and code.isprintable() and ";" not in code and target in index.means(code, where)
        title = snapshot.called(Ref("book", "item", item))
        yield Label(target, code if code and plain else item, code, title, where)


def write_labels(labels: Iterable[Label], path: Path, title: str) -> int:
    """How many were written, as a page that a browser prints; nothing in it is loaded from elsewhere. Raises ``Fatal``
    where the file cannot be written."""
    made = [_article(one) for one in labels]
    page = (
        '<!DOCTYPE html>\n<html lang="ru"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>\n"
    )
    save_text(path, page + "\n".join(made) + "\n</main></body></html>\n")
    return len(made)


def _article(one: Label) -> str:
    drawn = segno.make_qr(one.code, error="m").svg_inline(omitsize=True, border=2)
    told = (
        f"<b>{html.escape(one.number or one.code)}</b>{html.escape(one.title)}<small>{html.escape(one.owner)}</small>"
    )
    return f'<article data-code="{html.escape(one.code)}">{drawn}<div>{told}</div></article>'


def label_page(
    store: Store, pair: str, run: str | None, asked: Asked, path: Path, *, session: int | None = None
) -> tuple[str, int]:
    """Labels of what the last comparison, ``run`` or a session has inside the scope: the run, and how many. Raises
    ``Reject`` where there is nothing to label, ``Fatal`` for a file that cannot be written."""
    begun = store.count(pair, session) if session is not None else None
    made = chosen(store, pair, begun.run if begun else run)
    snapshot = named(store, pair, made.run)
    told: dict[str, Any] = {name: tuple(words) for name, words in made.scope.items()}
    about = asked if asked.told() else asked_in(begun) if begun else Asked(**told)
    look = Look(snapshot, resolve(about, snapshot), ReconcileRules(), made.day or made.taken.date())
    found = list(labels_of(look))
    if not found:
        raise Reject(
            "labels_empty",
            "Run {run} has nothing to label inside this scope.",
            hint="Ask for another scope, or compare again: uchet reconcile.",
            run=made.run,
        )
    return made.run, write_labels(found, path, f"Этикетки, {made.run}")
