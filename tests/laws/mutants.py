"""Faults that the laws must find: each is one place of the real engine replaced, and the tests that it must turn red.

The first thirteen are those every engine of this kind is known to get wrong; the others break a law that none of them
breaks. ``test_mutants.py`` plants them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["BY_NAME", "CLASSIC", "LAWS", "MUTANTS", "Mutant"]

#: The laws of this engine: 32–34 come with feeds, 36 with undo. 38 is our own.
LAWS = (*range(1, 32), 35, 37, 38)


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old`` stands exactly once in ``module`` and is replaced by ``new``. ``killers``: law → the test that must fail
    (``FILE::TEST`` under tests/laws, without ``test_`` and ``.py``)."""

    name: str
    module: str
    old: str
    new: str
    killers: Mapping[int, str]

    @property
    def laws(self) -> tuple[int, ...]:
        return tuple(self.killers)


def _m(name: str, module: str, old: str, new: str, **killers: str) -> Mutant:
    laws = {int(law.removeprefix("law_")): test for law, test in killers.items()}
    return Mutant(name, f"uchet.{module}", old, new, MappingProxyType(laws))


CLASSIC = (
    _m(
        "no read-back",
        "sync.targets",
        "target[change.name] = values[change.name]",
        "target[change.name] = change.after",
        law_2="fixed::law_2_a_value_that_the_other_side_changes_is_written_once",
        law_13="fixed::law_13_our_own_write_never_comes_back",
    ),
    _m(
        "two-way diff",
        "sync.diff",
        'book, desk = self._changed("book") and self._says("book"), self._changed("desk") and self._says("desk")',
        'book, desk = self._says("book"), False',
        law_4="fixed::law_4_an_edit_of_a_desk_owned_field_is_not_lost_to_an_old_value",
        law_1="fixed::law_1_an_edit_crosses_and_all_is_quiet",
    ),
    _m(
        "silent last writer wins",
        "sync.diff",
        'return self._question("conflict" if owner == "either" else "book_edited_desk_field")',
        'return self._write("desk")',
        law_4="fixed::law_4_an_edit_that_meets_another_one_stays_in_its_place",
        law_5="examples::law_5_conflict_exactly_when",
    ),
    _m(
        "delete beats edit",
        "sync.pairing",
        "if not decided and self._edited(target, twin):",
        "if not decided and self._edited(target, twin) and False:",
        law_4="examples::law_4_a_deletion_never_destroys_an_edit",
    ),
    _m(
        "a truncated read is trusted",
        "sync.world",
        "return listing is not None and listing.complete and id not in listing.records and id not in listing.bad",
        "return listing is not None and id not in listing.records and id not in listing.bad",
        law_11="examples::law_11_absence_needs_completeness",
    ),
    _m(
        "no guard",
        "sync.guard",
        "return Verdict(tuple(reasons))",
        "return Verdict()",
        law_10="examples::law_10_the_guard_counts_retirements_on_the_other_side",
    ),
    _m(
        "no intent",
        "sync.apply",
        "self.store.intend(pair, self.run, op, op.key)",
        "pass",
        law_7="fixed::law_7_our_own_write_before_a_crash_is_not_taken_for_an_edit",
        law_35="audit::law_35_a_write_whose_answer_was_lost_has_its_receipt",
    ),
    _m(
        "no marker",
        "sync.targets",
        "return Write(mapped.main.collection, None, values, key=op.key, marker=op.key)",
        "return Write(mapped.main.collection, None, values)",
        law_6="fixed::law_6_a_create_whose_answer_was_lost_is_not_repeated",
    ),
    _m(
        "the base moves though the write failed",
        "sync.apply",
        """        except (Retry, Blocked) as error:
""",
        """        except (Retry, Blocked) as error:
            planned = {c.name: c.after for c in op.changes}
            if op.action == "update":
                self._local([replace(op, seen=Seen(planned, planned))])
""",
        law_1="examples::law_1_a_write_that_failed_is_made_the_next_night",
        law_30="order::law_30_a_write_that_failed_is_not_passed_over",
    ),
    _m(
        "stop on the first error",
        "sync.apply",
        """            self._one(op, zone)
""",
        """            self._one(op, zone)
            if self.result.failed:
                break
""",
        law_8="fixed::law_8_one_failure_stops_nobody_else",
    ),
    _m(
        "whole records are written",
        "sync.targets",
        "changes = {c.name: c.after for c in op.changes}",
        """held = self.decode(op.side, op.kind, current) if current else {}
        changes = {**held, **{c.name: c.after for c in op.changes}}""",
        law_16="fixed::law_16_an_update_carries_the_changed_field_alone",
    ),
    _m(
        "stale targets are written over",
        "sync.apply",
        """        if op.expected is not None and raw.version is not None and raw.version != op.expected:
            raise Stale("target_changed", "{kind} {id} changed since the plan.", kind=op.kind, id=id)
        if not self.targets.holds(op, self.targets.decode(op.side, op.kind, raw), after=False):
            raise Stale("target_changed", "{kind} {id} changed since the plan.", kind=op.kind, id=id)
        return raw""",
        "        return raw",
        law_9="fixed::law_9_a_target_edited_since_the_plan_is_skipped_on_either_side",
    ),
    _m(
        "the base is what the source says now",
        "sync.targets",
        "source[change.name] = self._own(other(op.side), change.after)",
        """there = other(op.side)
                now = self.pair.connector(there).get(
                    self.mapped(there, op.kind).main.collection, (op.book if there == "book" else op.desk) or ""
                )
                source[change.name] = self.decode(there, op.kind, now).get(change.name)""",
        law_14="examples::law_14_edit_plan_edit_back_apply_converges",
    ),
)

