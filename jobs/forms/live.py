"""Forms that are made of what both sides have now: М-4 of a receipt, М-17 of stock, ОС-4 of what is written off, the
repair act and ОС-3 of repairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from ...errors import Reject
from ..reports.making import digest_of
from ..standpoint import Progress
from ..wiring import Wired
from .catalog import taking
from .filling import Filling, read_filling
from .making import Wanted, overlaid, sources_told
from .receipt import receipt_order
from .repairs import accepted_back, repair_acts
from .sides import Made, Sides
from .stock_card import stock_cards
from .types import Paper, Stamp
from .written_off import write_off_acts

__all__ = ["LIVE", "MADE_OF", "make_live"]

#: What a form can be asked for with → source of a form → what makes it.
MADE_OF: Mapping[str, Mapping[str, Callable[[Sides], Made]]] = {
    "document": {"receipt": receipt_order, "written_off": write_off_acts},
    "movements": {"stock_card": stock_cards},
    "write-off": {"written_off": write_off_acts},
    "repairs": {"repairs": repair_acts, "upgraded": accepted_back},
}
#: Source of a form → the options that fill it.
LIVE: Mapping[str, tuple[str, ...]] = {
    source: tuple(option for option, makers in MADE_OF.items() if source in makers)
    for source in dict.fromkeys(source for makers in MADE_OF.values() for source in makers)
}


def make_live(parts: Wired, now: datetime, wanted: Wanted, progress: Progress = lambda step: None) -> Paper:
    """The form of what ``wanted.made_of`` names. ``now``: UTC. Raises ``Reject`` for a form that is not made of it, and
    what its maker raises; ``Fatal`` for a file that cannot be understood."""
    form, makers = wanted.form, MADE_OF[wanted.made_of]
    if form.source not in makers:
        raise Reject(
            "form_other_source",
            "{form} is not filled with --{option}.",
            hint="Leave it out. These forms take it: {known}.",
            form=form.name,
            option=wanted.made_of,
            known=taking(makers),
        )
    filling = read_filling(wanted.fill, form) if wanted.fill else Filling()
    made = makers[form.source](Sides(parts, now, progress, wanted))
    found = [overlaid(sheet, filling, replace(wanted, desk=False)) for sheet in made.sheets]
    last = next(iter(parts.store.runs(parts.pair.name, 1)), None)
    digest = digest_of({f"{n} {name}": rows for n, one in enumerate(found) for name, rows in one.rows.items()})
    told = tuple(sources_told(made.sources))
    return Paper(form, tuple(found), Stamp(last.id if last else "—", now, made.day, digest, told), made.posted)
