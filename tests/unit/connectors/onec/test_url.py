"""Addresses and literals as 1C wants them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.connectors.onec import url

GUID = "8d04ce3c-0000-11ec-80d6-000c29b2ed21"


@pytest.mark.parametrize(
    "given_url",
    [
        "http://h:8080/База",
        "http://h:8080/База/",
        "http://h:8080/База/odata/standard.odata",
        "http://h:8080/%D0%91%D0%B0%D0%B7%D0%B0/odata/standard.odata/Catalog_Склады",
        " http://h:8080/База/odata ",
    ],
)
def test_every_spelling_of_the_address_is_one(given_url: str) -> None:
    assert url.address(given_url) == "http://h:8080/%D0%91%D0%B0%D0%B7%D0%B0/odata/standard.odata"


@pytest.mark.parametrize(
    ("value", "edm", "expected"),
    [
        (GUID.upper(), "Edm.Guid", f"guid'{GUID}'"),
        ("O'Нил", "Edm.String", "'O''Нил'"),
        (GUID, "Edm.String", f"'{GUID}'"),
        (True, "", "true"),
        (False, "Edm.Boolean", "false"),
        (7, "", "7"),
        ("7", "Edm.Int64", "7"),
        (Decimal("1E+2"), "", "100"),
        (Decimal("0.10"), "Edm.Double", "0.10"),
        (datetime(2026, 2, 10, 12), "", "datetime'2026-02-10T12:00:00'"),
        (datetime(1, 1, 1), "", "datetime'0001-01-01T00:00:00'"),
        (date(2026, 2, 10), "", "datetime'2026-02-10T00:00:00'"),
        ("2026-02-10T12:00:00", "Edm.DateTime", "datetime'2026-02-10T12:00:00'"),
        (url.Cast(GUID, "StandardODATA.Document_X"), "", f"cast(guid'{GUID}','Document_X')"),
    ],
)
def test_literals(value: object, edm: str, expected: str) -> None:
    assert url.literal(value, edm) == expected


@pytest.mark.parametrize(
    ("value", "edm"),
    [
        (datetime(2026, 2, 10, tzinfo=UTC), ""),
        ("2026-02-10T12:00:00+03:00", "Edm.DateTime"),
        ("' or 1 eq 1", "Edm.Guid"),
        ("x", "Edm.Int64"),
        (1.5, ""),
        (None, ""),
    ],
)
def test_what_has_no_literal_is_refused(value: object, edm: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        url.literal(value, edm)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_query_string(value: str) -> None:
    raw = url.options(_filter=f"a eq {url.text(value)}", Condition="x")
    assert raw.isascii()
    assert "+" not in raw
    assert " " not in raw
    assert raw.count("&") == 1
    assert unquote(raw.removesuffix("&Condition=x")) == f"$filter=a eq {url.text(value)}"


def test_short_calls_go_into_the_path_and_long_ones_into_the_query() -> None:
    path, query = url.call("R", "Balance", {"AccountCondition": url.text(f"Account_Key eq {url.guid(GUID)}")})
    assert unquote(path) == f"R/Balance(AccountCondition='Account_Key eq guid''{GUID}''')"
    assert query == ""
    many = url.text(" or ".join([f"Account_Key eq {url.guid(GUID)}"] * 4))
    path, query = url.call("R", "Balance", {"AccountCondition": many})
    assert path == "R/Balance()"
    assert unquote(query) == f"AccountCondition={many}"


def test_keys() -> None:
    assert url.key({"Ref_Key": url.guid(GUID)}) == f"(guid'{GUID}')"
    assert url.key({"A": "1", "B": "'x'"}) == "(A=1,B='x')"
    assert url.segment("Catalog_Склады(guid'x')") == "Catalog_%D0%A1%D0%BA%D0%BB%D0%B0%D0%B4%D1%8B(guid'x')"
