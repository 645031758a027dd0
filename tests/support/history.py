"""Two histories of one company: the same people at work, the nights of one of them killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from company import Company
from hypothesis import settings
from hypothesis import strategies as st

__all__ = ["DEATH", "STEPS", "agreed", "night", "play", "share"]

#: Texts that both sides keep, and texts that the desk cuts and the books cut.
STEP = st.tuples(
    st.sampled_from(["add", "edit", "desk", "remove", "night", "night"]),
    st.integers(0, 5),
    st.integers(0, 99).map(lambda n: f"v{n}") | st.integers(0, 99).map(lambda n: f"long-text-{n}"),
)
STEPS = st.lists(STEP, max_size=9)
WRITES = st.lists(st.sampled_from(["", "crash-before", "crash-after"]), min_size=1, max_size=4)
#: What kills one run: writes to a side, or one of our own commits (before or after it).
DEATH = st.tuples(st.sampled_from(["book", "desk"]), WRITES, st.none() | st.integers(0, 15), st.booleans())


def agreed(**values: Any) -> tuple[Company, str, str]:
    """A company with one thing that both sides know and have agreed on."""
    company = Company()
    data = {"name": "n1", "label": "v1", "serial": "s1", **values}
    book = company.add("book", "thing", data)
    desk = company.add("desk", "thing", data)
    company.settle()
    return company, book, desk


def play(
    steps: list[tuple[str, int, str]],
    deaths: list[Any],
    bad: Callable[[Company], None] | None = None,
    mornings: list[Any] | None = None,
) -> Company:
    """The same people at work; the nights of one history are killed where ``deaths`` say, and run again. A death that
    is a list kills the night, then the run that recovers it, and so on.
    ``mornings`` gets what everything looked like after each night."""
    company = Company()
    if bad is not None:
        bad(company)
    ids: list[str] = []
    plagues = iter(deaths)
    for what, which, value in steps:
        if what == "add":
            name = f"n{len(ids)}"
            ids.append(company.add("book", "thing", {"name": name, "label": value, "serial": "s", "cost": "1.25"}))
        elif what == "night":
            night(company, next(plagues, None))
            if mornings is not None:
                mornings.append(company.canonical())
        elif ids:
            _work(company, what, ids[which % len(ids)], value)
    company.settle()
    return company


def _work(company: Company, what: str, id: str, value: str) -> None:
    if what == "desk":
        for link in company.store.links("laws", "thing"):
            if link.book == id:
                company.edit("desk", "thing", link.desk, "serial", value)
    elif id in company.book.rows["thing"]:
        if what == "remove":
            company.remove("book", "thing", id)
        else:
            company.edit("book", "thing", id, "label", value)


def night(company: Company, death: Any) -> None:
    """One night, killed by ``death`` (or by one after another), and run again until it went through."""
    plagues = iter(death if isinstance(death, list) else [death])
    while True:
        plague = next(plagues, None)
        if plague is not None:
            side, writes, company.store.fuse, company.store.late = plague
            company.side(side).trouble.writes = list(writes)
        killed = company.crash()
        if not killed:
            break
    company.quiet()


def share(part: int) -> int:
    """Histories for a law that is slow: all of the nightly profile, else one of ``part``."""
    whole = settings.default.max_examples
    return whole if whole >= 10_000 else max(10, whole // part)