OWN = (
    _m(
        "an old agreement is written instead of the twin's value",
        "sync.pairing",
        "FieldChange(f.name, f.desk, f.book, f.note)",
        "FieldChange(f.name, f.desk, self.link.seen.book.get(f.name), f.note)",
        law_3="fixed::law_3_what_is_written_is_what_the_twin_says",
    ),
    _m(
        "planning links",
        "sync.engine",
        """            _, sight = self._look(run, part=True)
            plan, verdict, _ = self._plan(sight, run)
""",
        """            applier, sight = self._look(run, part=True)
            plan, verdict, _ = self._plan(sight, run)
            applier._local(op for op in plan.operations if op.action == "link")
""",
        law_12="fixed::law_12_and_15_planning_twice_gives_one_plan_and_changes_nothing",
    ),
    _m(
        "operations in no certain order",
        "sync.plan",
        "operations = tuple(sorted(self.operations, key=self._rank))",
        "operations = tuple(sorted(self.operations, key=id))",
        law_15="fixed::law_12_and_15_planning_twice_gives_one_plan_and_changes_nothing",
    ),
    _m(
        "on the first day the desk is not believed",
        "sync.diff",
        """            case "desk":
                return self._write("book")
""",
        """            case "desk":
                return self._question("first_difference")
""",
        law_17="examples::law_17_swapping_sides_and_owners_mirrors_the_outcome",
    ),
    _m(
        "without memory the books win",
        "sync.diff",
        'return self._question("first_difference")',
        'return self._write("desk")',
        law_18="examples::law_18_a_lost_store_retires_and_overwrites_nothing",
    ),
    _m(
        "a new mapping may retire at once",
        "sync.sight",
        "allow_retire=not back and (state is None or state.fingerprint == pair.fingerprint)",
        "allow_retire=not back",
        law_19="fixed::law_19_a_new_mapping_that_shows_less_retires_nothing_in_its_first_run",
    ),
    _m(
        "unmapped fields are emptied",
        "sync.targets",
        "return Write(mapped.main.collection, self.target_id(op), values, self._expected(op, current))",
        """values["notes"] = ""
        return Write(mapped.main.collection, self.target_id(op), values, self._expected(op, current))""",
        law_20="fixed::law_20_what_is_not_mapped_is_not_touched",
    ),
    _m(
        "a day is shifted when written",
        "mappings.codecs",
        """        if not isinstance(day, date):
            return ctx.wire.empty_date
""",
        """        if not isinstance(day, date):
            return ctx.wire.empty_date
        day = day.replace(day=max(1, day.day - 1))
""",
        law_21="codecs::law_21_put_get",
        law_22="codecs::law_22_get_put_changes_nothing",
    ),
    _m(
        "comparing cuts a little more each time",
        "mappings.codecs",
        'text = fold(value) if field.type == "name" else clean(value)',
        'text = fold(value) if field.type == "name" else clean(value)[1:]',
        law_23="codecs::law_23_canon_is_idempotent_and_equal_is_reflexive",
    ),
    _m(
        "nought is nothing",
        "mappings.codecs",
        "return canon(field, a) == canon(field, b)",
        "return canon(field, a) == canon(field, b) or not (canon(field, a) or canon(field, b))",
        law_24="codecs::law_24_what_is_lost_on_the_wire_is_seen",
    ),
    _m(
        "a linked record is still free",
        "sync.match_base",
        "self.free_book.discard(one.book)",
        "pass",
        law_25="matching::law_25_one_to_one_and_everybody_is_accounted_for",
    ),
    _m(
        "junk is a number like any other",
        "mappings.keys",
        'return "placeholder" if _SEPARATORS.sub("", bare) in _WORDS else None',
        "return None",
        law_26="matching::law_26_junk_links_nothing",
    ),
    _m(
        "a rejected pair is offered again",
        "sync.match_base",
        """
            and (book, desk) not in self.rejected""",
        "",
        law_27="matching::law_27_a_rejected_pair_never_comes_back",
    ),
    _m(
        "a person's link gives way to a better score",
        "sync.match",
        "key=lambda one: (one.by == OURS, -one.score, one.book, one.desk)",
        "key=lambda one: (one.by != OURS, -one.score, one.book, one.desk)",
        law_27="matching::law_27_a_persons_link_stands_before_ours",
    ),
    _m(
        "a higher threshold asks for less",
        "sync.match_base",
        "if one.score >= self.threshold and all(",
        "if one.score >= 2 * AUTO - self.threshold and all(",
        law_28="matching::law_28_raising_the_threshold_never_adds",
    ),
    _m(
        "a reference without a twin keeps its own id",
        "sync.targets",
        "raise Deferred(str(ref))",
        "return ref.id",
        law_29="order::law_29_dependants_of_a_failed_create_are_deferred_not_failed",
    ),
    _m(
        "any lock is taken over",
        "sync.store.locking",
        "elif (row.until > now and not _dead(row.place)) or not self._seize(connection, row, values):",
        "elif not self._seize(connection, row, values):",
        law_31="examples::law_31_two_runs_of_one_pair_never_overlap",
    ),
    _m(
        "a lapsed lock stands for ever",
        "sync.store.locking",
        "elif (row.until > now and not _dead(row.place)) or not self._seize(connection, row, values):",
        "elif not _dead(row.place) or not self._seize(connection, row, values):",
        law_31="order::law_31_a_lock_whose_process_died_is_taken_over_at_once",
    ),
    _m(
        "a write found again gets no receipt",
        "sync.recover",
        "applier.done(op, Receipt(raw, created=False), None, intent.run)",
        'applier.store.settle(applier.targets.pair.name, intent.run, op, state="abandoned")',
        law_35="audit::law_35_a_write_whose_answer_was_lost_has_its_receipt",
        law_7="fixed::law_7_our_own_write_before_a_crash_is_not_taken_for_an_edit",
    ),
    _m(
        "evidence keeps a secret that was masked in part",
        "connectors.http",
        """            body = without_end(body.replace(spelling, b"***"), spelling)
""",
        """            body = without_end(body.replace(b"***", spelling), spelling)
""",
        law_37="audit::law_37_what_the_server_repeats_is_not_kept",
    ),
    _m(
        "questions keep what the server repeats",
        "connectors.http",
        """        if response.status_code >= 400:
            self._clean(response)
        error = errors(response, write)
        if error is None:
            return response
        error.params = {name: self.redact(v) if isinstance(v, str) else v for name, v in error.params.items()}
""",
        """        error = errors(response, write)
        if error is None:
            return response
""",
        law_37="audit::law_37_what_the_server_repeats_is_not_kept",
    ),
    _m(
        "a link that was touched stays quiet",
        "sync.staging",
        "watched = {id for id in (*touched, *self.watched[side]) if id is not None}",
        "watched = {id for id in self.watched[side] if id is not None}",
        law_38="staging::law_38_whatever_changed_is_seen",
    ),
)

MUTANTS = (*CLASSIC, *OWN)
BY_NAME = MappingProxyType({mutant.name: mutant for mutant in MUTANTS})
