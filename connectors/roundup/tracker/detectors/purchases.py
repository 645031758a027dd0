"""Purchase requests: what was checked loses its mark when it changes, and a word about it stays as it was given."""

import datetime

from roundup.exceptions import Reject

#: What people approve: another value means another request.
REQUEST = (
    *("organization", "branch", "department", "initiator", "employee", "reason", "equipment", "needed_by", "article"),
)
LINE = ("request", "name", "consumable", "category", "quantity", "price")


def changed(db, cl, nodeid, newvalues):
    """A change of contents takes the mark of the check away, whoever makes it."""
    if nodeid is None:
        if newvalues.get("status") == "submitted" and not newvalues.get("submitted"):
            newvalues["submitted"] = datetime.date.today().isoformat()
        return
    if newvalues.get("status") == "submitted" and not (newvalues.get("submitted") or cl.get(nodeid, "submitted")):
        newvalues["submitted"] = datetime.date.today().isoformat()
    if "version" not in newvalues and any(
        name in newvalues and newvalues[name] != cl.get(nodeid, name) for name in REQUEST
    ):
        newvalues["version"] = None


def line_changed(db, cl, nodeid, newvalues):
    """The same for a line that comes, changes or goes to another request."""
    if nodeid is not None and not any(
        name in newvalues and newvalues[name] != cl.get(nodeid, name) for name in LINE
    ):
        return
    for id in {newvalues.get("request"), cl.get(nodeid, "request") if nodeid else None} - {None}:
        if db.request.get(id, "version"):
            db.request.set(id, version=None)


def line_gone(db, cl, nodeid, newvalues):
    """The same for a line that is deleted."""
    id = cl.get(nodeid, "request")
    if id and db.request.get(id, "version"):
        db.request.set(id, version=None)


def spoken(db, cl, nodeid, newvalues):
    """An approval is given once, for the contents that were checked last, and dated by the desk."""
    if nodeid is not None:
        raise Reject("approval: согласование не изменяют, добавьте новое")
    for name in ("role", "employee", "decision"):
        if not newvalues.get(name):
            raise Reject("%s: пусто" % name)
    version = newvalues.get("request") and db.request.get(newvalues["request"], "version")
    if not version:
        raise Reject("request: содержание ещё не проверено, согласовать можно после проверки")
    newvalues["version"] = version
    newvalues["date"] = datetime.date.today().isoformat()


def init(db):
    """Called by Roundup once per database connection."""
    for event in ("create", "set"):
        db.request.audit(event, changed)
        db.request_line.audit(event, line_changed)
        db.approval.audit(event, spoken)
    db.request_line.audit("retire", line_gone)
