"""The schema of EnterpriseData messages 1.8 and 1.19 (``xsd/``): what is sent is held against it before it leaves.

What comes is not: a newer build of a version has elements that nobody here has heard of, and they are passed over.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lxml import etree

from ....errors import Fatal

__all__ = ["fit", "schema"]


@cache
def schema() -> etree.XMLSchema:
    """Of whole messages. Bodies of other versions, and objects that are not declared, are not looked into."""
    return etree.XMLSchema(file=str(Path(__file__).parent / "xsd" / "message.xsd"))


def fit(message: etree._Element) -> None:
    """Raises ``Fatal`` for a message that 1C would refuse by its form."""
    try:
        schema().assertValid(message)
    except etree.DocumentInvalid as error:
        raise Fatal(
            "message_built",
            "The message does not fit the format EnterpriseData: {reason}",
            hint="Nothing was sent. This is an error of uchet: report it with this text.",
            reason=str(error),
        ) from error
