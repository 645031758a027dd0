"""XML laid out as a platform prints it: tabs, the first attribute beside the name, the others on lines of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["Node", "node", "printed"]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_QUOTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


@dataclass(frozen=True, slots=True)
class Node:
    """An element with its prefix; ``text`` stands before the children."""

    tag: str
    attributes: Sequence[tuple[str, str]] = ()
    children: Sequence[Node] = ()
    text: str = ""


def node(tag: str, *children: Node, text: str = "", attributes: Iterable[tuple[str, str]] = (), **named: str) -> Node:
    """An element; ``attributes`` come before the named ones."""
    return Node(tag, (*attributes, *named.items()), children, text)


def printed(top: Node, depth: int = 0) -> str:
    """The element and all below it, without a line end after it."""
    tabs = "\t" * depth
    pairs = [f'{name}="{escape(value, _QUOTES)}"' for name, value in top.attributes]
    head = f"{tabs}<{top.tag}" + (" " if pairs else "") + f"\n{tabs}\t\t".join(pairs)
    text = escape(top.text, {"\r": "&#13;"})
    if not top.children:
        return f"{head}>{text}</{top.tag}>" if text else f"{head}/>"
    inner = "\n".join(printed(child, depth + 1) for child in top.children)
    return f"{head}>{text}\n{inner}\n{tabs}</{top.tag}>"
