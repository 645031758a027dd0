"""The WSDL of a service: a mechanical function of its metadata, in the platform's own form.

Document/literal wrapped, both versions of SOAP on two ports, all schemas inside one document. Every parameter is an
element that must be present; "may be empty" is ``nillable``. Types of a package are printed in the order of their
names. How an open type is printed no public source shows: here as ``xs:any`` of other namespaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import XS, Element, ObjectType, Operation, Package, QName, Service, ValueType
from .printing import DECLARATION, Node, node, printed

__all__ = ["HTTP", "wsdl"]

HTTP = "http://schemas.xmlsoap.org/soap/http"
_CLAIM = ("http://ws-i.org/schemas/conformanceClaim/", "http://ws-i.org/profiles/basic/1.1")
_SPACES = (
    ("xmlns", "http://schemas.xmlsoap.org/wsdl/"),
    ("xmlns:soap12bind", "http://schemas.xmlsoap.org/wsdl/soap12/"),
    ("xmlns:soapbind", "http://schemas.xmlsoap.org/wsdl/soap/"),
)
_POLICIES = (
    ("xmlns:wsp", "http://schemas.xmlsoap.org/ws/2004/09/policy"),
    ("xmlns:wsu", "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"),
    ("xmlns:xsd", XS),
)


def wsdl(service: Service, location: str) -> bytes:
    """The description of a service whose address is ``location``."""
    used = list(dict.fromkeys([package.namespace for package in service.packages] + [service.namespace]))
    numbered = [(f"xmlns:xsd{number}", space) for number, space in enumerate(used, 1)]
    head = (*_SPACES, ("xmlns:tns", service.namespace), *_POLICIES, *numbered)
    top = node(
        "definitions",
        node("types", *_schemas(service, used)),
        *(message for operation in service.operations for message in _messages(operation)),
        _port_type(service),
        _binding(service, "soapbind", "Soap"),
        _binding(service, "soap12bind", "Soap12"),
        _ports(service, location),
        attributes=(*head, ("name", service.name), ("targetNamespace", service.namespace)),
    )
    return (DECLARATION + printed(top)).encode()


# --- schemas


def _schemas(service: Service, used: list[str]) -> Iterable[Node]:
    own = [package for package in service.packages if package.namespace == service.namespace]
    for package in service.packages:
        if package.namespace != service.namespace:
            yield _package(package, service)
    prefixes = {XS: "xs", **{space: f"xs{number}" for number, space in enumerate(used, 1)}}
    spaces = [("xmlns:xs", XS), *((f"xmlns:{prefixes[space]}", space) for space in used)]
    prefixes[service.namespace] = "tns"  # types of its own are named by the prefix of the whole document
    forms = [("attributeFormDefault", "unqualified")] if own else []
    yield node(
        "xs:schema",
        *(node("xs:import", namespace=space) for space in used if space != service.namespace),
        *(child for package in own for child in _types(package, prefixes)),
        *(child for operation in service.operations for child in _wrappers(operation, prefixes)),
        attributes=[
            *spaces,
            ("targetNamespace", service.namespace),
            *forms,
            ("elementFormDefault", "qualified"),
        ],
    )


def _package(package: Package, service: Service) -> Node:
    others = [other.namespace for other in service.packages if other.namespace != package.namespace]
    needed = [space for space in others if space in _referred(package)]
    prefixes = {XS: "xs", package.namespace: "tns"} | {space: f"ns{number}" for number, space in enumerate(needed, 1)}
    return node(
        "xs:schema",
        *(node("xs:import", namespace=space) for space in needed),
        *_types(package, prefixes),
        attributes=[
            ("xmlns:tns", package.namespace),
            ("xmlns:xs", XS),
            *((f"xmlns:{prefixes[space]}", space) for space in needed),
            ("targetNamespace", package.namespace),
            ("attributeFormDefault", "unqualified"),
            ("elementFormDefault", "qualified"),
        ],
    )


def _referred(package: Package) -> set[str]:
    objects = [kind for kind in package.types if isinstance(kind, ObjectType)]
    return {item.type.namespace for kind in objects for item in kind.elements if item.type}


def _types(package: Package, prefixes: Mapping[str, str]) -> Iterable[Node]:
    for kind in sorted(package.types, key=lambda found: found.name):
        yield _value(kind, prefixes) if isinstance(kind, ValueType) else _object(kind, prefixes)


def _value(kind: ValueType, prefixes: Mapping[str, str]) -> Node:
    limits = [node("xs:enumeration", value=value) for value in kind.values]
    if kind.pattern is not None:
        limits.append(node("xs:pattern", value=kind.pattern))
    if kind.length is not None:
        limits.append(node("xs:length", value=str(kind.length)))
    return node("xs:simpleType", node("xs:restriction", *limits, base=_name(kind.base, prefixes)), name=kind.name)


def _object(kind: ObjectType, prefixes: Mapping[str, str]) -> Node:
    content = _content(kind.elements, prefixes, kind.choice, kind.open and kind.base is None)
    named = [("name", kind.name), *([("abstract", "true")] if kind.abstract else [])]
    if kind.base is None:
        return node("xs:complexType", *content, attributes=named)
    extended = node("xs:extension", *content, base=_name(kind.base, prefixes))
    return node("xs:complexType", node("xs:complexContent", extended), attributes=named)


def _content(elements: Iterable[Element], prefixes: Mapping[str, str], choice: bool, free: bool) -> list[Node]:
    every = list(elements)
    inside = [_element(item, prefixes) for item in every if not item.attribute]
    if free:
        occurs = (("minOccurs", "0"), ("maxOccurs", "unbounded"))
        inside.append(node("xs:any", attributes=(("namespace", "##other"), ("processContents", "lax"), *occurs)))
    group = node("xs:choice" if choice else "xs:sequence", *inside)
    return [group, *(_attribute(item, prefixes) for item in every if item.attribute)]


def _element(item: Element, prefixes: Mapping[str, str]) -> Node:
    pairs = [("name", item.name)]
    if item.type is not None:
        pairs.append(("type", _name(item.type, prefixes)))
    if item.nillable:
        pairs.append(("nillable", "true"))
    if item.lower == 0:
        pairs.append(("minOccurs", "0"))
    if item.upper < 0:
        pairs.append(("maxOccurs", "unbounded"))
    inner = [node("xs:complexType", *_content(item.inner, prefixes, False, False))] if item.inner else []
    return node("xs:element", *inner, attributes=pairs)


def _attribute(item: Element, prefixes: Mapping[str, str]) -> Node:
    pairs = [("name", item.name)]
    if item.type is not None:
        pairs.append(("type", _name(item.type, prefixes)))
    pairs.append(("use", "required") if item.default is None else ("default", item.default))
    return node("xs:attribute", attributes=pairs)


def _name(found: QName, prefixes: Mapping[str, str]) -> str:
    return f"{prefixes[found.namespace]}:{found.name}"


def _wrappers(operation: Operation, prefixes: Mapping[str, str]) -> Iterable[Node]:
    for name, elements in ((operation.name, operation.request), (f"{operation.name}Response", operation.response)):
        sequence = node("xs:sequence", *(_element(item, prefixes) for item in elements))
        yield node("xs:element", node("xs:complexType", sequence), name=name)


# --- messages, bindings, ports


def _messages(operation: Operation) -> Iterable[Node]:
    for suffix, element in (("Request", operation.name), ("Response", f"{operation.name}Response")):
        part = node("part", name="parameters", element=f"tns:{element}")
        yield node("message", part, name=f"{operation.name}{suffix}Message")


def _port_type(service: Service) -> Node:
    def abstract(operation: Operation) -> Node:
        ways = (("input", "Request"), ("output", "Response"))
        inside = [node(way, message=f"tns:{operation.name}{suffix}Message") for way, suffix in ways]
        return node("operation", *inside, name=operation.name)

    return node("portType", *map(abstract, service.operations), name=f"{service.name}PortType")


def _binding(service: Service, prefix: str, suffix: str) -> Node:
    def bound(operation: Operation) -> Node:
        action = node(f"{prefix}:operation", style="document", soapAction=service.action(operation.name))
        bodies = [node(way, node(f"{prefix}:body", use="literal")) for way in ("input", "output")]
        return node("operation", action, *bodies, name=operation.name)

    return node(
        "binding",
        node(f"{prefix}:binding", style="document", transport=HTTP),
        *map(bound, service.operations),
        name=f"{service.name}{suffix}Binding",
        type=f"tns:{service.name}PortType",
    )


def _ports(service: Service, location: str) -> Node:
    claim = node("wsi:Claim", attributes=(("xmlns:wsi", _CLAIM[0]), ("conformsTo", _CLAIM[1])))

    def port(prefix: str, suffix: str, *inside: Node) -> Node:
        address = node(f"{prefix}:address", location=location)
        binding = f"tns:{service.name}{suffix}Binding"
        return node("port", *inside, address, name=f"{service.name}{suffix}", binding=binding)

    ports = port("soapbind", "Soap", node("documentation", claim, text=" ")), port("soap12bind", "Soap12")
    return node("service", *ports, name=service.name)
