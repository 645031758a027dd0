"""What the demo reads through an exchange node is all that a node carries whole."""

from __future__ import annotations

from uchet.connectors.onec.soap.objects import known
from uchet.jobs.demo.servers import BY_NODE
from uchet.mappings.load import load_system

CARDS = "Catalog_ОсновныеСредства"


def test_the_week_is_switched_for_everything_that_the_format_carries() -> None:
    """Of what the engine reads of БП 3.0 and the format knows, cards of fixed assets stay with OData alone: what the
    desk knows of a thing is written into them, and stands in attributes that the format does not carry. Documents of
    the format are no sources: stock and orders are read from the registers and as drafts of our own."""
    carried = {kind.collection: kind for kind in known().values()}
    sources = [source for kind in load_system("book", "bp30").kinds.values() for source in kind.sources]
    read = {source.collection for source in sources}
    assert read & {*carried} == {*BY_NODE, CARDS}
    asked = {field for source in sources if source.collection == CARDS for field in source.fields}
    assert asked & {*carried[CARDS].nowhere} >= {"ДополнительныеРеквизиты"}
    for name in BY_NODE:
        wanted = {field for source in sources if source.collection == name for field in source.fields}
        kept = {*carried[name].types, *carried[name].constants, *carried[name].nowhere}
        assert wanted <= kept, name
