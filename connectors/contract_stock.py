"""The part of the contract suite for desks that keep stock by movements: one write is the whole event, once."""

from __future__ import annotations

import uuid
from decimal import Decimal

from ..errors import Blocked, Fatal, Reject, Stale
from .base import Connector, Raw, Write
from .contract_kit import Stock, Subject, change, opened, raised

__all__ = ["StockChecks"]


class StockChecks:
    """``Capabilities.movements``: exercised where it is claimed; where it is not, no subject may say how."""

    def test_movements_are_claimed_by_those_that_keep_them(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            assert connector.capabilities.movements is (subject.stock is not None)

    def test_a_movement_changes_the_stock_in_the_same_step(self, subject: Subject) -> None:
        if subject.stock is None:
            return
        with opened(subject.connect(subject.url)) as connector:
            before = _held(subject.stock, connector)
            raw = _moved(subject.stock, connector)
            assert raw.id
            assert _held(subject.stock, connector) == before + subject.stock.amount

    def test_a_movement_sent_twice_counts_once(self, subject: Subject) -> None:
        if subject.stock is None:
            return
        with opened(subject.connect(subject.url)) as connector:
            before, write = _held(subject.stock, connector), _movement(subject.stock)
            first, second = connector.write(write), connector.write(write)
            assert (first.created, second.created) == (True, False)
            assert first.raw.id == second.raw.id
            assert _held(subject.stock, connector) == before + subject.stock.amount

    def test_a_movement_is_never_edited(self, subject: Subject) -> None:
        if subject.stock is None:
            return
        stock = subject.stock
        with opened(subject.connect(subject.url)) as connector:
            raw = _moved(stock, connector)
            held = _held(stock, connector)
            raised((Reject, Blocked, Stale, Fatal), lambda: connector.write(change(raw, stock.edit)))
            now = connector.get(stock.collection, raw.id)
            assert now is not None
            assert dict(now.data) == dict(raw.data), "a refused edit left something behind"
            assert _held(stock, connector) == held

    def test_a_refused_movement_leaves_the_stock_alone(self, subject: Subject) -> None:
        if subject.stock is None:
            return
        stock = subject.stock
        with opened(subject.connect(subject.url)) as connector:
            held = _held(stock, connector)
            raised((Reject, Blocked), lambda: connector.write(_movement(stock, **stock.refused)))
            assert _held(stock, connector) == held


def _movement(stock: Stock, **other: object) -> Write:
    key = str(uuid.uuid4())
    return Write(stock.collection, None, {**stock.values, **other}, key=key, marker=f"uchet-{key}")


def _moved(stock: Stock, connector: Connector) -> Raw:
    return connector.write(_movement(stock)).raw


def _held(stock: Stock, connector: Connector) -> Decimal:
    card = connector.get(stock.card, stock.id)
    assert card is not None, "the subject's stock card is not there"
    return Decimal(str(card.data[stock.level] or 0))
