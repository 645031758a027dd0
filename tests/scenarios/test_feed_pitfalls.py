"""The pitfalls of movements, each as a script over the two hostile sides and the plan it must give (``feed/*.txt``).

After a wanted change: ``UCHET_GOLDEN=update``, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from shop import ANNA, CELLAR, PAIR, SHELF, Firm

from uchet.i18n.issues import describe
from uchet.sync.types import Operation, Plan, Ref

GOLDEN = Path(__file__).parent / "feed"
UPDATE = os.environ.get("UCHET_GOLDEN") == "update"
TONER, PAPER = f"toner-{SHELF}", f"paper-{SHELF}"


def two_moves_in_one_day(firm: Firm) -> None:
    """An issue, a transfer and an issue of one item on one day: three drafts, in the order of what happened."""
    firm.record("issue", TONER, Decimal(2))
    firm.record("transfer", TONER, Decimal(3), to_supply=f"toner-{CELLAR}")
    firm.record("issue", TONER, Decimal(1))


def return_without_issue(firm: Firm) -> None:
    """Something came back that was never issued: a question."""
    firm.record("return", TONER, Decimal(1))


def taken_back_before_it_crossed(firm: Firm) -> None:
    """An issue and its return, neither in the books: no document."""
    id = firm.record("issue", TONER, Decimal(2))
    firm.record("return", TONER, Decimal(2), reverses=id)


def unit_changed(firm: Firm) -> None:
    """A card counted in packs when the movement was recorded counts in pieces now."""
    firm.record("issue", PAPER, Decimal(2))
    firm.desk.rows["supply"][PAPER] |= {"unit": "шт", "factor": None}


def pack_would_be_broken(firm: Firm) -> None:
    """Half a pack of five is no whole number of sheets, a thousandth of a sheet no exact part of a pack: questions."""
    firm.record("issue", PAPER, Decimal("0.5"))
    firm.receive("paper", SHELF, Decimal("0.001"))


def negative_stock(firm: Firm) -> None:
    """More is issued than the books have: that event waits, and so do the later ones of its item; others go on."""
    firm.record("issue", TONER, Decimal(30))
    firm.record("issue", TONER, Decimal(11))
    firm.record("issue", TONER, Decimal(1))
    firm.record("issue", PAPER, Decimal(1))


def late_event(firm: Firm) -> None:
    """The period of the event is closed: the first open day, and the comment says when it was."""
    firm.book.until = date(2026, 2, 7)
    firm.record("issue", TONER, Decimal(1), date(2026, 2, 5), person=ANNA)


def closed_between_read_and_write(firm: Firm) -> None:
    """The accountant closes the day while the run is on: 1C refuses; the next night takes the first open day."""
    firm.record("issue", TONER, Decimal(1), date(2026, 2, 5))
    known = firm.book.closed_until
    firm.book.closed_until = lambda organization: None  # type: ignore[method-assign]
    firm.book.until = date(2026, 2, 7)
    run = firm.night()
    assert (run.drafts, run.failed) == (0, 1)
    firm.book.closed_until = known  # type: ignore[method-assign]


def found_in_the_books(firm: Firm) -> None:
    """A receipt recorded on the desk and posted by the accountant is one receipt; one posted alone crosses."""
    firm.record("receipt", TONER, Decimal(7))
    firm.receive("toner", SHELF, Decimal(7))
    firm.receive("toner", CELLAR, Decimal(5))


def over_delivery(firm: Firm) -> None:
    """More was posted than the desk recorded: not the same receipt, so both stand and the difference is told."""
    firm.record("receipt", TONER, Decimal(7))
    firm.receive("toner", SHELF, Decimal(9))


def posted_otherwise(firm: Firm) -> None:
    """The accountant posted another quantity: the rest crosses back as a correction."""
    firm.record("issue", TONER, Decimal(3))
    firm.night()
    (id,) = firm.ours()
    doc = firm.touch(id)
    doc.posted, doc.data["rows"] = True, [{**doc.data["rows"][0], "quantity": Decimal(2)}]


def receipt_edited_and_taken_back(firm: Firm) -> None:
    """A receipt that crossed is edited, another is no longer posted: one correction each."""
    one, two = firm.receive("toner", SHELF, Decimal(7)), firm.receive("paper", SHELF, Decimal(10))
    firm.night()
    firm.touch(one).data["rows"] = [{"item": "toner", "quantity": Decimal(4)}]
    firm.touch(two).posted = False


def before_the_beginning(firm: Firm) -> None:
    """Recorded now, dated before the exchange began: a question."""
    firm.record("issue", TONER, Decimal(1), date(2026, 1, 20))


SCRIPTS: tuple[Callable[[Firm], None], ...] = (
    two_moves_in_one_day,
    return_without_issue,
    taken_back_before_it_crossed,
    unit_changed,
    pack_would_be_broken,
    negative_stock,
    late_event,
    closed_between_read_and_write,
    found_in_the_books,
    over_delivery,
    posted_otherwise,
    receipt_edited_and_taken_back,
    before_the_beginning,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.__name__))
def test_the_plan_is_the_one_wanted(script: Callable[[Firm], None]) -> None:
    firm = Firm()
    script(firm)
    plan, verdict = firm.engine().plan()
    assert not verdict.stopped
    told = "\n".join([*shown(firm, plan), ""])
    path = GOLDEN / f"{script.__name__}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8"), "another plan; if it is right: UCHET_GOLDEN=update"
    firm.now += timedelta(hours=1)
    assert firm.engine().plan()[0].id == plan.id, "planning changes nothing"


def shown(firm: Firm, plan: Plan) -> list[str]:
    """Operations and questions as a person reads them: drafts by their day, ids left out."""
    drafts = sorted((op for op in plan.operations if op.action == "draft"), key=lambda op: str(op.header["date"]))
    lines = [line for op in drafts for line in draft(op)]
    for op in plan.operations:
        if op.action == "create":
            values = ", ".join(f"{c.name}={plain(c.after)}" for c in op.changes if c.name != "document")
            lines.append(f"desk + {values}")
        elif op.action in ("mark", "close"):
            lines.append(f"{op.action} {(op.book or '').partition('@')[0]} {op.rule} {op.label}".rstrip())
    for issue in plan.issues:
        lines.append(f"? {issue.code}: {describe(issue.code, issue.params, 'en')}")
    return lines


def draft(op: Operation) -> list[str]:
    head = ", ".join(f"{k}={plain(v)}" for k, v in sorted(op.header.items()) if v is not None)
    rows = ["  " + ", ".join(f"{c.name}={plain(c.after)}" for c in m.changes if c.name in ("item", "quantity"))
            + f" ({m.label})" for m in op.members]  # fmt: skip
    return [f"draft {op.document}: {head}", *rows]


def plain(value: object) -> str:
    return value.id if isinstance(value, Ref) else f"{value:f}" if isinstance(value, Decimal) else str(value)


def test_a_refused_draft_is_written_anew_only_on_a_persons_word() -> None:
    firm = Firm()
    firm.record("issue", TONER, Decimal(3))
    firm.night()
    (first,) = firm.ours()
    firm.touch(first).marked = True
    for _ in range(2):
        firm.night()
        assert firm.ours() == [first], "what a person deleted is not made again"
    (row,) = [r for r in firm.store.issues(PAIR) if r.issue.code == "feed_refused"]
    firm.store.decide(row.id, "take-desk", by="person")
    firm.night()
    assert len(firm.ours()) == 2
    firm.night()
    assert len(firm.ours()) == 2


def test_a_draft_that_lands_late_finds_its_events_still_its_own() -> None:
    firm = Firm()
    firm.record("issue", TONER, Decimal(3))
    firm.book.trouble = ["lost-late"]
    firm.night()
    firm.record("issue", TONER, Decimal(1))
    firm.night()
    firm.book.land()
    firm.night()
    assert sorted(doc.tickets for doc in firm.book.docs.values()) == [("T1",), ("T2",)]
