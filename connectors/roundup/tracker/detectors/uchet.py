"""What the desk insists on, for people and programs alike: known states, plain dates and amounts, unique markers."""

import re
from datetime import date
from decimal import Decimal

from roundup.exceptions import Reject

COMPONENTS = (
    *("ram", "disk", "cpu", "board", "psu", "ups_battery", "video", "network", "sound", "drive", "keyboard", "other"),
)
CHOICES = {
    ("equipment", "status"): ("in_use", "in_stock", "faulty", "in_repair", "written_off"),
    ("equipment", "accounting"): ("fixed_asset", "low_value"),
    ("location", "type"): ("branch", "warehouse", "room"),
    ("request", "status"): (
        *("draft", "submitted", "on_check", "returned_for_correction", "approving", "approved", "rejected", "withdrawn"),
        *("in_plan", "ordered", "partially_received", "received", "issued_partially", "issued", "closed"),
        *("cancelled", "on_hold"),
    ),
    ("request", "reason"): ("new", "replacement", "reserve", "repair", "project"),
    ("request_line", "category"): ("hardware", "consumable", "spare", "software", "service", "media", "network"),
    ("request_line", "vat"): ("with", "without"),
    ("approval", "role"): ("line_manager", "head_of_it", "budget_owner", "security", "director"),
    ("approval", "decision"): ("approved", "rejected"),
    ("allocation", "step"): ("order", "receipt", "issue", "return"),
    ("issue", "status"): ("new", "open", "waiting", "closed"),
    ("movement", "type"): (
        *("receipt", "issue", "transfer", "return", "write_off", "correction", "expense"),
        *("assembly_in", "assembly_out"),
    ),
    ("work", "type"): ("sent", "returned", "replaced", "upgrade", "swap", "assembly", "disassembly"),
    ("work", "status"): ("draft", "done"),
    ("work", "effect"): ("restored", "improved"),
    ("work", "component"): COMPONENTS,
    ("component", "kind"): COMPONENTS,
    ("movement", "origin"): ("book",),
}
#: What a movement does to the stock of its card; a correction brings its own sign, a transfer has two cards.
SIGNS = {"receipt": 1, "return": 1, "correction": 1, "issue": -1, "write_off": -1, "expense": -1, "transfer": -1,
         "assembly_in": 1, "assembly_out": -1}
DATES = {
    *(("equipment", "commissioned"), ("equipment", "warranty"), ("request", "needed_by"), ("request", "submitted")),
    *(("request_line", "price_date"), ("approval", "date"), ("licence", "expires"), ("movement", "date")),
    *(("work", name) for name in ("date", "due", "warranty")),
    *(("component", name) for name in ("fitted", "removed")),
}
NUMBERS = {
    *(("equipment", "cost"), ("consumable", "quantity"), ("consumable", "minimum"), ("licence", "seats")),
    *(("consumable", "factor"), ("movement", "quantity"), ("work_part", "quantity"), ("work_part", "share")),
    *(("work", name) for name in ("quantity", "cost", "size_before", "size_after")),
    *(("component", name) for name in ("quantity", "size")),
    *(("request_line", name) for name in ("quantity", "cancelled", "price", "seats")),
    *(("allocation", name) for name in ("quantity", "coefficient")),
}
REQUIRED = {
    "organization": "name",
    "department": "name",
    "employee": "name",
    "location": "name",
    "equipment": "inventory_number",
    "consumable": "name",
    "request": "title",
    "request_line": "request",
    "approval": "request",
    "allocation": "request_line",
    "licence": "name",
    "installation": "name",
    "movement": "consumable",
    "work": "type",
    "work_part": "work",
    "component": "equipment",
}
SYNCED = tuple(REQUIRED)


def values(db, cl, nodeid, newvalues):
    """Refuses a value that would have to be guessed at later; the message begins with the property."""
    for name, value in newvalues.items():
        if value is None or value == "":
            continue
        place = (cl.classname, name)
        if place in CHOICES and value not in CHOICES[place]:
            raise Reject("%s: %r: %s" % (name, value, ", ".join(CHOICES[place])))
        if place in DATES and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value):
            raise Reject("%s: %r: ГГГГ-ММ-ДД" % (name, value))
        if place in NUMBERS and not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", value):
            raise Reject("%s: %r: 1234.56" % (name, value))


