"""``uchet adopt`` and the lists of ``uchet check``: what a person reads, and what is written to files."""

from __future__ import annotations

import tomllib

from uchet.emulator import names
from uchet.emulator.describe import read
from uchet.emulator.publish import to_edmx


def test_adopt_writes_a_part_of_the_settings(cli, tmp_path) -> None:
    metadata, out = tmp_path / "base.xml", tmp_path / "proposal.toml"
    other = names.text("bp30").replace("ЗаводскойНомер s100", "ЗаводскойНомерОС s100")
    other = other.replace(
        "document КомплектацияНоменклатуры", "document Сборка"
    )  # a base that calls a document otherwise
    metadata.write_bytes(to_edmx(read(other)))
    answer = cli("adopt", str(metadata), "--json").json
    assert answer["base"] == "bp30"
    places = ("kinds.equipment.fields.serial.wire", "kinds.shown.fields.serial.wire")
    renamed = dict.fromkeys(places, "ЗаводскойНомерОС")
    assert answer["overrides"] == renamed
    assert cli("adopt", str(metadata), "--out", str(out)).code == 0
    text = out.read_text("utf-8")
    assert tomllib.loads(text)["mapping"]["book"] == answer["overrides"]
    assert "80 %" in text
    assert "documents.assemble" in text


def test_adopt_says_how_to_save_a_file_that_is_not_there(cli, tmp_path) -> None:
    answer = cli("adopt", str(tmp_path / "no.xml"))
    assert answer.code == 4
    assert "$metadata" in answer.err


def test_check_writes_the_list_of_sets(cli, tmp_path) -> None:
    out = tmp_path / "sets.md"
    cli("check", "--sets", str(out))
    text = out.read_text("utf-8")
    assert "- [x] Справочники → ОсновныеСредства" in text
    needed, _, rest = text.partition("\n## ")[2].partition("\n## ")
    assert "ПеремещениеОС" in needed
    assert "Документы → МодернизацияОС" in rest
    names_there = {line["state"] for line in cli("check", "--json").json["sides"][0]["names"]}
    assert "found" in names_there
