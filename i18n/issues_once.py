"""Questions about what happens once: documents, movements, work on equipment, purchase requests and licences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import N_
from .issue_text import FIELD, IssueText

__all__ = ["ONCE"]

ONCE: Mapping[str, IssueText] = MappingProxyType(
    {
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
            N_("“uchet report remainders” names the lines behind it. Count the stock; nothing is written by itself."),
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
            N_("Issue or repair, and cancel the line. take-desk: buy it all the same."),
            ("take-desk", "ignore-until"),
        ),
        "request_order_outdated": IssueText(
            N_("Request {name}: the draft {number} in 1C is of other contents than are approved now."),
            N_("Change or delete it there; once it is deleted, a new one is made."),
        ),
        "request_order_needless": IssueText(
            N_("Request {name} is no longer wanted ({state}), and the draft {number} in 1C still waits."),
            N_("Delete it in 1C."),
        ),
        "request_receipt_strange": IssueText(
            N_(
                "Request {name}: {item} ({quantity}) came with {document}, and no line takes it: another thing is asked"
                " for, or another unit."
            ),
            N_("If it comes instead of something, enter it at that line on the desk, with the document's number."),
        ),
        "request_to_order": IssueText(
            N_("Request {name} is approved and nothing is ordered for it."),
            N_("Enter the order or invoice in 1C with “{mark}” in its comment: so it is found."),
        ),
        "request_no_approver": IssueText(
            N_("Request {name} waits for an approval that nobody can give: {role}."),
            N_("Name who holds the role in [requests] of uchet.toml."),
        ),
        "budget_due": IssueText(
            N_("The budget of purchases for {since} – {until} is to be formed by {due}; days left: {days}."),
            N_("formed says that it is; what belongs into it is told by “uchet report budget”."),
            ("formed", "ignore-until"),
        ),
        "budget_overdue": IssueText(
            N_("To the head of IT ({head}): the budget of purchases for {since} – {until} was due on {due}."),
            N_("Nobody has said that it is formed: formed says so."),
            ("formed", "ignore-until"),
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
    }
)
