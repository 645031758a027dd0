"""Write a plan down, one operation at a time: intent committed → write → answer read back → receipt, link and seen
committed together. A crash anywhere leaves an intent that ``recover`` settles by asking the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..connectors.base import Raw, Receipt
from ..errors import Blocked, Fatal, Reject, Retry, Stale, UchetError, Unknown
from ..mappings.model import Ref, Side
from .evidence import certain
from .pair import LinkIndex, book_now
from .refusals import refusal
from .store import Store
from .targets import Deferred, Targets
from .types import Draft, Issue, Link, Operation, Plan, Seen
from .watch import content_of, next_state, said_beside
from .world import WAITING

__all__ = ["Applied", "Applier"]

#: Kind, book id, desk id.
_Twins = tuple[str, str | None, str | None]


@dataclass(slots=True)
class Applied:
    """What became of the operations of one plan."""

    written: int = 0
    drafts: int = 0
    skipped: int = 0
    failed: int = 0
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Applier:
    """Applies plans of one pair inside one run. ``zone`` and ``clock`` give the book's wall clock for drafts."""

    store: Store
    targets: Targets
    run: str
    clock: Callable[[], datetime]
    progress: Callable[[int, int], None] = lambda done, total: None
    result: Applied = field(default_factory=Applied)

    def apply(self, plan: Plan, zone: object) -> Applied:
        """All operations of ``plan`` in order. Raises ``Fatal`` only; everything else is counted and asked."""
        operations = self._standing(plan)
        local = [op for op in operations if op.action in ("link", "agree")]
        self._local(local)
        marks = [op for op in operations if op.action == "mark"]
        self.store.settle_local(self.targets.pair.name, self.run, [(op, None) for op in marks])
        remote = [op for op in operations if op.remote]
        for n, op in enumerate(remote):
            self._one(op, zone)
            self.progress(n + 1, len(remote))
        self._close([op for op in operations if op.action == "close"])
        return self.result

    def _standing(self, plan: Plan) -> list[Operation]:
        """The operations of ``plan`` without those that a person has overtaken since it was made, by linking or parting
        what they are about; the next plan sees to these."""
        parted, index = self.store.rejected(self.targets.pair.name), self.targets.index
        links = [op for op in plan.operations if op.action == "link" and stands(op, index, (), parted)]
        new = {(op.kind, op.book, op.desk) for op in links}  # what follows from a link goes with it
        rest = [op for op in plan.operations if op.action != "link" and stands(op, index, new, parted)]
        self.result.skipped += len(plan.operations) - len(links) - len(rest)
        return [*links, *rest]

    # -- local ------------------------------------------------------------------------------------------------------

    def _local(self, operations: Iterable[Operation]) -> None:
        items: list[tuple[Operation, Link | None]] = []
        for op in operations:
            link = self._merged(op, dict(op.seen.book), dict(op.seen.desk), op.seen.retired)
            items.append((op, link))
            self.targets.index.add(link)
        if items:
            self.store.settle_local(self.targets.pair.name, self.run, items)

    def _merged(self, op: Operation, book: dict[str, object], desk: dict[str, object], retired: bool = False) -> Link:
        """The link of ``op`` with what was seen brought up to date."""
        old = self.store.find_link(self.targets.pair.name, op.kind, "book", op.book or "")
        if old is None or old.desk != op.desk:
            return Link(op.kind, op.book or "", op.desk or "", op.rule, op.score, seen=Seen(book, desk, retired))  # type: ignore[arg-type]
        seen = Seen({**old.seen.book, **book}, {**old.seen.desk, **desk}, retired)  # type: ignore[dict-item]
        return replace(old, seen=seen)

    def _close(self, operations: Sequence[Operation]) -> None:
        """Drafts whose fate is settled. What waits is read once: a night closes many of them."""
        closed = {op.document: op.rule for op in reversed(operations)}
        for draft in self.store.drafts(self.targets.pair.name, WAITING) if closed else ():
            if draft.id in closed:
                done = replace(draft, state=closed[draft.id])  # type: ignore[arg-type]  # a close says a state
                self.store.put_draft(self.targets.pair.name, done, run=self.run)

    # -- remote -----------------------------------------------------------------------------------------------------

    def _one(self, op: Operation, zone: object) -> None:
        pair = self.targets.pair.name
        intended = False
        try:
            connector = self.targets.pair.connector(op.side)
            current = self._current(op)
            write = self.targets.write(op, current, book_now(self.clock(), zone))  # type: ignore[arg-type]
            self.store.intend(pair, self.run, op, op.key)
            intended = True
            receipt = connector.write(write)
        except Deferred as error:
            self._settle(op, "deferred", str(error), skipped=True)
        except Stale as error:
            self._settle(op, "stale", error.text("en"), skipped=True)
        except Unknown as error:
            # The intent stays open: the next recover asks the other side before anything else.
            self._count(failed=True)
            self.result.issues.append(_failure(op, error))
            if not intended:
                self._settle(op, "failed", error.text("en"))
        except Reject as error:
            self._rejected(op, error)
        except (Retry, Blocked) as error:
            self._settle(op, "failed", f"{error.code}: {error.text('en')}")
            self._count(failed=True)
            self.result.issues.append(_failure(op, error))
        except Fatal as error:
            if intended:
                self._settle(op, "failed", f"{error.code}: {error.text('en')}")
            raise
        else:
            self.done(op, receipt, current)

    def _rejected(self, op: Operation, error: Reject) -> None:
        """The other side refuses the record; a create that it stored all the same, only changed, is ours to keep."""
        stored = None
        if op.action in ("create", "draft") and error.code == "value_changed_by_server":
            stored = self.targets.pair.connector(op.side).find(self.targets.collection(op), op.key)
        if stored is not None:
            self.done(op, Receipt(stored, created=True), None)
            self.result.issues.append(_failure(op, error))
            return
        self._refuse(op, error)

    def _refuse(self, op: Operation, error: Reject, run: str = "") -> None:
        why = f"{error.text('en')}\n{error.text('ru')}"
        self.store.settle(self.targets.pair.name, run or self.run, op, state="rejected", error=why)
        self._count(failed=True)
        self.result.issues.append(refusal(op, why))

    def _current(self, op: Operation) -> Raw | None:
        """The target now; ``Stale`` if it is not what the plan saw. ``None`` where nobody need look: a create, and a
        record that the other side itself refuses to change once its version is another than the plan's."""
        sure = self.targets.pair.connector(op.side).capabilities.conditional_write and op.expected is not None
        if op.action in ("create", "draft") or sure:
            return None
        collection, id = self.targets.collection(op), self.targets.target_id(op) or ""
        raw = self.targets.pair.connector(op.side).get(collection, id)
        if raw is None:
            raise Stale("target_gone", "{kind} {id} is no longer there.", kind=op.kind, id=id)
        if op.expected is not None and raw.version is not None and raw.version != op.expected:
            raise Stale("target_changed", "{kind} {id} changed since the plan.", kind=op.kind, id=id)
        if not self.targets.holds(op, self.targets.decode(op.side, op.kind, raw), after=False):
            raise Stale("target_changed", "{kind} {id} changed since the plan.", kind=op.kind, id=id)
        return raw

    def done(self, op: Operation, receipt: Receipt, current: Raw | None, run: str = "") -> None:
        """Receipt, link, seen and draft of a finished write, in one transaction. ``run``: the one that began it, where
        it is not this one. A record found by its key that is another record's twin by now is a question."""
        try:
            self._record(op, receipt, current, run or self.run)
        except Reject as error:
            self._refuse(op, error, run)

    def _record(self, op: Operation, receipt: Receipt, current: Raw | None, run: str) -> None:
        raw = receipt.raw
        if op.action == "create" and not receipt.created:
            self._told_apart(op, raw)
            # A record that is never edited is what crossed, be it another quantity than is wanted now.
            op = op if self.targets.kind(op.kind).final else certain(self.targets, op, raw)
        before = current.version if current else op.expected
        link, draft = None, None
        if op.action == "draft":
            draft = self.draft_of(op, raw)
            self.result.drafts += 1
        elif op.action == "create" or self._linked(op):
            link = self.link_of(op, raw)
        self.store.settle(
            self.targets.pair.name,
            run,
            op,
            state="done",
            ref=raw.id,
            before_version=before,
            version=raw.version,
            link=link,
            draft=draft,
        )
        if link is not None:
            self.targets.index.add(link)
        self._count(written=True)

    def _linked(self, op: Operation) -> bool:
        """Whether the two still are twins: a record may live on one side alone, and a person may have unlinked the two,
        or told them apart, while the answer was lost."""
        link = self.store.find_link(self.targets.pair.name, op.kind, "book", op.book or "")
        return link is not None and link.desk == op.desk

    def _told_apart(self, op: Operation, raw: Raw) -> None:
        """A person may have said, while the answer was lost, that the record we made is not this one's twin."""
        pair = (op.kind, op.book or raw.id, op.desk or raw.id)
        if pair in self.store.rejected(self.targets.pair.name):
            raise Reject("told_apart", "{label}: the record found by its key was told apart from it.", label=op.label)

    def link_of(self, op: Operation, raw: Raw) -> Link:
        """The link after ``op`` left its target as ``raw`` shows it."""
        book_id = op.book if op.book is not None else raw.id
        desk_id = op.desk if op.desk is not None else raw.id
        whole = replace(op, book=book_id, desk=desk_id, rule=op.rule or ("created" if op.action == "create" else ""))
        if op.action == "retire":
            return self._merged(whole, {}, {}, retired=True)
        values = self.targets.decode(op.side, op.kind, raw)
        book, desk = self.targets.seen_after(op, values, op.changes)
        # What an operation knows of itself beside the fields it writes is remembered with them.
        book, desk = {**op.seen.book, **book}, {**op.seen.desk, **desk}
        return self._merged(replace(whole, score=op.score or 100), dict(book), dict(desk))

    def draft_of(self, op: Operation, raw: Raw) -> Draft:
        """The draft as it stands: one that a repeat found again may have been posted or deleted meanwhile."""
        document = self.targets.document(op)
        said = said_beside(document, op.header)
        draft = Draft(
            op.key, document.name, raw.id, raw.version, content_of(document, raw, said), "open",
            str(raw.data.get(document.header.get("number", "Number")) or ""), op.members, said,
        )  # fmt: skip
        return next_state(draft, document, raw)

    # -- bookkeeping ------------------------------------------------------------------------------------------------

    def _settle(self, op: Operation, state: str, error: str, *, skipped: bool = False) -> None:
        self.store.settle(self.targets.pair.name, self.run, op, state=state, error=error)  # type: ignore[arg-type]
        if skipped:
            self.result.skipped += 1

    def _count(self, *, written: bool = False, failed: bool = False) -> None:
        self.result.written += written
        self.result.failed += failed


