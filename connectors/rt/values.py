"""RT's values on the wire and ours.

Measured on RT 5.0.3. Every custom field's value is a string, an empty one comes as ``[]`` or ``[null]``, ``null``
clears; users are named by login in single records and, when asked, by number in listings; unset times come as 1970; a
core time is taken as ``YYYY-MM-DD HH:MM:SS`` in UTC alone, a DateTime field loses its time with ``Z``, keeps it
with ``+00:00`` and is then moved by the time zone of the account, which must be UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ...errors import Reject
from ...i18n import N_
from .schema import Collection, Field

__all__ = ["Choices", "Logins", "bodies", "decode", "no_user", "same"]

#: Login → number of a user, ``None`` where there is none (``Nobody`` too).
Logins = Callable[[str], str | None]
#: The values a Select takes, ``None`` for any other field.
Choices = Callable[[Field], "tuple[str, ...] | None"]
UNSET = "1970-01-01T00:00:00Z"
NOBODY = "Nobody"


def decode(collection: Collection, item: Mapping[str, Any], logins: Logins) -> dict[str, Any]:
    """One record: what RT sent and is published, the rest is ignored. Times as UTC text, people as numbers."""
    custom = {str(one["id"]): one.get("values") or [] for one in item.get("CustomFields") or ()}
    whole = "CustomFields" in item
    data: dict[str, Any] = {}
    for name, one in collection.fields.items():
        if one.id is not None:
            if whole:
                data[name] = _custom(one, custom.get(one.id, []))
        elif one.type == "flag":
            if "Disabled" in item:
                data[name] = str(item["Disabled"]) in ("0", "")
        elif name in item:
            data[name] = _plain(one, item[name], logins)
    return data


def _custom(one: Field, values: Sequence[Any]) -> Any:
    kept = [_moment(v) if one.type == "DateTime" else v for v in values if v is not None]
    kept = [value for value in kept if value not in (None, "")]
    if one.multiple:
        return tuple(kept)
    return kept[0] if kept else None


def _moment(value: Any) -> Any:
    return None if value == UNSET else value


def _plain(one: Field, value: Any, logins: Logins) -> Any:
    if one.type == "person":
        return _person(value, logins)
    if one.type == "people":
        found = [_person(member, logins) for member in (value if isinstance(value, list) else [value])]
        people = tuple(person for person in found if person is not None)
        # One person is the person; none is nobody; several are shown as they are and fit no single reference.
        return people if len(people) > 1 else people[0] if people else None
    if one.type == "time":
        return None if value in (UNSET, "", None) else value
    if one.type == "number":
        return None if value in ("", None) else int(value)
    if isinstance(value, list):
        return tuple(value)
    return value if value != "" else None


def _person(member: Any, logins: Logins) -> str | None:
    """A user's number; a group that holds a role is no user and is shown by its own name."""
    if not isinstance(member, Mapping) or member.get("id") in (None, ""):
        return None
    if member.get("type") != "user":
        return f"{member.get('type')}:{member['id']}"
    id = member["id"]
    if str(member.get("_url", "")).endswith(f"/user/{NOBODY}"):
        return None
    return str(id) if isinstance(id, int) else logins(str(id))


def bodies(collection: Collection, values: Mapping[str, Any], choices: Choices, *, create: bool) -> dict[str, Any]:
    """The JSON to send for ``values``. Everything that RT would cut, drop or half-apply is refused before it is sent.

    Raises ``Blocked`` for an unpublished field and ``Reject`` that names the field.
    """
    collection.check(values)
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in values.items():
        one = collection.fields.get(name, Field(name, "text", way="read"))
        if one.way == "read" or (one.way == "create" and not create):
            raise _refused(name, N_("The desk keeps {name} itself; it cannot be written."))
        if one.way == "say" or (create and value in (None, ())):
            continue
        if one.id is not None:
            custom[one.id] = _custom_wire(one, value, choices)
        elif one.type == "flag":
            body["Disabled"] = 0 if value in (True, None) else 1
        elif one.type != "links":
            body[name] = _wire(one, value)
    if custom:
        body["CustomFields"] = custom
    return body


