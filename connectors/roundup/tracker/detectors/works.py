"""Work on equipment: whole when it is done, and then it changes stock, equipment and composition in the same step."""

import datetime
import re
from decimal import Decimal

from roundup.exceptions import Reject

KITS = ("assembly", "disassembly")
#: What each kind of work cannot do without.
NEEDS = {
    "sent": ("equipment", "contractor"),
    "returned": ("equipment", "follows"),
    "replaced": ("equipment", "follows", "serial"),
    "upgrade": ("equipment", "consumable", "quantity", "component"),
    "swap": ("equipment", "other"),
    "assembly": ("consumable", "quantity"),
    "disassembly": ("consumable", "quantity"),
}
#: What may be added when all is done.
LATER = ("notes", "revision")


def whole(db, cl, nodeid, newvalues):
    """Complete when it is done, and unchanged from then on. A work without lines is done as soon as it is recorded."""

    def said(name):
        return newvalues[name] if name in newvalues else (cl.get(nodeid, name) if nodeid else None)

    if nodeid is not None and cl.get(nodeid, "status") == "done":
        changed = [n for n, v in newvalues.items() if n not in LATER and cl.get(nodeid, n) != v]
        if changed:
            raise Reject("%s: выполненную работу не исправляют, запишите обратную" % changed[0])
        return
    kind = said("type")
    if not kind:
        raise Reject("type: пусто")
    newvalues.pop("done", None)
    if not said("status"):
        newvalues["status"] = "draft" if kind in KITS else "done"
    if said("status") != "done":
        return
    for name in NEEDS[kind]:
        if not said(name):
            raise Reject("%s: пусто" % name)
    _fit(db, kind, nodeid, said)
    newvalues["date"] = said("date") or datetime.date.today().isoformat()
    newvalues["done"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    thing, card = said("equipment"), said("consumable")
    _copy(newvalues, "old_serial", db.equipment.get(thing, "serial") if thing else None)
    _copy(newvalues, "warranty", said("warranty") or (db.equipment.get(thing, "warranty") if thing else None))
    _copy(newvalues, "unit", db.consumable.get(card, "unit") if card else None)


def _copy(newvalues, name, value):
    """As it is now; Roundup takes no empty value for a new item."""
    newvalues.pop(name, None)
    if value:
        newvalues[name] = value


def _fit(db, kind, nodeid, said):
    """What a work names fits together."""
    if said("quantity") and not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", said("quantity")):
        raise Reject("quantity: %r: 12.345" % said("quantity"))
    if said("quantity") and not Decimal(said("quantity")):
        raise Reject("quantity: 0")
    if kind == "swap" and said("other") == said("equipment"):
        raise Reject("other: то же самое оборудование")
    if kind in ("returned", "replaced"):
        first = said("follows")
        if db.work.get(first, "type") != "sent" or db.work.get(first, "equipment") != said("equipment"):
            raise Reject("follows: не отправка этого оборудования в ремонт")
        ended = [w for w in db.work.filter(None, {"follows": first}) if db.work.get(w, "status") == "done"]
        if [w for w in ended if w != nodeid]:
            raise Reject("follows: ремонт уже завершён")
    if kind in KITS and not (nodeid and db.work_part.filter(None, {"work": nodeid}, limit=1)):
        raise Reject("status: нет ни одной строки")


def done(db, cl, nodeid, oldvalues):
    """The consequences, in the transaction that finishes the work."""
    if cl.get(nodeid, "status") != "done" or (oldvalues or {}).get("status", "draft") == "done":
        return
    if oldvalues is not None and "status" not in oldvalues:
        return
    CONSEQUENCES[cl.get(nodeid, "type")](db, nodeid, lambda name: cl.get(nodeid, name))


def _sent(db, nodeid, said):
    db.equipment.set(said("equipment"), status="in_repair")


def _back(db, nodeid, said):
    thing = said("equipment")
    changes = {"status": "in_use" if db.equipment.get(thing, "user") else "in_stock"}
    if said("type") == "replaced":
        changes["serial"] = said("serial")
        if said("warranty"):
            changes["warranty"] = said("warranty")
    db.equipment.set(thing, **changes)


def _upgrade(db, nodeid, said):
    thing = said("equipment")
    _move(db, nodeid, said, "issue", said("consumable"), said("quantity"), equipment=thing,
          department=db.equipment.get(thing, "department"))  # fmt: skip
    if said("removes"):
        db.component.set(said("removes"), removed=said("date"))
    known = {
        "equipment": thing,
        "kind": said("component"),
        "name": db.consumable.get(said("consumable"), "name"),
        "serial": said("serial"),
        "size": said("size_after"),
        "quantity": said("quantity"),
        "fitted": said("date"),
        "work": nodeid,
    }
    db.component.create(**{name: value for name, value in known.items() if value})


def _swap(db, nodeid, said):
    """The faulty one goes where the other stood, and the other to whoever had the faulty one."""
    old, new = said("equipment"), said("other")
    places = ("custodian", "department", "location")
    had = {name: db.equipment.get(old, name) for name in (*places, "user")}
    stood = {name: db.equipment.get(new, name) for name in places}
    db.equipment.set(new, status="in_use", **had)
    db.equipment.set(old, status="faulty", user=None, **stood)


def _kit(db, nodeid, said):
    made = said("type") == "assembly"
    for part in db.work_part.filter(None, {"work": nodeid}):
        one = lambda name, p=part: db.work_part.get(p, name)  # noqa: E731
        _move(db, nodeid, said, "assembly_out" if made else "assembly_in", one("consumable"), one("quantity"))
    _move(db, nodeid, said, "assembly_in" if made else "assembly_out", said("consumable"), said("quantity"))


def _move(db, nodeid, said, kind, card, quantity, **more):
    known = {"type": kind, "consumable": card, "quantity": quantity, "date": said("date"), "ticket": said("ticket"), **more}
    db.movement.create(work=nodeid, **{name: value for name, value in known.items() if value})


CONSEQUENCES = {
    "sent": _sent,
    "returned": _back,
    "replaced": _back,
    "upgrade": _upgrade,
    "swap": _swap,
    "assembly": _kit,
    "disassembly": _kit,
}


def line(db, cl, nodeid, newvalues):
    """A line belongs to a work that is not done yet."""
    for id in {newvalues.get("work"), cl.get(nodeid, "work") if nodeid else None} - {None}:
        if db.work.get(id, "status") == "done":
            raise Reject("work: выполненную работу не исправляют")
    card = newvalues.get("consumable") or (cl.get(nodeid, "consumable") if nodeid else None)
    if not card:
        raise Reject("consumable: пусто")
    amount = newvalues.get("quantity") or (cl.get(nodeid, "quantity") if nodeid else None)
    if not re.fullmatch(r"\d{1,12}(\.\d{1,3})?", amount or "") or not Decimal(amount):
        raise Reject("quantity: %r: 12.345" % amount)
    _copy(newvalues, "unit", db.consumable.get(card, "unit"))


def line_gone(db, cl, nodeid, newvalues):
    """A line of a finished work stays."""
    if db.work.get(cl.get(nodeid, "work"), "status") == "done":
        raise Reject("work: выполненную работу не исправляют")


def never(db, cl, nodeid, newvalues):
    """What was done is not taken away."""
    if cl.get(nodeid, "status") == "done":
        raise Reject("%s%s: выполненную работу не удаляют, запишите обратную" % (cl.classname, nodeid))


def fixed(db, cl, nodeid, newvalues):
    """A component that a work fitted is taken out by a work, too; the rest is the specialist's own list."""
    if cl.get(nodeid, "work") and [n for n in newvalues if n not in (*LATER, "removed", "serial")]:
        raise Reject("work: установлено работой %s" % cl.get(nodeid, "work"))


def init(db):
    """Called by Roundup once per database connection."""
    for event in ("create", "set"):
        db.work.audit(event, whole)
        db.work.react(event, done)
        db.work_part.audit(event, line)
    db.work.audit("retire", never)
    db.work_part.audit("retire", line_gone)
    db.component.audit("set", fixed)
