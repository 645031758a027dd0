"""The conductor: recover → read → plan → guard → apply → report, under one lock, for one pair."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..errors import Blocked, Reject, UchetError
from ..mappings.model import SIDES
from .apply import Applied, Applier
from .guard import check
from .orders import Order, is_order
from .pair import EngineSettings, LinkIndex, Pair
from .plan import Examined, build_orders, examine
from .purchase_run import look_aside, remember_requests
from .reconcile.types import KEY as DIFFERENCE
from .recover import recover
from .resync import Resync, compare
from .sight import Contact, Sight, forgetting, look, remember
from .store import PlanRow, Store
from .targets import Targets
from .types import Draft, Issue, Outcome, Plan, Run, Verdict, worst
from .watch import follow
from .world import WAITING

__all__ = ["Engine", "EngineSettings", "Pair"]

_LOCK = timedelta(minutes=10)


class Engine:
    """Keeps one pair in step. ``clock`` gives aware UTC times and ``sleep`` waits seconds (both injected for tests);
    ``progress(step, done, total)`` is told how far a long step is (``total`` 0 where it is not known)."""

    def __init__(
        self,
        pair: Pair,
        store: Store,
        settings: EngineSettings | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        progress: Callable[[str, int, int], None] = lambda step, done, total: None,
    ) -> None:
        self.settings = settings or EngineSettings()
        kinds = tuple(self.settings.apply_to(k) for k in pair.kinds if k.name in self.settings.kinds)
        self.pair = replace(pair, kinds=kinds)
        self.store = store
        self.clock = clock
        self.sleep = sleep
        self._progress = progress
        self._renew: Callable[[], None] = lambda: None

    # -- what a caller asks for -------------------------------------------------------------------------------------

    def run(self, job: str = "nightly") -> Run:
        """One unattended run. Raises ``Fatal`` when a side cannot be reached or entered, ``Blocked`` while another run
        of the pair holds the lock; everything else is in the run's outcome and the open questions."""
        with self.running(job) as run:
            applier, sight = self._look(run, part=True)
            plan, verdict, found = self._plan(sight, run)
            if not verdict.stopped:
                done = self._apply(run, applier, sight, plan, found=found)
                if sight.staging is not None:
                    sight.staging.keep(found.quiet)
                return done
            self._report(run, plan)
            stopped = replace(run, plan=plan.id, outcome="blocked", notes=tuple(r[0] for r in verdict.reasons))
            return self._finish(stopped, plan)

    def plan(self, job: str = "plan") -> tuple[Plan, Verdict]:
        """Plan and save. Neither side is written to, save that intents left open by a crash are settled first."""
        with self.running(job) as run:
            _, sight = self._look(run, part=True)
            plan, verdict, _ = self._plan(sight, run)
            self._report(run, plan)
            self._finish(replace(run, plan=plan.id, outcome="blocked" if verdict.stopped else "clean"), plan)
            return plan, verdict

    def apply(self, plan_id: str, job: str = "apply") -> Run:
        """Apply exactly the saved plan; targets that changed since are skipped and planned again next time.

        Raises ``Reject`` for an unknown or used plan, ``Blocked`` for one that waits for approval or that was made
        under another mapping.
        """
        with self.running(job) as run:
            row = self._saved(plan_id)
            applier, sight = self._look(run)
            self._same_sides(row, sight)
            accepted = self.clock().isoformat() if row.verdict.stopped else ""
            if sight.back:
                self._accept(run, sight, row.by or "uchet")
            if not row.plan.complete:  # a plan of orders: it proves nothing but itself
                return self._write_drafts(run, applier, sight, row.plan)
            return self._apply(run, applier, sight, row.plan, accepted)

    def draft(self, orders: Collection[Order], job: str = "draft") -> Run:
        """Write drafts for ``orders``, under the guard and in the journal like any plan; an order drafted before is
        left alone. What cannot be drafted becomes a question."""
        with self.running(job) as run:
            applier, sight = self._look(run)
            plan, verdict = self._checked(run, sight, build_orders(sight.world, orders))
            if not verdict.stopped:
                return self._write_drafts(run, applier, sight, plan)
            stopped = replace(run, plan=plan.id, outcome="blocked", notes=tuple(r[0] for r in verdict.reasons))
            return self._finish(stopped, plan)

    def plan_drafts(self, orders: Collection[Order], job: str = "draft") -> tuple[Plan, Verdict]:
        """Plan drafts for ``orders`` and save the plan, for a person to look at and to ``apply``; writes to neither
        side."""
        with self.running(job) as run:
            _, sight = self._look(run)
            plan, verdict = self._checked(run, sight, build_orders(sight.world, orders))
            self._report(run, plan)
            self._finish(replace(run, plan=plan.id, outcome="blocked" if verdict.stopped else "clean"), plan)
            return plan, verdict

    def resync(self) -> Resync:
        """Compare everything as on the first day and write nothing anywhere, not even what recover would settle."""
        contact = Contact.make(self.pair)
        settings = replace(self.settings, feed=None)
        return compare(look(self.pair, self.store, settings, self.clock(), contact, self.reading))

    # -- steps ------------------------------------------------------------------------------------------------------

    @contextmanager
    def running(self, job: str) -> Iterator[Run]:
        """A started run under the pair's lock; an error ends it as failed (and in the store, with its text)."""
        holder = f"{socket.gethostname()}:{os.getpid()}"
        with self.store.locked(self.pair.name, holder, _LOCK) as lock:
            self._renew = lock.renew
            run = self.store.start_run(job, self.pair.name)
            try:
                yield run
            except UchetError as error:
                outcome: Outcome = "blocked" if isinstance(error, Blocked) else "failed"
                self.store.finish_run(replace(run, finished=self.clock(), outcome=outcome, notes=(error.code,)))
                raise
            finally:
                self._renew = lambda: None
                self.store.leave_stage(self.pair.name)

    def reading(self, step: str) -> None:
        """Told before each listing: the lock is renewed, and whoever watches sees it."""
        self._renew()
        self._progress(f"read {step}", 0, 0)

    def _writing(self, done: int, total: int) -> None:
        self._renew()
        self._progress("write", done, total)

    def _look(self, run: Run, *, part: bool = False) -> tuple[Applier, Sight]:
        """Settle what was left open, see what became of our drafts, then read both sides."""
        contact = Contact.make(self.pair)
        index = LinkIndex(self.store.links(self.pair.name) if self.store.intents(self.pair.name) else ())
        targets = Targets(self.pair, index, contact.bindings, dict.fromkeys(SIDES, _unlabelled))
        applier = Applier(self.store, targets, run.id, self.clock, self._writing)
        recover(applier, self.clock, self.sleep)
        # Before the registers are read: what is posted by now must show in them. Drafts and their rows may be many, and
        # the look reads them again with all others: here only those are kept that changed.
        moved = follow(self.pair.book, self.pair.book_map, self.store.drafts(self.pair.name, WAITING))
        sight = look(self.pair, self.store, self.settings, self.clock(), contact, self.reading, moved, part=part)
        for draft in () if "book" in sight.back else moved:
            self.store.put_draft(self.pair.name, draft, run=run.id)
        targets.index = sight.world.index
        targets.labels = {side: intake.label for side, intake in sight.intakes.items()}
        applier.result = Applied()
        return applier, sight

    def _plan(self, sight: Sight, run: Run) -> tuple[Plan, Verdict, Examined]:
        """The plan, what the guard says of it, and what else planning found."""
        plan, found = examine(sight.world)
        return *self._checked(run, sight, plan, first=sight.first), found

    def _checked(self, run: Run, sight: Sight, plan: Plan, *, first: bool = False) -> tuple[Plan, Verdict]:
        """The plan and what the guard says of it, saved before anything is written."""
        verdict = check(plan, self.settings.guard, sight.facts, first=first)
        self.store.save_plan(self.pair.name, plan, verdict, run.id)
        return plan, verdict

    def _write_drafts(self, run: Run, applier: Applier, sight: Sight, plan: Plan) -> Run:
        """Carry out a plan of drafts for orders: only about its own events does it ask or take questions back. A draft
        with an event that got another one since is left out."""
        there = {member.rule for draft in sight.world.drafts for member in draft.members}
        fresh = tuple(op for op in plan.operations if not there & {member.rule for member in op.members})
        result = applier.apply(replace(plan, operations=fresh), self.settings.zone)
        result.skipped += len(plan.operations) - len(fresh)
        self.store.mark_plan(plan.id, "applied")
        self._report(run, plan, result.issues)
        partial = result.failed or result.skipped
        outcome = worst("changed" if result.written else "clean", "partial" if partial else "clean")
        return self._finish(replace(run, plan=plan.id, outcome=outcome), plan, result)

    def _saved(self, plan_id: str) -> PlanRow:
        row = self.store.plan(plan_id)
        if row is None:
            raise Reject(
                "no_plan", "There is no plan {id}.", hint="See the saved plans with «uchet status».", id=plan_id
            )
        if row.state in ("applied", "superseded"):
            raise Reject(
                "plan_used", "Plan {id} was already used.", hint="Make a new one with «uchet plan».", id=row.plan.id
            )
        if row.verdict.stopped and row.state != "approved":
            hint = "Read it with «uchet plan» and, if it is right, run «uchet approve {id}»."
            raise Blocked("needs_approval", "Plan {id} was stopped and waits for approval.", hint=hint, id=row.plan.id)
        if row.plan.fingerprint != self.pair.fingerprint:
            hint = "Make a new plan with «uchet plan»."
            raise Blocked("plan_outdated", "The mapping changed since plan {id} was made.", hint=hint, id=row.plan.id)
        return row

    def _same_sides(self, row: PlanRow, sight: Sight) -> None:
        """A side that was exchanged after the plan was made (and approved) is another matter than the one looked at."""
        known = {(code, params.get("side")) for code, _, params in row.verdict.reasons}
        for code, template, params in check(row.plan, self.settings.guard, sight.facts, first=False).reasons:
            if code in ("went_back", "identity_changed") and (code, params.get("side")) not in known:
                raise Blocked(code, template, hint="Make a new plan with «uchet plan».", **params)

    def _accept(self, run: Run, sight: Sight, by: str) -> None:
        """A person took a side as it is now: records and drafts that went with its past are let go, to be made anew.
        No value is known to be agreed on any more: else what the side forgot would look like its latest word."""
        for link in sight.lost:
            self.store.drop_link(self.pair.name, link.kind, link.book, link.desk, by=by)
        forget = [forgetting(link) for link in sight.world.links]
        self.store.settle_local(self.pair.name, run.id, forget)
        if "book" in sight.back:
            for draft in follow(self.pair.book, self.pair.book_map, self._own_drafts()):
                missing = draft.state == "refused" and draft.version is None
                self.store.put_draft(self.pair.name, replace(draft, state="gone") if missing else draft, run=run.id)
                if missing:
                    self.store.release_events(self.pair.name, draft.id, by=by)

    def _own_drafts(self) -> list[Draft]:
        """Drafts that still wait, and those for events whatever became of them: a base may have lost posted ones."""
        every = self.store.drafts(self.pair.name, (*WAITING, "agreed"))
        return [d for d in every if d.state in WAITING or (d.members and is_order(d.members[0]))]

    def _apply(
        self,
        run: Run,
        applier: Applier,
        sight: Sight,
        plan: Plan,
        accepted: str = "",
        *,
        found: Examined | None = None,
    ) -> Run:
        """Carry out ``plan``. ``found``: what else a run of its own planned, to be carried out after it."""
        result = applier.apply(plan, self.settings.zone)
        self.store.mark_plan(plan.id, "applied")
        remember(self.store, self.pair, sight, plan, accepted)
        self._report(run, self._further(run, applier, plan, found) if found else plan, result.issues)
        more: Outcome = self._aside(run, applier, sight) if found else "clean"
        unread = any(issue.code == "source_failed" for issue in plan.issues) or not all(plan.complete.values())
        partial = result.failed or result.skipped or unread
        outcome = worst("changed" if result.written else "clean", "partial" if partial else "clean", more)
        return self._finish(replace(run, plan=plan.id, outcome=outcome), plan, result)

    def _further(self, run: Run, applier: Applier, plan: Plan, found: Examined) -> Plan:
        """Save and write the parts that follow ``plan``; the guard has counted them with it. The plan as it stands for
        all of them: with their questions."""
        asked = list(plan.issues)
        for part in found.parts:
            self._renew()
            self.store.save_plan(self.pair.name, part, Verdict(), run.id)
            applier.apply(part, self.settings.zone)
            self.store.mark_plan(part.id, "applied")
            asked += part.issues
        return replace(plan, issues=tuple(asked), covers=found.covers)

    def _aside(self, run: Run, applier: Applier, sight: Sight) -> Outcome:
        """Purchase requests and licences: a plan of its own, under the same guard, in the same journal."""
        found = look_aside(self.pair, self.store, sight)
        if found is None:
            return "clean"
        plan, asked = found.plan, len(applier.result.issues)
        verdict = check(plan, self.settings.guard, sight.facts, first=False)
        if plan.operations:
            self.store.save_plan(self.pair.name, plan, verdict, run.id)
        if not verdict.stopped:
            if plan.operations:
                applier.apply(plan, self.settings.zone)
                self.store.mark_plan(plan.id, "applied")
            remember_requests(self.store, self.pair.name, run.id, found)
        self._report(run, plan, applier.result.issues[asked:])
        unread = any(issue.code == "source_failed" for issue in plan.issues) or not all(plan.complete.values())
        return worst("blocked" if verdict.stopped else "clean", "partial" if unread else "clean")

    def _report(self, run: Run, plan: Plan, more: Iterable[Issue] = ()) -> None:
        """Ask each question of ``plan`` and of its writing once; what the plan looked into and does not ask any more is
        settled. Questions of a reconciliation are its own."""
        found = {issue.key: issue for issue in (*plan.issues, *more)}
        self.store.report_issues(
            self.pair.name,
            run.id,
            list(found.values()),
            lambda row: not row.issue.key.startswith(DIFFERENCE) and plan.covers.settles(row.issue),
        )

    def _finish(self, run: Run, plan: Plan, result: Applied | None = None) -> Run:
        result = result or Applied()
        done = replace(
            run,
            finished=self.clock(),
            reads=sum(plan.read.values()),
            writes=result.written,
            drafts=result.drafts,
            skipped=result.skipped,
            failed=result.failed,
            issues=len(self.store.issues(self.pair.name)),
        )
        self.store.finish_run(done)
        return done


def _unlabelled(kind: str, id: str) -> None:
    """Before anything was read no record has a label."""
