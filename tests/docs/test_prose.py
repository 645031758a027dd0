"""What the documentation promises stands: links lead somewhere, names are the ones of the mapping."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")


def pages(root: Path) -> list[Path]:
    return [
        page
        for name in PAGES
        for page in ([root / name] if name.endswith(".md") else sorted((root / name).glob("*.md")))
    ]


def test_links_lead_somewhere(root: Path) -> None:
    links = [(page, link) for page in pages(root) for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))]
    local = [(page, link.split("#")[0]) for page, link in links if "://" not in link]
    assert len(local) >= 8
    assert [f"{page.name}: {link}" for page, link in local if link and not (page.parent / link).exists()] == []


def test_connecting_names_every_set_that_the_mapping_reads(root: Path) -> None:
    book = tomllib.loads((root / "mappings/book/bp30.toml").read_text("utf-8"))
    named = set(re.findall(r"`(\w+_\w+)`", (root / "docs/connecting.md").read_text("utf-8")))
    read = {name.split("/")[0].removesuffix("_RecordType") for name in collections(book)}
    assert len(read) > 10
    assert sorted(read - named) == []


def test_connecting_names_every_additional_attribute(root: Path) -> None:
    book = tomllib.loads((root / "mappings/book/bp30.toml").read_text("utf-8"))
    text = (root / "docs/connecting.md").read_text("utf-8")
    assert [row["title"] for row in book["properties"].values() if row["title"] not in text] == []


@pytest.mark.parametrize(
    "name", ["docs/connecting.md", "docs/guarantees.md", "docs/architecture.md", "docs/commands.md"]
)
def test_readme_leads_to(root: Path, name: str) -> None:
    assert f"]({name})" in (root / "README.md").read_text("utf-8")


def collections(part: Any) -> Iterator[str]:
    """Every value of ``collection`` and ``set_collection`` in a mapping, at any depth."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"collection", "set_collection"}:
                yield value
            else:
                yield from collections(value)