def _custom_wire(one: Field, value: Any, choices: Choices) -> Any:
    if one.multiple:
        given = value if isinstance(value, (list, tuple)) else [] if value in (None, "") else [value]
        return [_custom_text(one, item, choices) for item in given]
    return None if value in (None, "") else _custom_text(one, value, choices)


def _custom_text(one: Field, value: Any, choices: Choices) -> str:
    if one.type == "Date":
        return _day(one, value)
    if one.type == "DateTime":
        return _time(one, value).isoformat()
    text = _text(one, value)
    known = choices(one)
    if known is not None and text not in known:
        raise _refused(one.name, N_("{name} in the desk has no value “{value}”."), value=text[:80])
    return text


def _day(one: Field, value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError:
        raise _refused(one.name, N_("{name}: “{value}” is not a date."), value=str(value)[:80]) from None


def _time(one: Field, value: Any) -> datetime:
    """A moment with a zone, in UTC: RT makes 1970 or midnight out of whatever it does not understand."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise _refused(one.name, N_("{name}: “{value}” is not a time."), value=str(value)[:80]) from None
    if moment.tzinfo is None:
        raise _refused(one.name, N_("{name}: “{value}” is a time without a zone."), value=str(value)[:80])
    return moment.astimezone(UTC).replace(microsecond=0)


def _wire(one: Field, value: Any) -> Any:
    if one.type == "person":
        return NOBODY if value in (None, "") else int(_number(one, value))
    if one.type == "people":
        given = value if isinstance(value, (list, tuple)) else [] if value in (None, "") else [value]
        return [int(_number(one, item)) for item in given]
    if one.type == "time":
        # Cleared by the start of the era, which RT itself takes for "not set".
        return "1970-01-01 00:00:00" if value in (None, "") else f"{_time(one, value):%Y-%m-%d %H:%M:%S}"
    if one.type == "number":
        return int(_number(one, value or 0))
    text = _text(one, "" if value is None else value)
    if one.name == "Name" and text.isascii() and text.isdigit():
        raise _refused(one.name, N_("The desk takes no name that is a number: “{value}”."), value=text[:80])
    if one.bytes is not None and len(text.encode()) > one.bytes:
        raise _refused(one.name, N_("{name}: “{value}…” is longer than the desk can keep."), value=text[:40])
    return text


def _number(one: Field, value: Any) -> str:
    """A user's number. A login that RT does not know breaks a PUT in the middle, an address makes a new user."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise _refused(one.name, N_("{name}: “{value}” is not the number of a user."), value=text[:80])
    return text


def no_user(name: str, id: int) -> Reject:
    """A number that no user has."""
    return _refused(name, N_("{name}: the desk has no user {value}."), value=id)


def _text(one: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, (str, int)):
        return str(value)
    raise _refused(
        one.name, N_("The value of {name} cannot be sent to the desk ({value})."), value=type(value).__name__
    )


def _refused(name: str, template: str, value: object = "") -> Reject:
    hint = "Correct the value where it comes from, or the mapping of this field."
    return Reject("desk_value", template, field=name, hint=hint, name=name, value=value)


def same(one: Field, held: Any, wanted: Any) -> bool:
    """Whether the record holds ``wanted``: equal, or empty either way; numbers and times by what they mean."""
    if wanted in (None, "", (), []):
        return held in (None, "", ()) or (one.type == "flag" and held is True) or (one.type == "number" and held == 0)
    if one.type == "time" or one.type == "DateTime":
        moment = _time(one, wanted)
        return held is not None and datetime.fromisoformat(str(held).replace("Z", "+00:00")) == moment
    if one.type == "Date":
        return bool(held == _day(one, wanted))
    if one.type in ("people", "links") or one.multiple:
        left = held if isinstance(held, tuple) else () if held is None else (held,)
        right = wanted if isinstance(wanted, (list, tuple)) else (wanted,)
        return sorted(map(str, left)) == sorted(map(str, right))
    if one.type in ("flag", "number"):
        return bool(held == wanted)
    return held is not None and str(held) == _text(one, wanted)
