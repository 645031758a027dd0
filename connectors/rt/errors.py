"""What RT's answers mean: status → our errors. Its words follow the account's language: they are shown, never read."""

from __future__ import annotations

import json

import requests

from ...errors import Fatal, Reject, Stale, UchetError
from ..http import default_errors

__all__ = ["message_of", "rt_errors"]


def message_of(response: requests.Response) -> str:
    """RT's own words, at most 300 characters."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return response.text[:300]
    if isinstance(body, list):
        return "; ".join(str(line) for line in body if line)[:300]
    return str(body.get("message", ""))[:300] if isinstance(body, dict) else ""


def rt_errors(response: requests.Response, write: bool) -> UchetError | None:
    """The table: ``None`` for a good answer. 404 is left to the caller, who knows what was asked for.

    Measured on 5.0.3: 400 refuses a create (an asset's is rolled back) or a search, 409 and 412 mean that somebody was
    faster, 403 also names a catalog or queue that does not exist, 302 to ``/`` is a refused login of a client that
    sent a cookie.
    """
    status = response.status_code
    if status < 400 and "/REST/" not in response.url and "/NoAuth/" not in response.url:
        return _login()
    if status < 400 or status == 404:
        return None
    if status == 401:
        return _login()
    if status == 403:
        return Fatal(
            "rights",
            "The desk's user may not do this: {message}",
            hint="Give the service account the rights that “uchet init” lists for Request Tracker.",
            message=message_of(response) or "Forbidden",
        )
    if status == 412:
        return Stale("desk_stale", "The record was changed in the desk since it was read.")
    if status in (400, 409):
        return Reject("desk_refused", "The desk refused the record: {message}", message=message_of(response))
    return default_errors(response, write)


def _login() -> Fatal:
    return Fatal(
        "login",
        "The desk refused the login.",
        hint="Check user in [desk] of uchet.toml and the password or token in UCHET_DESK_PASSWORD or the keyring. "
        "RT takes only passwords of Latin letters, digits and signs from programs.",
    )
