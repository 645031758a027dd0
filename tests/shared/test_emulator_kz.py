"""Any base's ``$metadata`` becomes that base: here the one of a real БП for Kazakhstan, as it was published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from uchet.emulator import Emulator

pytestmark = pytest.mark.shared


def found() -> Path:
    """``../shared/fixtures`` beside the checkout, seen from this file."""
    for folder in Path(__file__).resolve().parents:
        place = folder.parent / "shared" / "fixtures" / "onec" / "metadata-kz.xml"
        if place.exists():
            return place
    raise FileNotFoundError("metadata-kz.xml")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The Kazakhstan base, empty."""
    with Emulator(found(), base="kz") as started:
        yield started


def call(emulator: Emulator, method: str, path: str, body: Any = None, query: str = "") -> requests.Response:
    address = emulator.url + quote(path, safe="/()'=,$") + (f"?{quote(query, safe='=&$')}" if query else "")
    return requests.request(method, address, json=body, headers={"Accept": "application/json"}, timeout=20)


def test_every_set_answers_and_the_metadata_is_served_unchanged(emulator: Emulator) -> None:
    names = [row["name"] for row in call(emulator, "GET", "").json()["value"]]
    assert len(names) == 64
    assert call(emulator, "GET", "$metadata").content == found().read_bytes()
    for name in names:
        answer = call(emulator, "GET", name)
        assert (answer.status_code, answer.json()["value"]) == (200, []), name


def test_objects_parts_and_composite_owners(emulator: Emulator) -> None:
    partner = call(emulator, "POST", "Catalog_Контрагенты", {"Description": "ТОО"}).json()["Ref_Key"]
    account = call(
        emulator,
        "POST",
        "Catalog_БанковскиеСчета",
        {"Description": "KZT", "Owner": partner, "Owner_Type": "StandardODATA.Catalog_Контрагенты"},
    ).json()
    assert (account["Owner"], account["Owner_Type"]) == (partner, "StandardODATA.Catalog_Контрагенты")
    condition = f"$filter=Owner eq cast(guid'{partner}','Catalog_Контрагенты')"
    assert len(call(emulator, "GET", "Catalog_БанковскиеСчета", query=condition).json()["value"]) == 1
    invoice = call(
        emulator,
        "POST",
        "Document_РеализацияТоваровУслуг",
        {
            "Date": "2026-01-01T10:00:00",
            "КратностьВзаиморасчетов": "1",
            "КурсВзаиморасчетов": 1.5,
            "Товары": [{"LineNumber": 1, "Количество": "2.5"}, {"LineNumber": 2, "Количество": 1}],
        },
    ).json()
    assert (invoice["КратностьВзаиморасчетов"], invoice["КурсВзаиморасчетов"]) == ("1", 1.5)
    rows = call(emulator, "GET", "Document_РеализацияТоваровУслуг_Товары").json()["value"]
    assert {(row["LineNumber"], row["Количество"]) for row in rows} == {("1", 2.5), ("2", 1)}
    post = f"Document_РеализацияТоваровУслуг(guid'{invoice['Ref_Key']}')/Post"
    assert call(emulator, "POST", post).status_code == 200
    shown = call(emulator, "GET", "Document_РеализацияТоваровУслуг", query="$filter=Posted eq true").json()["value"]
    assert len(shown) == 1


def test_slices_of_an_independent_periodic_register(emulator: Emulator) -> None:
    for day in ("2026-01-01", "2026-02-01"):
        emulator.world.put("InformationRegister_КурсыВалют", {"Period": f"{day}T00:00:00"})
    rows = call(emulator, "GET", "InformationRegister_КурсыВалют/SliceLast()").json()["value"]
    assert [row["Period"] for row in rows] == ["2026-02-01T00:00:00"]
