"""What the desk insists on, for people and programs alike: known states, plain dates and amounts, unique markers."""

import re

from roundup.exceptions import Reject

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
}
DATES = {
    *(("equipment", "commissioned"), ("equipment", "warranty"), ("request", "needed_by"), ("request", "submitted")),
    *(("request_line", "price_date"), ("approval", "date"), ("licence", "expires")),
}
NUMBERS = {
    *(("equipment", "cost"), ("consumable", "quantity"), ("consumable", "minimum"), ("licence", "seats")),
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