def stands(op: Operation, index: LinkIndex, new: Collection[_Twins], parted: Collection[_Twins]) -> bool:
    """Whether the links are as ``op`` takes them to be. ``new``: what its plan has linked; ``parted``: told apart."""
    if op.action == "mark":  # about an event of the desk, which is no pair of records
        return True
    if any((one.kind, one.book, one.desk) in parted for one in (op, *op.members)):
        return False
    ids: list[tuple[Side, str | None]] = [("book", op.book), ("desk", op.desk)]
    twins = [index.of(Ref(side, op.kind, id)) for side, id in ids if id is not None]
    links = {(link.kind, link.book, link.desk) for link in twins if link is not None}
    if op.action == "link":
        return links <= {(op.kind, op.book, op.desk)}
    if op.action == "create":
        return not links
    return len(twins) < 2 or (op.kind, op.book, op.desk) in links or (op.kind, op.book, op.desk) in new


def _failure(op: Operation, error: UchetError) -> Issue:
    """A write that failed for a reason outside the record; it is tried again on the next run."""
    why = {"why": error.text("en"), "why_ru": error.text("ru")}
    params = {"side": op.side, "name": op.label, "code": error.code, **why}
    one = op.members[0] if len(op.members) == 1 else op
    return Issue(
        f"failed:{op.side}:{op.kind}:{one.book}:{one.desk}:{op.key}:{error.code}",
        "write_failed",
        op.kind,
        one.book,
        one.desk,
        params=params,
    )
