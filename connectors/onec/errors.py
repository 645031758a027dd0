"""What an answer of 1C means: HTTP status × internal code × shape of the body → one of our errors.

Decided by status and code first; by text only where the platform says nothing else (licence, lock, closed period,
exclusive mode). An error with an OData body means that the transaction was rolled back (measured), so such a write
certainly did not happen; a failure without one (the web server's page, nothing at all) says nothing about a write.
Error texts of 1C echo names and values of the base, so what is kept of them is masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import requests
from lxml import etree

from ...errors import Blocked, Fatal, Reject, Retry, Stale, UchetError, Unknown
from ...i18n import N_
from ..http import retry_after
from .values import parse_json

__all__ = ["CODES", "Fault", "explain", "fault", "mask", "odata_errors"]

Shape = Literal["odata", "html", "empty", "other"]

_LICENCE = re.compile(r"лиценз|licen[sc]e", re.I)
_LICENCE_PHRASE = re.compile(
    r"обнаружено свободной лицензии|не найдена лицензия|no free licen[sc]e|licen[sc]e not found", re.I
)
_LOCK = re.compile(r"конфликт блокировок|взаимоблокировк|lock conflict|deadlock", re.I)
_CLOSED = re.compile(r"запрещенн(ый|ом) период|запрещено изменять данные с датой|closed period", re.I)
_BUSY_BASE = re.compile(r"база данных заблокирована|монопольн|блокировк[аи] сеансов|exclusive mode", re.I)
_MEMORY = re.compile(r"недостаточно памяти|not enough memory", re.I)
_INTERNAL = re.compile(r"внутренняя ошибка odata|internal odata", re.I)
_QUOTED = re.compile(r"«[^»]*»|\"[^\"]*\"|'[^']*'")
_FINDS_OUT = N_("Nothing to do: the next run finds out whether it was done.")
_LOGS = N_("Nothing to do: the next run tries again. If it stays so, look into the logs of the web server and of 1C.")
_NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d[\d\s.,:/-]*\d|\d", re.I)


@dataclass(frozen=True, slots=True)
class Fault:
    """An error answer taken apart. ``code`` is 1C's own number as text, empty where there is none."""

    status: int
    code: str
    text: str
    shape: Shape


def fault(response: requests.Response) -> Fault:
    """Take an error answer apart, whatever body it came with."""
    body = response.content.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        return Fault(response.status_code, "", "", "empty")
    if body[:1] == b"{":
        found = _from_json(body)
        if found is not None:
            return Fault(response.status_code, *found, "odata")
    text = body.decode("utf-8", "replace")
    if re.match(r"(<\?xml[^>]*>\s*)?<!doctype html|<html", text, re.I):
        return Fault(response.status_code, "", re.sub(r"<[^>]+>", " ", text), "html")
    if body[:1] == b"<":
        found = _from_xml(body)
        if found is not None:
            return Fault(response.status_code, *found, "odata")
    return Fault(response.status_code, "", text, "other")


def _from_json(body: bytes) -> tuple[str, str] | None:
    try:
        error = parse_json(body)["odata.error"]
        message = error.get("message") or {}
        text = message.get("value", "") if isinstance(message, Mapping) else message
        return str(error.get("code", "")), str(text)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _from_xml(body: bytes) -> tuple[str, str] | None:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        return None
    if not str(root.tag).endswith("error"):
        return None
    parts = {str(child.tag).rpartition("}")[2]: "".join(map(str, child.itertext())) for child in root}
    return parts.get("code", ""), parts.get("message", "")


def mask(text: str, limit: int = 300) -> str:
    """The text without quoted names, numbers and keys of the base."""
    short = " ".join(text.split())[: limit * 3]
    return _NUMBERS.sub("#", _QUOTED.sub("«…»", short))[:limit]


def odata_errors(response: requests.Response, write: bool) -> UchetError | None:
    """The table for ``HttpClient``: ``None`` for a good answer."""
    if response.status_code < 300:
        page = fault(response) if response.content.lstrip()[:1] == b"<" else None
        return _login_page() if page is not None and page.shape == "html" else None
    return explain(fault(response), write, retry_after(response))


def explain(found: Fault, write: bool, after: float | None = None) -> UchetError:
    """The error for an answer taken apart; ``write`` says whether a write was asked."""
    error = _by_text(found, write) or _by_status(found, write, after)
    error.evidence.update({"code": found.code, "shape": found.shape, "text": mask(found.text)})
    return error


def _by_text(found: Fault, write: bool) -> UchetError | None:
    business = found.shape == "odata"
    if (_LICENCE_PHRASE if business else _LICENCE).search(found.text):
        return Retry(
            "licence",
            "1C has no free licence.",
            after=300.0,
            hint="Close unused 1C sessions or run at another hour; fewer connections in the settings help too.",
        )
    if _BUSY_BASE.search(found.text):
        return Retry(
            "maintenance",
            "The 1C base is locked for maintenance.",
            after=300.0,
            hint="Wait until the update or the maintenance is finished.",
        )
    if found.status < 500 or not business:
        return None
    if _CLOSED.search(found.text):
        return Blocked(
            "closed_period",
            "1C refuses: the date lies in a closed period.",
            hint="Move the date to an open period or ask the accountant to open it.",
        )
    if _LOCK.search(found.text):
        return Retry("lock", "Another user of 1C holds the data now.", after=2.0)
    if not write and (_MEMORY.search(found.text) or _INTERNAL.search(found.text)):
        return Retry("server_failed", "The server failed (HTTP {status}).", hint=_LOGS, status=found.status)
    return None


