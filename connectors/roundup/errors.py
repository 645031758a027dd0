"""What Roundup's answers mean: status and message → our errors. Messages as measured on Roundup 2.6.0."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import requests

from ...errors import Fatal, Reject, Retry, Stale, UchetError, Unknown
from ..http import default_errors

__all__ = ["desk_errors", "explain_refusal", "message_of"]


def message_of(response: requests.Response) -> str:
    """Roundup's own words, at most 300 characters."""
    try:
        body = json.loads(response.text)
    except (ValueError, RecursionError):
        return response.text[:300]
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("msg", ""))[:300] if isinstance(error, dict) else ""


def desk_errors(response: requests.Response, write: bool) -> UchetError | None:
    """The table: ``None`` for a good answer. 404 is left to the caller, who knows what was asked for."""
    status = response.status_code
    if status < 400 or status == 404:
        return None
    message = message_of(response)
    if status == 400:
        return _bad_request(message, write)
    if status == 401:
        return Fatal(
            "login",
            "The desk refused the login.",
            hint="Check user in [desk] of uchet.toml and the password in UCHET_DESK_PASSWORD or the keyring; "
            "in the desk the user needs Web Access and Rest Access.",
        )
    if status == 403:
        return Fatal(
            "rights",
            "The desk's user may not do this: {message}",
            hint="Give the user the role Integration of our tracker template.",
            message=message or "Forbidden",
        )
    if status in (405, 409):
        return _refused(message)
    if status == 412:
        return Stale("desk_stale", "The record was changed in the desk since it was read.")
    return default_errors(response, write)


def _bad_request(message: str, write: bool) -> UchetError:
    if "An error occurred" in message:
        # An exception inside Roundup, a locked database for one; the transaction may or may not be kept.
        if write:
            return Unknown("desk_failed", "The desk failed inside; the write may have happened.")
        return Retry("desk_failed_read", "The desk failed inside.", hint="If it goes on, read the tracker's log.")
    if "Header Missing" in message or "not allowed to use Rest" in message:
        return Fatal(
            "desk_origin",
            "The desk does not accept requests under this address.",
            hint="Write the same address into the settings as the tracker has in config.ini, [tracker] web.",
        )
    if "POE token" in message:
        return Retry("desk_token", "The desk's one-time token has expired.")
    return _refused(message)


def _refused(message: str) -> Reject:
    code, template, name = "desk_refused", "The desk refused the record: {message}", _named(message)
    if "node with key" in message:
        code = "desk_duplicate"
        template = "The desk already has another record with this key."
    elif message.startswith("uchet_key "):
        code = "desk_marker_taken"
        template = "The record was created in the desk before and was deleted there: {message}"
    elif "has no node" in message:
        code, template = "desk_reference", "The record refers to something that the desk does not have: {message}"
    elif "is retired" in message:
        code, template = "desk_retired", "The record was deleted in the desk."
    return Reject(code, template, field=name, message=message)


def _named(message: str) -> str | None:
    """The property a message begins with or quotes."""
    missing = re.search(r"Must provide the '?([a-z_]+)'? prop", message)
    found = missing or re.match(r"(?:property )?([a-z_]+)[:\s]", message)
    return found.group(1) if found else None


def explain_refusal(
    error: Reject, key: str | None, values: Mapping[str, Any], links: Mapping[str, str | None]
) -> Reject:
    """``error`` with the property it is about, which Roundup does not always say.

    ``links`` maps every property to the class it points to: "organization has no node 999" names the class only.
    """
    if error.code == "desk_duplicate":
        error.field = key
    elif error.code == "desk_reference":
        found = re.match(r"(\w+) has no node (\w+)", str(error.params.get("message", "")))
        names = [n for n, of in links.items() if found and of == found[1] and str(values.get(n)) == found[2]]
        error.field = names[0] if names else None
    if error.field is not None and error.field not in links:
        error.field = None
    return error
