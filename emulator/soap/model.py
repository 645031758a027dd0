"""What a web service of 1C is made of: XDTO packages and services, as the configuration's metadata names them.

A platform derives the WSDL from exactly this, mechanically; ``wsdl.py`` does the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["XS", "Element", "ObjectType", "Operation", "Package", "Parameter", "QName", "Service", "ValueType"]

XS = "http://www.w3.org/2001/XMLSchema"
Direction = Literal["In", "Out", "InOut"]


@dataclass(frozen=True, slots=True)
class QName:
    """A type's name in its namespace."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """A property of an object type; ``type`` None: any value. ``upper`` -1: unbounded.

    An attribute has ``attribute`` set: it is required where ``lower`` is 1. ``inner`` are the properties of a type
    without a name of its own.
    """

    name: str
    type: QName | None = None
    nillable: bool = False
    lower: int = 1
    upper: int = 1
    attribute: bool = False
    default: str | None = None
    inner: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueType:
    """A simple type: a base restricted by a list of values, a pattern or a length."""

    name: str
    base: QName
    values: tuple[str, ...] = ()
    pattern: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type with properties; ``open``: it may hold elements that are not declared."""

    name: str
    elements: tuple[Element, ...] = ()
    base: QName | None = None
    open: bool = False
    abstract: bool = False
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """One XDTO package."""

    namespace: str
    types: tuple[ValueType | ObjectType, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; every one must be present in a request, ``nillable`` allows an empty one."""

    name: str
    type: QName
    nillable: bool = False
    direction: Direction = "In"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; ``returns`` None: a procedure, nothing is returned."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    returns: QName | None = None
    nillable: bool = False

    @property
    def request(self) -> tuple[Element, ...]:
        """Children of the request element, in order."""
        return tuple(_element(p) for p in self.parameters if p.direction != "Out")

    @property
    def response(self) -> tuple[Element, ...]:
        """Children of the response element: ``return``, then what goes out."""
        result = (Element("return", self.returns, self.nillable),) if self.returns else ()
        return result + tuple(_element(p) for p in self.parameters if p.direction != "In")


@dataclass(frozen=True, slots=True)
class Service:
    """A web service; ``file`` is the other name of its address (usually ``<Name>.1cws``)."""

    name: str
    namespace: str
    file: str
    packages: tuple[Package, ...] = ()
    operations: tuple[Operation, ...] = ()

    def action(self, operation: str) -> str:
        """The SOAPAction of an operation."""
        return f"{self.namespace}#{self.name}:{operation}"


def _element(parameter: Parameter) -> Element:
    return Element(parameter.name, parameter.type, parameter.nillable)
