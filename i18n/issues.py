"""What each sort of question says to a person and which answers it takes: the one place for the texts of issues.

Codes come from ``sync`` (matching, merging, moves, balances, writes); a record that could not be read brings its own
template from the mapping in ``params["template"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType

from . import N_, tr
from .issue_text import ACCEPT, AGAIN, FIELD, IGNORE, SAME, IssueText
from .issues_once import ONCE

__all__ = ["ISSUES", "REASONS", "choices", "describe"]


def _difference(template: str) -> IssueText:
    """A difference that a reconciliation found: what is proposed follows from the difference itself."""
    return IssueText(template, N_("Proposed: {proposal} ({owner})."), ACCEPT)


ISSUES: Mapping[str, IssueText] = MappingProxyType(
    {
        **ONCE,
        # -- a field of a linked pair
        "conflict": IssueText(
            N_("{name}: “{field}” was changed on both sides: books {book}, desk {desk}."),
            N_("Decide which one is right."),
            FIELD,
        ),
        "book_edited_desk_field": IssueText(
            N_("{name}: “{field}” belongs to the desk but was edited in the books: books {book}, desk {desk}."),
            N_("Decide which one is right."),
            FIELD,
        ),
        "first_difference": IssueText(
            N_("{name}: “{field}” differs at the first comparison: books {book}, desk {desk}."),
            N_("Decide which one is right."),
            FIELD,
        ),
        "lossy": IssueText(
            N_("{name}: one side cannot store “{field}” as the other has it: books {book}, desk {desk}."),
            N_("Shorten or correct the value where it was entered."),
            FIELD,
        ),
        "not_writable": IssueText(
            N_("{name}: “{field}” differs (books {book}, desk {desk}) and cannot be written automatically."),
            N_("Correct it by hand, in the system that is wrong."),
            FIELD,
        ),
        "reference_parted": IssueText(
            N_("{name}: “{field}” was agreed on, but books {book} and desk {desk} are not linked with each other."),
            N_("Decide which one is right."),
            FIELD,
        ),
        "twin_missing": IssueText(
            N_("{name}: “{field}” differs (books {book}, desk {desk}): one of these has no twin on the other side."),
            N_("Link it to its counterpart there, or choose another one where it was entered."),
        ),
        # -- moves and their drafts
        "draft_refused": IssueText(
            N_("{name}: the draft of the move ({number}) was deleted in 1C; books {book}, desk {desk}."),
            N_("take-book returns the desk to the books; take-desk asks for the move once more."),
            FIELD,
        ),
        "draft_outdated": IssueText(
            N_("{name}: the desk changed its mind while the draft {number} waits: books {book}, desk now {desk}."),
            N_("Delete or post the draft in 1C; the next run goes on from there."),
        ),
        "draft_needless": IssueText(
            N_("{name}: the move is settled without it, yet its draft {number} still waits in 1C."),
            N_("Delete the draft in 1C: posted, it would move the thing once more."),
        ),
        "draft_unshown": IssueText(
            N_("{name}: the draft {number} is posted, yet the books do not show the move: books {book}, desk {desk}."),
            N_("take-book returns the desk to the books; if the document is dated ahead, wait for its day."),
            FIELD,
        ),
        "draft_waits": IssueText(
            N_("{name}: moved again on the desk while an earlier draft still waits in 1C."),
            N_("Post or delete the earlier draft."),
        ),
        "receiver_unknown": IssueText(
            N_("{name}: no draft of the move: the receiver ({desk}) is not linked to anybody in the books."),
            N_("Link the receiver, or choose another one on the desk."),
        ),
        "receiver_dismissed": IssueText(
            N_("{name}: no draft of the move: the receiver ({desk}) no longer works here."),
            N_("Choose another receiver on the desk."),
        ),
        "receiver_foreign": IssueText(
            N_("{name}: no draft of the move: the receiver ({desk}) belongs to another organisation."),
            N_("A sale or a transfer between organisations is the accountant's document."),
        ),
        # -- records that left, or have no twin
        "gone": IssueText(
            N_("{name}: the record is gone on the side “{side}”, its twin is not."),
            N_("Look what became of it; unlink if the twin lives on alone."),
        ),
        "desk_gone": IssueText(
            N_("{name}: out of service on the desk, still on the books."),
            N_("Write it off in 1C, or bring it back on the desk."),
        ),
        "gone_but_edited": IssueText(
            N_("{name}: left service on the side “{side}”, while the other side has edited it since."),
            N_("Decide whose word counts."),
            FIELD,
        ),
        "back_in_service": IssueText(
            N_("{name}: was out of service on both sides and is back on one."),
            N_("Bring back the other one by hand, or unlink the two."),
        ),
        "desk_only": IssueText(
            N_("{name}: is on the desk and not in the books."),
            N_("Register it in 1C, link it to its record, or take it out of service on the desk."),
        ),
        "position_without_twin": IssueText(
            N_("{name}: low-value item in use with nothing on the desk."),
            N_("Create the thing on the desk, or link it: uchet link."),
        ),
        "position_difference": IssueText(
            N_("{name}: {book} pieces in the books (МЦ.04), {desk} linked on the desk."),
            N_("Link the missing things (uchet link book:position:ID desk:equipment:ID) or correct the quantity."),
        ),
        # -- matching
        "match_suggested": IssueText(
            N_("Are {book} in the books and {desk} on the desk the same thing? Certainty {score}: {reasons}."),
            N_("Answer link or reject."),
            SAME,
        ),
        "match_ambiguous": IssueText(
            N_("Several records have the same {rule} ({value}): in the books {books}, on the desk {desks}."),
            N_("Link the right two: uchet link A B."),
        ),
        "match_duplicate": IssueText(
            N_(
                "The same {rule} ({value}) stands on several records of one side: "
                "in the books {books}, on the desk {desks}."
            ),
            N_("Correct the wrong one in its own system."),
        ),
        "match_cross": IssueText(
            N_("{record}: the inventory number points to {by_inventory}, the serial number to {by_serial}."),
            N_("Look at the labels on the things and correct the wrong number."),
        ),
        "match_organization": IssueText(
            N_("{book} and {desk} have the same serial number ({value}) in different organisations."),
            N_("Correct the organisation on the desk, or the serial number."),
        ),
        "match_bad_number": IssueText(
            N_("{record}: a spreadsheet has destroyed the inventory number ({value})."),
            N_("Enter the real number in the system where it was typed."),
        ),
        "match_link_conflict": IssueText(
            N_("{book} and {desk} are linked, but one of them is linked with another record too."),
            N_("Unlink the wrong one: uchet unlink."),
        ),
        # -- reconciliation
        "difference_not_found": _difference(N_("{name}: the books and the desk have it, the count did not find it.")),
        "difference_not_in_desk": _difference(N_("{name}: in the books and counted, not on the desk.")),
        "difference_not_in_books": _difference(N_("{name}: on the desk and counted, not in the books.")),
        "difference_book_only": _difference(N_("{name}: in the books only.")),
        "difference_desk_only": _difference(N_("{name}: on the desk only.")),
        "difference_unknown_find": _difference(N_("{name}: counted, and known to neither side.")),
        "difference_attribute": _difference(N_("{name}: “{field}” differs: books {book}, desk {desk}.")),
        "difference_wrong_place": _difference(
            N_("{name}: not where it should be: books {book}, desk {desk}, counted {count}.")
        ),
        "difference_wrong_person": _difference(N_("{name}: with another person: books {book}, desk {desk}.")),
        "difference_wrong_warehouse": _difference(N_("{name}: {quantity} are booked at {book} and lie at {desk}.")),
        "difference_wrong_organization": _difference(
            N_("{name}: two organisations have it: books {book}, desk {desk}.")
        ),
        "difference_state_conflict": _difference(
            N_("{name}: the states contradict: books {book}, desk {desk}, counted {count}.")
        ),
        "difference_quantity": _difference(
            N_("{name}: books {book}, desk {desk}, counted {count}; difference {quantity}.")
        ),
        "difference_unit": _difference(N_("{name}: the desk's quantity fits no unit of the books ({units}).")),
        "difference_timing": _difference(N_("{name}: books {book}, desk {desk}; the movement is on its way.")),
        "difference_regrading": _difference(N_("{name}: {quantity} too few of one, too many of the other.")),
        "difference_kit": _difference(N_("{name}: the kit should be {book} and is {desk}.")),
        # -- reading and writing
        "source_failed": IssueText(
            N_("{kind} on the side “{side}” could not be read this time: {why}."),
            N_("The next run tries again; if it stays so, run uchet check."),
        ),
        "side_note": IssueText(
            N_("The side “{side}”: {why}"),
            N_("Everything else went on; the question goes away when the cause does."),
        ),
        "refused": IssueText(
            N_("{name}: the side “{side}” refuses the change: {why}."),
            N_("Correct the record where it was entered: another change is tried by itself, the same one by “retry”."),
            AGAIN,
        ),
        "write_failed": IssueText(
            N_("{name}: writing on the side “{side}” failed: {why}."),
            N_("The next run tries again."),
        ),
        "ambiguous_create": IssueText(
            N_("{name}: it is not known whether the record was created on the side “{side}”."),
            N_("Look for it there; link it if it exists."),
        ),
    }
)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "inventory_number": N_("same inventory number"),
        "serial_number": N_("same serial number"),
        "serial_looks_alike": N_("serial numbers that look alike"),
        "last_number": N_("same last digits of the inventory number"),
        "model": N_("same model"),
        "name": N_("same name"),
        "custodian": N_("same responsible person"),
        "department": N_("same department"),
        "dates": N_("commissioned at about the same time"),
        "cost": N_("same cost"),
        "initials": N_("same surname and initials"),
        "organization": N_("same organisation"),
        "organization_unknown": N_("one side does not name the organisation"),
        "serial_differs": N_("but the serial numbers differ"),
        "model_differs": N_("but the models differ"),
        "key_differs": N_("but a stronger key differs"),
    }
)


def choices(code: str) -> tuple[str, ...]:
    """The answers a question with this code takes; everything may be put off."""
    known = ISSUES.get(code)
    return known.choices if known else IGNORE


def describe(code: str, params: Mapping[str, object], language: str) -> str:
    """The question in ``language``; places that ``params`` does not fill show a dash."""
    known = ISSUES.get(code)
    if known is None:
        template = str(params.get("template") or code)
        return _filled(template, params, language)
    return f"{_filled(known.template, params, language)} {_filled(known.hint, params, language)}".strip()


def _filled(template: str, params: Mapping[str, object], language: str) -> str:
    translated = tr(template, language)
    names = {name for _, name, _, _ in Formatter().parse(translated) if name}
    return translated.format(**{name: params.get(name, "—") for name in names}) if names else translated
