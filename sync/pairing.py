"""What one linked pair needs: both alive, one gone, one out of service. Field by field work is in ``diff``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..mappings.codecs import canon
from ..mappings.model import Kind, Side, Values
from .diff import FieldOutcome, Rules, diff
from .drafts import Move
from .ids import fingerprint, gone_key
from .pair import other
from .types import UNIT, FieldChange, Issue, Link, Operation, Record, Seen
from .world import World, label_of

__all__ = ["PairOutcome", "Pairing"]

_ORDER: tuple[Side, ...] = ("desk", "book")


@dataclass(slots=True)
class PairOutcome:
    """``seen`` is set when what was last agreed moves without a remote write."""

    operations: list[Operation] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    seen: Seen | None = None

    @property
    def empty(self) -> bool:
        return not (self.operations or self.issues or self.moves) and self.seen is None


class Pairing:
    """One link with its two records as they are now."""

    def __init__(self, world: World, kind: Kind, link: Link) -> None:
        self.world = world
        self.kind = kind
        self.link = link
        self.book = world.record(kind.name, "book", link.book)
        self.desk = world.record(kind.name, "desk", link.desk)

    @property
    def label(self) -> str:
        record = self.book or self.desk
        if record is None:
            return self.link.book
        return label_of(self.kind, record)

    @property
    def settled(self) -> bool:
        """Whether the outcome follows from the two records and their link alone: both are there, both in service or
        both out of it, and no draft speaks for them."""
        both = self.book is not None and self.desk is not None and self.book.retired == self.desk.retired
        return both and (self.kind.name, self.link.book) not in self.world.pending

    def outcome(self) -> PairOutcome:
        """What this pair needs now; nothing while either side is unreadable."""
        book, desk = self._state("book"), self._state("desk")
        if "unknown" in (book, desk):
            return PairOutcome()
        match book == "out", desk == "out":
            case False, False:
                return self._alive()
            case True, True:
                return (
                    PairOutcome() if self.link.seen.retired else PairOutcome(seen=replace(self.link.seen, retired=True))
                )
            case True, False:
                return self._left("book")
            case _:
                return self._left("desk")

    def _state(self, side: Side) -> str:
        """``in`` service, ``out`` of it (gone from a complete listing, or retired), or ``unknown``."""
        record = self.book if side == "book" else self.desk
        if record is not None:
            return "out" if record.retired else "in"
        return "out" if self.world.gone(self.kind.name, side, self.link.on(side)) else "unknown"

    # -- one side left service --------------------------------------------------------------------------------------

    def _left(self, side: Side) -> PairOutcome:
        twin = self.desk if side == "book" else self.book
        target = other(side)
        if twin is None or self.link.seen.retired:
            return self._ask("back_in_service" if self.link.seen.retired else "gone", side)
        if target not in self.kind.retires:
            return self._ask("desk_gone" if side == "desk" else "gone", side)
        decided = self._decision(side, twin) == ("take-book" if side == "book" else "take-desk")
        if not decided and self._edited(target, twin):
            return self._ask("gone_but_edited", side)
        if not self.world.allow_retire:
            return PairOutcome()
        retire = Operation("", "retire", target, self.kind.name, self.link.book, self.link.desk, expected=twin.version)
        return PairOutcome(operations=[replace(retire, seen=replace(self.link.seen, retired=True))])

    def _edited(self, side: Side, twin: Record) -> bool:
        """Whether the twin holds what the side that left never got: a field never agreed on was empty then."""
        seen: Values = self.link.seen.desk if side == "desk" else self.link.seen.book
        left = other(side)
        return any(
            canon(f, twin.values[f.name]) != canon(f, seen.get(f.name))
            for f in self.kind.fields
            if f.name in twin.values and (f.name in seen or (f.owner != left and self._how(left, f.name) != "never"))
        )

    def _key(self, side: Side) -> str:
        return gone_key(self.kind.name, self.link.book, self.link.desk, side)

    def _decision(self, side: Side, twin: Record) -> str | None:
        return self.world.choice(self._key(side), fingerprint(twin.values))

    def _ask(self, code: str, side: Side) -> PairOutcome:
        twin = self.desk if side == "book" else self.book
        values = twin.values if twin else {}
        issue = Issue(
            self._key(side),
            code,
            self.kind.name,
            self.link.book,
            self.link.desk,
            params={"name": self.label, "side": side},
            fingerprint=fingerprint(values),
        )
        return PairOutcome(issues=[issue])

    # -- both in service --------------------------------------------------------------------------------------------

    def _alive(self) -> PairOutcome:
        if self.book is None or self.desk is None:
            return PairOutcome()
        rules = Rules(
            self.world.index.same,
            self.world.choice,
            self._how,
            self.world.settings.restore_book,
            self.world.pending.get((self.kind.name, self.link.book), {}),
        )
        fields = diff(self.kind, self.link, self.book, self.desk, rules)
        result = PairOutcome(issues=[f.ask for f in fields if f.ask], seen=self._agreed(fields))
        result.operations = [op for side in _ORDER if (op := self._update(side, fields))]
        moved = tuple(f for f in fields if f.write == "book" and f.how.startswith("document:"))
        if moved:
            changes = tuple(FieldChange(f.name, f.book, f.desk, f.note) for f in moved)
            result.moves = [Move(self.kind, self.link, self.book, self.desk, moved[0].how.partition(":")[2], changes)]
        return result

    def _how(self, side: Side, name: str) -> str:
        if side == "book" and self.link.book.startswith(UNIT):
            # A quantity has no card to write to; who holds it may be told by a document of its own.
            position = self.world.book_map.kinds.get("position")
            return str(position.options.get("moves", {}).get(name, "never")) if position else "never"
        return self.world.how(side, self.kind.name, name)

    def _agreed(self, fields: tuple[FieldOutcome, ...]) -> Seen | None:
        agreed = [f for f in fields if f.agree]
        # Both were out of service and people have brought both back: from now on they are alive again.
        if not agreed and not self.link.seen.retired:
            return None
        pairs = {f.name: f.agreed or (f.book, f.desk) for f in agreed}
        return Seen({n: book for n, (book, _) in pairs.items()}, {n: desk for n, (_, desk) in pairs.items()})

    def _update(self, side: Side, fields: tuple[FieldOutcome, ...]) -> Operation | None:
        mine = [f for f in fields if f.write == side and f.how in ("field", "property")]
        if not mine:
            return None
        target = self.desk if side == "desk" else self.book
        assert target is not None
        changes = tuple(
            FieldChange(f.name, f.desk, f.book, f.note)
            if side == "desk"
            else FieldChange(f.name, f.book, f.desk, f.note)
            for f in mine
        )
        return Operation(
            "", "update", side, self.kind.name, self.link.book, self.link.desk, changes, expected=target.version
        )
