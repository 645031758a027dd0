"""The index of ``$metadata``."""

from __future__ import annotations

from pathlib import Path

import pytest

from uchet.connectors.onec import metadata
from uchet.connectors.onec.metadata import Index
from uchet.errors import Fatal

REAL = Path(__file__).parents[4].parent / "shared/fixtures/onec/metadata-kz.xml"


def test_sets_keys_types_and_lengths(index: Index) -> None:
    entity = index.entity("Catalog_Склады")
    assert entity is not None
    assert entity.key == ("Ref_Key",)
    assert entity.properties["Description"].length == 25
    assert entity.properties["Комментарий"].length is None
    assert entity.properties["ТипСклада"].is_enum
    document = index.entity("Document_Ввод")
    assert document is not None
    assert document.navigation == {"Склад": "Catalog_Склады"}
    assert document.properties["Строки"].rows == "Document_Ввод_Строки_RowType"
    assert [n for n in document.properties if document.is_composite(n)] == ["Основание"]
    assert index.entity("Catalog_Нет") is None


def test_a_slice_is_found_on_the_set_it_is_bound_to(index: Index) -> None:
    for name in ("InformationRegister_Места", "InformationRegister_Места_RecordType"):
        found = index.virtual(name, "SliceLast")
        assert found is not None
        assert found[0] == "InformationRegister_Места_RecordType"
        assert found[1].params == ("Condition", "Period")
    assert index.virtual("Catalog_Склады", "SliceLast") is None


def test_collections_name_parts_and_virtual_tables(index: Index) -> None:
    found = index.collections()
    assert found["Document_Ввод/Строки"]["Имя"].length == 10
    assert "Состояние" in found["InformationRegister_Места_RecordType/SliceLast"]
    assert "КоличествоBalance" in found["AccountingRegister_Учет/Balance"]
    assert not any(name.endswith("/Post") for name in found)


def test_the_index_is_kept_on_disk(index: Index, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.msgpack"
    metadata.save(index, path)
    assert metadata.load(path) == index
    assert [p.name for p in path.parent.iterdir()] == ["x.msgpack"]
    path.write_bytes(path.read_bytes()[:-5])
    assert metadata.load(path) is None
    assert metadata.load(tmp_path / "none") is None


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"<edmx:Edmx", b"{}"])
def test_what_is_no_edmx_is_said_so(body: bytes) -> None:
    with pytest.raises(Fatal, match="metadata"):
        metadata.parse(body)


def test_entities_are_not_resolved(tmp_path: Path, edmx: bytes) -> None:
    secret = tmp_path / "secret"
    secret.write_text("LEAKED")
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>'.encode()
    evil = edmx.replace(b"<edmx:Edmx", doctype + b"<edmx:Edmx", 1).replace(
        b"<EntityContainer", b"&e;<EntityContainer", 1
    )
    assert "LEAKED" not in repr(metadata.parse(evil))


@pytest.mark.shared
@pytest.mark.shared
def test_a_real_base() -> None:
    found = metadata.parse(REAL.read_bytes())
    assert len(found.sets) == 64
    accounts = found.entity("Catalog_БанковскиеСчета")
    assert accounts is not None
    assert accounts.is_composite("Owner")
    assert accounts.navigation["Банк"] == "Catalog_Банки"
    functions = [f for group in found.functions.values() for f in group.values()]
    assert len(functions) == 16
    users = found.entity("Catalog_Пользователи")
    assert users is not None
    assert not users.is_composite("СвойстваПользователяИБ")
