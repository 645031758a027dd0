"""What each sort of question says to a person and which answers it takes: the one place for the texts of issues.

Codes come from ``sync`` (matching, merging, moves, balances, writes); a record that could not be read brings its own
template from the mapping in ``params["template"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from types import MappingProxyType

from . import N_, tr

__all__ = ["ISSUES", "REASONS", "IssueText", "choices", "describe"]

IGNORE = ("ignore-until",)
FIELD = ("take-book", "take-desk", "ignore-until")
SAME = ("link", "reject", "ignore-until")
AGAIN = ("retry", "ignore-until")
ACCEPT = ("accept", "ignore-until")


@dataclass(frozen=True, slots=True)
class IssueText:
    """``template`` asks, ``hint`` says what a person can do, ``choices`` are the answers ``issues decide`` takes."""

    template: str
    hint: str = ""
    choices: tuple[str, ...] = IGNORE


def _difference(template: str) -> IssueText:
    """A difference that a reconciliation found: what is proposed follows from the difference itself."""
    return IssueText(template, N_("Proposed: {proposal} ({owner})."), ACCEPT)


ISSUES: Mapping[str, IssueText] = MappingProxyType(
    {
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
        # -- documents for what happened once
        "order_task": IssueText(
            N_("{name}: “{document}” is for the accountant to enter; what the desk knows: {facts}."),
            N_("It changes what the company owns or owes, so no draft is written."),
        ),
        "order_no_document": IssueText(
            N_("{name}: this configuration of 1C has no document for “{document}”; what the desk knows: {facts}."),
            N_("Enter it by hand, or name the document in the mapping."),
        ),
        "order_unresolved": IssueText(
            N_("{name}: “{document}” waits, because {roles} has no twin in the books; what the desk knows: {facts}."),
            N_("Link the record; the document is drafted the next time it is asked for."),
        ),
        "order_unfit": IssueText(
            N_(
                "{name}: “{document}” is not drafted: {roles} left service, was dismissed or is another organisation's."
            ),
            N_("Correct it where it was entered. What the desk knows: {facts}."),
        ),
        "order_incomplete": IssueText(
            N_("{name}: “{document}” is not drafted, because nobody knows {roles}; what the desk knows: {facts}."),
            N_("Enter it on the desk: nothing is invented."),
        ),
        "order_changed": IssueText(
            N_("{name}: the draft “{document}” {number} was posted with other contents than were written."),
            N_("See the document in 1C and correct the desk; take-book says that it was seen."),
            ("take-book", "ignore-until"),
        ),
        "order_refused": IssueText(
            N_("{name}: the draft “{document}” {number} was deleted in 1C; it is not written anew."),
            N_("See with the accountant why; take-book says that it was seen."),
            ("take-book", "ignore-until"),
        ),
        # -- movements of consumables
        "feed_refused": IssueText(
            N_(
                "{name}: the draft “{document}” {number} was deleted in 1C; the desk's stock still shows its movements."
            ),
            N_("take-desk writes a new draft; take-book says that they stay out of the books: record the opposite."),
            ("take-book", "take-desk", "ignore-until"),
        ),
        "feed_item_unknown": IssueText(
            N_("{name} of {day}: the code of “{item}” names no item of 1C, or several."),
            N_("Put the item's code of 1C on the desk's stock card."),
        ),
        "feed_place_unknown": IssueText(
            N_("{name} of {day}: the warehouse or organisation of “{item}” has no twin in the books."),
            N_("Link it, or choose another one on the stock card."),
        ),
        "feed_unit": IssueText(
            N_("{name} of {day}: the units of “{item}” differ ({units}) and nobody stored a coefficient."),
            N_("Put on the stock card how many units of the books one of the desk's is."),
        ),
        "feed_unit_changed": IssueText(
            N_("{name} of {day}: the unit of “{item}” was changed since the movement was recorded ({units})."),
            N_("Put the unit back, or record the opposite and the movement anew."),
        ),
        "feed_quantity": IssueText(
            N_("{name} of {day}: {quantity} of “{item}” is no exact quantity in the units of the books ({units})."),
            N_("Nothing is rounded: record the opposite and the right quantity."),
        ),
        "feed_two_items": IssueText(
            N_("{name} of {day}: the transfer of “{item}” ends at another item, organisation or unit."),
            N_("Record the opposite and the right transfer."),
        ),
        "feed_before_start": IssueText(
            N_("{name} of {day}: “{item}” moved before {start}, when the exchange of movements began."),
            N_("Tell the accountant, or record the opposite."),
        ),
        "feed_return_alone": IssueText(
            N_("{name} of {day}: {quantity} of “{item}” was returned, and no issue is named that it takes back."),
            N_("Name the issue on the movement, or have the accountant enter the return: it will be found."),
        ),
        "feed_task": IssueText(
            N_("{name} of {day}: {quantity} of “{item}” came, returned or was corrected: the accountant enters that."),
            N_("It is found when a document of the same item, warehouse and quantity is posted."),
        ),
        "feed_negative": IssueText(
            N_("{name} of {day}: {quantity} of “{item}” is more than the books have ({left}, less our drafts)."),
            N_("Post what is missing in 1C; later movements of this item wait, so that their order is kept."),
        ),
        "feed_closed": IssueText(
            N_("{name} of {day}: every day until {until} is closed in 1C, so “{item}” waits."),
            N_("Ask the accountant to open the period."),
        ),
        "feed_lost_write": IssueText(
            N_("{name}: the answer to its draft was lost and the draft cannot be written as it was."),
            N_("Put the movement back as it was; another draft could double it."),
        ),
        "feed_edited": IssueText(
            N_("{name} was changed on the desk after its draft was written."),
            N_("Put it back and record the opposite movement."),
        ),
        "feed_withdrawn": IssueText(
            N_("{name} was removed from the desk after its draft was written."),
            N_("Delete the draft in 1C if it never happened."),
        ),
        "feed_no_card": IssueText(
            N_("1C posted {quantity} of “{item}” at {place} (document {number}); the desk has no stock card there."),
            N_("Make a stock card with the item's code and this warehouse: the movement crosses then."),
        ),
        "feed_two_cards": IssueText(
            N_("1C posted {quantity} of “{item}” at {place} (document {number}); the desk has two cards there."),
            N_("Leave one of them."),
        ),
        "feed_entry_unit": IssueText(
            N_("1C posted {quantity} of “{item}” at {place} ({number}): no exact quantity on the desk ({units})."),
            N_("Nothing is rounded: correct the document or the coefficient."),
        ),
        "feed_units": IssueText(
            N_("The units of “{item}” changed from {before} to {units}; {quantity} of document {number} waits."),
            N_("Put them back, or say take-desk: the new coefficient is right."),
            ("take-desk", "ignore-until"),
        ),
        "feed_unposted": IssueText(
            N_("{name}: the document {number} was posted and is posted no more; the desk still shows its movements."),
            N_("Post it, or record the opposite movement on the desk."),
        ),
        "feed_balance": IssueText(
            N_("{name}: the desk has {desk} and the books {book}; {open} is on its way, {rest} is unexplained."),
            N_("Count the stock; nothing is written by itself."),
        ),
        # -- work on equipment
        "feed_kit_places": IssueText(
            N_("{name} of {day}: “{item}” and its parts do not all stand at one warehouse, or it has none."),
            N_("Transfer the parts first, then record the assembly anew."),
        ),
        "feed_kit_task": IssueText(
            N_("{name} of {day}: “{item}” was assembled or taken apart ({lines}); we know no document for it here."),
            N_("The accountant enters it; it is found when a document with just these quantities is posted."),
        ),
        "work_overdue": IssueText(
            N_("{name}: {thing} has been in repair with “{contractor}” (act {act}) past {due}, for {days} days."),
            N_("Ask the contractor, and record the return on the desk."),
        ),
        "work_paid": IssueText(
            N_("{name} of {day}: {thing} came back from repair with “{contractor}” (act {act}), for {cost}."),
            N_("The service and its parts are the accountant's; take-book says that it was seen."),
            ("take-book", "ignore-until"),
        ),
        "work_paid_warranty": IssueText(
            N_("{name} of {day}: {thing} was repaired (“{contractor}”, act {act}) for {cost}; warranty until {until}."),
            N_("Ask the contractor why; take-book says that it was seen."),
            ("take-book", "ignore-until"),
        ),
        "work_replaced": IssueText(
            N_("{name} of {day}: {thing} replaced by “{contractor}” ({act}): {old_serial} → {serial}; card: {shown}."),
            N_("The card's number follows the desk; return and receipt are the accountant's. take-book: it was seen."),
            ("take-book", "ignore-until"),
        ),
        "work_repair": IssueText(
            N_("{name} of {day}: “{part}” was fitted into {thing}: a repair by the rule, the function is restored."),
            N_("The accountant decides: repair, or modernization (then a draft of the upgrade is written)."),
            ("repair", "modernization", "ignore-until"),
        ),
        "work_modernization": IssueText(
            N_("{name} of {day}: “{part}” was fitted into {thing}: a modernization by the rule, better than before."),
            N_("The accountant decides: repair, or modernization (then a draft of the upgrade is written)."),
            ("repair", "modernization", "ignore-until"),
        ),
        "work_undecided": IssueText(
            N_("{name} of {day}: “{part}” was fitted into {thing}; repair or modernization, the rule does not tell."),
            N_("The accountant decides: repair, or modernization (then a draft of the upgrade is written)."),
            ("repair", "modernization", "ignore-until"),
        ),
        "work_unlinked": IssueText(
            N_("{name} of {day}: the thing it is about ({thing}) is linked to nothing in the books."),
            N_("Link it; what the books need is seen to then."),
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
        # -- purchase requests and licences
        "request_step_conflict": IssueText(
            N_("Request {name}: it was “{seen}”; the desk made it “{step}” while it went another way here."),
            N_("take-desk keeps the desk's step, take-book goes on with the other one."),
            FIELD,
        ),
        "request_step_refused": IssueText(
            N_("Request {name}: from “{seen}” to “{step}” is no step that is made by hand."),
            N_("take-book puts it back; approvals are given as approvals, receipts and issues as such."),
            ("take-book", "ignore-until"),
        ),
        "request_excess": IssueText(
            N_("Request {name}, {line}: {have} instead of {most} ({step})."),
            N_("Correct the row, raise the request, or send the rest back."),
        ),
        "request_other_way": IssueText(
            N_("Request {name}: another way is open. {why}"),
            N_("Issue or repair, and cancel the line; or go on buying."),
        ),
        "request_to_order": IssueText(
            N_("Request {name} is approved and nothing is ordered for it."),
            N_("Enter the order or invoice in 1C with “{mark}” in its comment: so it is found."),
        ),
        "request_no_approver": IssueText(
            N_("Request {name} waits for an approval that nobody can give: {role}."),
            N_("Name who holds the role in [requests] of uchet.toml."),
        ),
        "licence_overused": IssueText(
            N_("{name}: {installed} installed, {seats} bought."),
            N_("Buy seats or remove installations."),
        ),
        "licence_expires": IssueText(
            N_("{name}: the licence ends on {until}, in {days} days or less."),
            N_("Renew it, or plan without it."),
        ),
        "licence_expired": IssueText(
            N_("{name}: the licence ended on {until}."),
            N_("Renew it, or remove the installations."),
        ),
        "licence_not_allowed": IssueText(
            N_("{name} is not in the list of allowed software."),
            N_("Have it allowed in [licences] of uchet.toml, or give it up."),
        ),
        "installation_unlicensed": IssueText(
            N_("{name} is installed without a licence that the desk knows of."),
            N_("Link the installation with its licence, or remove the program."),
        ),
        "installation_not_allowed": IssueText(
            N_("{name} is installed and not in the list of allowed software."),
            N_("Remove it, or have it allowed in [licences] of uchet.toml."),
        ),
        "licence_object_unknown": IssueText(
            N_("{name}: the books have no object “{object}”."),
            N_("Correct the object of the licence on the desk; written off rights end in the books first."),
        ),
        "licence_book_only": IssueText(
            N_("{name} stands in the books as a right of use, and no licence of the desk names it."),
            N_("Enter the licence on the desk with this object, or ask the accountant."),
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
