"""Names against their sources: the list of names that the data files were made from, and a real base's description."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from uchet.connectors.onec import metadata
from uchet.emulator import names
from uchet.emulator.describe import read
from uchet.emulator.publish import to_edmx
from uchet.mappings.load import load_system
from uchet.mappings.review import review

pytestmark = pytest.mark.shared


@pytest.mark.parametrize(("chapter", "name"), [("A", "bp30"), ("B", "erp25")])
def test_the_data_is_what_the_list_says(shared: Path, root: Path, chapter: str, name: str) -> None:
    listed = (shared / "reference" / "onec-odata-names.md").read_text("utf-8")
    kept = (root / "emulator" / "names" / f"{name}.txt").read_text("utf-8")
    assert names.convert(listed, chapter) == kept


def test_every_name_of_bp_kz_is_in_a_real_base(shared: Path) -> None:
    real = (shared / "fixtures" / "onec" / "metadata-kz.xml").read_bytes()
    # The register of the extension is ours: its description is the project's.
    ours = metadata.parse(to_edmx(read(names.text("bp30", ["information ИТАктивы"])))).collections()
    published = {**metadata.parse(real).collections(), **ours}
    found = review(load_system("book", "bp_kz"), published)
    assert Counter(line.state for line in found) == {"found": len(found)}
    assert len(found) > 10


def test_bp_kz_has_no_draft_because_the_real_base_publishes_none_of_its_documents(shared: Path) -> None:
    real = metadata.parse((shared / "fixtures" / "onec" / "metadata-kz.xml").read_bytes()).collections()
    ours = {
        one.collection for name in ("bp30", "erp25", "ut11") for one in load_system("book", name).documents.values()
    }
    assert ours & real.keys() == set()
    assert not load_system("book", "bp_kz").documents
