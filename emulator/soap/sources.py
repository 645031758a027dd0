"""Sources of our extension that follow from its one description: the XDTO package and the metadata of the web service,
in the form in which a configurator writes an extension to files.

``python -m uchet.emulator.soap.sources FOLDER`` writes both below the folder of the sources.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from .describing import extension_services
from .model import XS, Element, ObjectType, Operation, Package, Parameter, QName, Service
from .printing import DECLARATION, Node, node, printed

__all__ = ["files", "identifier", "package_source", "service_source"]

NAME = "UchetExchange"
_SPACES = (
    ("xmlns", "http://v8.1c.ru/8.3/MDClasses"),
    ("xmlns:v8", "http://v8.1c.ru/8.1/data/core"),
    ("xmlns:xr", "http://v8.1c.ru/8.3/xcf/readable"),
    ("xmlns:xs", XS),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
)
#: The form of files that 8.3.20 to 8.3.24 write; later platforms read it.
FORM = "2.17"
_NAMES = uuid.UUID("5d0c4f5c-4a0e-4f43-8a55-1c7e6b1a0f10")


def identifier(of: str) -> str:
    """The identifier of an object of the extension: the same at every writing."""
    return str(uuid.uuid5(_NAMES, of))


def files() -> Iterator[tuple[str, str]]:
    """Path below the sources, and text, of everything that follows from the description."""
    service = extension_services()[NAME]
    yield f"XDTOPackages/{NAME}.xml", _package_card(service.packages[0])
    yield f"XDTOPackages/{NAME}/Ext/Package.bin", package_source(service.packages[0])
    yield f"WebServices/{NAME}.xml", service_source(service)


def package_source(package: Package) -> str:
    """An XDTO package (the file is called ``Package.bin`` and is XML)."""
    kinds = [kind for kind in package.types if isinstance(kind, ObjectType)]
    made = [node("objectType", *map(_property, kind.elements), attributes=[("name", kind.name)]) for kind in kinds]
    spaces = [("xmlns", "http://v8.1c.ru/8.1/xdto"), ("xmlns:xs", XS), ("xmlns:own", package.namespace)]
    return (
        "\ufeff" + printed(node("package", *made, attributes=[*spaces, ("targetNamespace", package.namespace)])) + "\n"
    )


def _property(item: Element) -> Node:
    pairs = [("name", item.name), ("type", _type(item.type))]
    pairs += [("lowerBound", "0")] if item.lower == 0 else []
    pairs += [("upperBound", str(item.upper))] if item.upper != 1 else []
    return node("property", attributes=pairs)


def _type(kind: QName | None) -> str:
    if kind is None:
        raise ValueError("every value of the extension has a type")
    return f"{'xs' if kind.namespace == XS else 'own'}:{kind.name}"


def service_source(service: Service) -> str:
    """The web service as metadata."""
    used = [
        node(
            "xr:Item",
            node("xr:Presentation"),
            node("xr:CheckState", text="0"),
            node("xr:Value", text=f"XDTOPackage.{NAME}", attributes=[("xsi:type", "xr:MDObjectRef")]),
        )
    ]
    properties = node(
        "Properties",
        *_named(service.name),
        node("Namespace", text=service.namespace),
        node("XDTOPackages", *used),
        node("DescriptorFileName", text=service.file),
        node("ReuseSessions", text="DontUse"),
        node("SessionMaxAge", text="20"),
    )
    operations = node("ChildObjects", *(_operation(service, item) for item in service.operations))
    own = [("xmlns:own", service.packages[0].namespace)]
    return _file(node("WebService", properties, operations, uuid=identifier(f"WebService.{service.name}")), own)


def _operation(service: Service, item: Operation) -> Node:
    properties = node(
        "Properties",
        *_named(item.name),
        node("XDTOReturningValueType", text=_type(item.returns)),
        node("Nillable", text=_flag(item.nillable)),
        node("Transactioned", text="false"),
        node("ProcedureName", text=item.name),
        node("DataLockControlMode", text="Managed"),
    )
    name = f"{service.name}.{item.name}"
    inside = node("ChildObjects", *(_parameter(name, one) for one in item.parameters))
    return node("Operation", properties, inside, uuid=identifier(f"Operation.{name}"))


def _parameter(operation: str, item: Parameter) -> Node:
    properties = node(
        "Properties",
        *_named(item.name),
        node("XDTOValueType", text=_type(item.type)),
        node("Nillable", text=_flag(item.nillable)),
        node("TransferDirection", text=item.direction),
    )
    return node("Parameter", properties, uuid=identifier(f"Parameter.{operation}.{item.name}"))


def _package_card(package: Package) -> str:
    properties = node("Properties", *_named(NAME), node("Namespace", text=package.namespace))
    return _file(node("XDTOPackage", properties, uuid=identifier(f"XDTOPackage.{NAME}")), [])


def _named(name: str) -> Iterable[Node]:
    return node("Name", text=name), node("Synonym"), node("Comment")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _file(inside: Node, spaces: list[tuple[str, str]]) -> str:
    top = node("MetaDataObject", inside, attributes=[*_SPACES, *spaces, ("version", FORM)])
    return "\ufeff" + DECLARATION + printed(top) + "\n"


if __name__ == "__main__":
    for name, text in files():
        path = Path(sys.argv[1]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