def _by_status(found: Fault, write: bool, after: float | None) -> UchetError:
    status = found.status
    if found.shape == "odata" and found.code in CODES:
        return CODES[found.code](found, write)
    if status in _STATUSES:
        return _STATUSES[status](found, write)
    if status in (408, 425, 429):
        return Retry("busy", "The server asks to come back later (HTTP {status}).", after=after, status=status)
    if found.shape == "odata":
        return _refused(found, write)
    if status >= 500:
        if write:
            text = "The server failed (HTTP {status}); the write may have happened."
            return Unknown("answer_lost_status", text, hint=_FINDS_OUT, status=status)
        return Retry("server_failed", "The server failed (HTTP {status}).", hint=_LOGS, after=after, status=status)
    return _bad_request(found, write)


def _login(_: Fault, __: bool) -> UchetError:
    return Fatal(
        "login",
        "1C refused the login.",
        hint="Check user in [book] of uchet.toml and the password in UCHET_BOOK_PASSWORD or the keyring; in 1C "
        "the user must have a password and may use 1C authentication.",
    )


def _login_page() -> UchetError:
    return Fatal(
        "login_page",
        "A login page came instead of data.",
        hint="The address is behind a web login: write the address at which 1C itself answers into the settings.",
    )


def _rights(_: Fault, __: bool) -> UchetError:
    return Fatal(
        "rights",
        "The user of 1C has not enough rights for {set}.",
        hint="Give the user the role «Удаленный доступ OData» and the rights to read and write what is published.",
        set="what was asked for",
    )


def _forbidden(_: Fault, __: bool) -> UchetError:
    return Fatal("forbidden", "The web server forbids the request.", hint="Check the publication of the 1C base.")


def _no_set(_: Fault, __: bool) -> UchetError:
    return Blocked(
        "not_published",
        "1C does not publish {set}.",
        hint="Add it to the OData composition: «Настройка стандартного интерфейса OData» in 1C.",
        set="what was asked for",
    )


def _no_instance(_: Fault, __: bool) -> UchetError:
    return Reject("not_found", "The record is not in 1C.", hint="It was deleted in 1C; the next run plans anew.")


def _publication(_: Fault, __: bool) -> UchetError:
    return Fatal(
        "publication",
        "There is no OData interface at this address.",
        hint='Check the address; in default.vrd it is switched on by <standardOdata enable="true"/>.',
    )


def _exists(_: Fault, __: bool) -> UchetError:
    return Reject("exists", "1C already has a record with this key.")


def _refused(found: Fault, write: bool) -> UchetError:
    return Reject(
        "refused",
        "1C refused: {reason}",
        hint="Correct the record in 1C or on the desk; the full text is in 1C's own message.",
        reason=mask(found.text),
    )


def _bad_request(found: Fault, write: bool) -> UchetError:
    if write:
        return Reject("wrong_value", "1C does not accept a value: {reason}", reason=mask(found.text))
    return Fatal(
        "request",
        "1C does not understand the request: {reason}",
        hint="Run the check: it compares the mapping with what the base publishes.",
        reason=mask(found.text),
    )


def _bad_name(found: Fault, _: bool) -> UchetError:
    return Blocked(
        "drift",
        "1C does not know a name in the request: {reason}",
        hint="Run the check: it compares the mapping with what the base publishes.",
        reason=mask(found.text),
    )


def _unsupported(found: Fault, _: bool) -> UchetError:
    return Fatal("unsupported", "This version of 1C cannot do what was asked: {reason}", reason=mask(found.text))


def _too_large(found: Fault, _: bool) -> UchetError:
    return Reject("too_large", "The web server refuses a request of this size.", hint="Raise its limits.")


def _no_session(_: Fault, __: bool) -> UchetError:
    return Retry("session", "1C cannot start a session now.", after=20.0)


def _stale(_: Fault, __: bool) -> UchetError:
    return Stale("stale", "The record was changed by somebody else.")


_Make = Callable[[Fault, bool], UchetError]

#: 1C's internal codes, as the platform's manual lists them (the meaning of each is in the reference of 8.3.27).
CODES: Mapping[str, _Make] = MappingProxyType(
    {
        "-1": _refused,
        "0": _unsupported,
        "1": _bad_request,
        "2": _bad_request,
        "3": _unsupported,
        "4": _bad_request,
        "5": _bad_request,
        "6": _bad_name,
        "7": _bad_request,
        "8": _no_set,
        "9": _no_instance,
        "10": _bad_name,
        "11": _bad_name,
        "12": _bad_request,
        "13": _bad_request,
        "14": _bad_request,
        "15": _exists,
        "16": _bad_request,
        "17": _unsupported,
        "18": _publication,
        "19": _unsupported,
        "20": _rights,
        "21": _unsupported,
    }
)

#: Answers without a code of 1C. A 404 here is never "no such record": the web server may have replaced the body.
_STATUSES: Mapping[int, _Make] = MappingProxyType(
    {
        401: _login,
        403: _forbidden,
        404: _publication,
        405: _unsupported,
        406: _no_session,
        411: _unsupported,
        412: _stale,
        413: _too_large,
        414: _too_large,
        501: _unsupported,
    }
)
