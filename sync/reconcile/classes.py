"""The classes of difference: who must act on each, and what is proposed where nothing better is known.

They are those of a three-way comparison of books, desk and count; without a count only the first two speak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...i18n import N_

__all__ = ["CLASSES", "OWNERS", "PROPOSALS", "DifferenceClass"]


@dataclass(frozen=True, slots=True)
class DifferenceClass:
    """``title``: what people call it; ``owner`` and ``proposal``: keys of ``OWNERS`` and ``PROPOSALS``."""

    title: str
    owner: str
    proposal: str


CLASSES: Mapping[str, DifferenceClass] = MappingProxyType(
    {
        "not_found": DifferenceClass(N_("not found"), "custodian", "search"),
        "not_in_desk": DifferenceClass(N_("not on the desk"), "it", "create_desk"),
        "not_in_books": DifferenceClass(N_("not in the books"), "accountant", "surplus"),
        "book_only": DifferenceClass(N_("in the books only"), "custodian", "explain"),
        "desk_only": DifferenceClass(N_("on the desk only"), "it", "check_desk"),
        "unknown_find": DifferenceClass(N_("unknown find"), "it", "identify"),
        "attribute": DifferenceClass(N_("particulars differ"), "it", "decide_field"),
        "wrong_place": DifferenceClass(N_("wrong place"), "it", "move"),
        "wrong_person": DifferenceClass(N_("wrong person"), "it", "move"),
        "wrong_warehouse": DifferenceClass(N_("wrong warehouse"), "it", "transfer"),
        "wrong_organization": DifferenceClass(N_("wrong organisation"), "accountant", "accountant_only"),
        "state_conflict": DifferenceClass(N_("states contradict"), "it", "settle_state"),
        "quantity": DifferenceClass(N_("quantity differs"), "it", "recount"),
        "unit": DifferenceClass(N_("units do not fit"), "it", "set_coefficient"),
        "timing": DifferenceClass(N_("on its way"), "accountant", "wait"),
        "regrading": DifferenceClass(N_("surplus and shortage may be one"), "head", "offset"),
        "kit": DifferenceClass(N_("incomplete or exchanged kit"), "it", "complete_kit"),
    }
)

OWNERS: Mapping[str, str] = MappingProxyType(
    {
        "it": N_("IT specialist"),
        "accountant": N_("accountant"),
        "custodian": N_("responsible person"),
        "head": N_("head of the organisation"),
    }
)

#: What to do, in words. Only a move and a transfer may become a draft; the rest is for people.
PROPOSALS: Mapping[str, str] = MappingProxyType(
    {
        "search": N_("look for it; then a candidate for shortage"),
        "create_desk": N_("enter it on the desk or link it"),
        "surplus": N_("a candidate for surplus: the accountant decides"),
        "in_transit": N_("wait for its acceptance: it stands on {account}"),
        "explain": N_("the responsible person explains: lost, or never written off"),
        "check_desk": N_("check the desk's record: stale, leased, or somebody's own"),
        "retire_desk": N_("written off in the books: take it out of service on the desk"),
        "identify": N_("identify it by its serial number; then a candidate for surplus"),
        "decide_field": N_("decide which value is right"),
        "move": N_("a draft of the move"),
        "transfer": N_("a draft of the transfer between warehouses"),
        "accountant_only": N_("the accountant's document: nothing moves between organisations by itself"),
        "settle_state": N_("settle which state is right"),
        "write_off": N_("write it off in 1C, or bring it back on the desk"),
        "new_custodian": N_("name another responsible person: this one was dismissed"),
        "recount": N_("count it"),
        "link_things": N_("link the things, or correct the quantity"),
        "set_coefficient": N_("put the coefficient of the unit on the stock card"),
        "set_group": N_("say how many things the card stands for"),
        "wait": N_("wait: its document is not posted yet"),
        "offset": N_("offset one by the other: only by decision of the head"),
        "complete_kit": N_("put the kit in order"),
        "name_object": N_("name the books' object on the licence"),
        "buy_seats": N_("buy seats or remove installations"),
    }
)