def required(db, cl, nodeid, newvalues):
    """A record that nobody could find again by name is refused. Roundup itself lets an edit empty a key property."""
    name = REQUIRED.get(cl.classname)
    if name and (nodeid is None or name in newvalues) and not newvalues.get(name):
        raise Reject("%s: пусто" % name)


def marker(db, cl, nodeid, newvalues):
    """A create that is sent twice makes one record, even where the first one was retired since.

    Two at the same instant both pass here; the unique index made at installation stops the second.
    """
    key = newvalues.get("uchet_key")
    if not key:
        return
    holders = cl.filter(None, {}, exact_match_spec={"uchet_key": key}, retired=None)
    if [h for h in holders if h != nodeid]:
        raise ValueError("uchet_key %r: %s%s" % (key, cl.classname, holders[0]))


def revision(db, cl, nodeid, newvalues):
    """Counts edits that change something."""
    newvalues.pop("revision", None)
    if nodeid is None:
        newvalues["revision"] = 1
    elif any(cl.get(nodeid, name) != value for name, value in newvalues.items()):
        newvalues["revision"] = (cl.get(nodeid, "revision") or 0) + 1


def movement(db, cl, nodeid, newvalues):
    """A movement is whole when it is recorded, and stays as it is: stock was changed by it already."""
    if nodeid is not None:
        changed = [n for n, v in newvalues.items() if n not in ("notes", "revision") and cl.get(nodeid, n) != v]
        if changed:
            raise Reject("%s: движение не исправляют, запишите обратное" % changed[0])
        return
    kind, amount = newvalues.get("type"), newvalues.get("quantity")
    if not kind:
        raise Reject("type: пусто")
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,3})?", amount or "") or not Decimal(amount):
        raise Reject("quantity: %r: 12.345" % amount)
    if Decimal(amount) < 0 and kind != "correction":
        raise Reject("quantity: %r: меньше нуля" % amount)
    card, other = newvalues["consumable"], newvalues.get("to_consumable")
    if (kind == "transfer") != bool(other) or other == card:
        raise Reject("to_consumable: нужен для перемещения, и только для него")
    cards = db.getclass("consumable")
    if other and any(cards.get(card, n) != cards.get(other, n) for n in ("code", "unit", "factor", "organization")):
        raise Reject("to_consumable: другой материал")
    newvalues.setdefault("unit", cards.get(card, "unit"))
    newvalues["date"] = newvalues.get("date") or date.today().isoformat()


def stock(db, cl, nodeid, oldvalues):
    """The card's quantity, in the transaction that records the movement."""
    amount = Decimal(cl.get(nodeid, "quantity"))
    _add(db, cl.get(nodeid, "consumable"), SIGNS[cl.get(nodeid, "type")] * amount)
    if cl.get(nodeid, "to_consumable"):
        _add(db, cl.get(nodeid, "to_consumable"), amount)


def _add(db, card, amount):
    """Read past the cache: another request may have changed the card since this one looked at it."""
    db.clearCache()
    cards = db.getclass("consumable")
    held = Decimal(cards.get(card, "quantity") or 0)
    db.uchet_stock = True
    try:
        cards.set(card, quantity=format((held + amount).normalize() + 0, "f"))
    finally:
        db.uchet_stock = False


def counted(db, cl, nodeid, newvalues):
    """Stock that has movements changes by them alone; the first quantity is what was counted at the beginning."""
    if nodeid is None or "quantity" not in newvalues or newvalues["quantity"] == cl.get(nodeid, "quantity"):
        return
    if not getattr(db, "uchet_stock", False) and db.getclass("movement").filter(None, {"consumable": nodeid}, limit=1):
        raise Reject("quantity: остаток меняют движениями")


def never(db, cl, nodeid, newvalues):
    """What was recorded is not taken away."""
    raise Reject("%s%s: движение не удаляют, запишите обратное" % (cl.classname, nodeid))


def init(db):
    """Called by Roundup once per database connection."""
    for name in (*SYNCED, "issue"):
        cl = db.getclass(name)
        for event in ("create", "set"):
            cl.audit(event, values)
            if name in SYNCED:
                cl.audit(event, required)
                cl.audit(event, marker, priority=110)
                cl.audit(event, revision, priority=120)
    db.getclass("movement").audit("create", movement)
    db.getclass("movement").audit("set", movement)
    db.getclass("movement").audit("retire", never)
    db.getclass("movement").react("create", stock)
    db.getclass("consumable").audit("set", counted)
