"""Conditions (``$filter``, ``Condition``, ``AccountCondition``) compiled to predicates over stored rows.

Strings compare without case and trailing blanks, as the collations usual under 1C do. A composite attribute equals
only ``cast(guid'…','Type')`` or a plain value of its own type: a bare guid finds nothing, silently. Guids have no
order: ``gt`` and its kin on them end as 500, as measured for ``Ref_Key gt``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from lark import Token, Tree

from .comparing import Env, Expression, compare, exact, fold
from .edmx import EntityType, Model
from .functions import EXACT, FUNCTIONS
from .grammar import tree
from .values import guid, moment
from .wire import ODataError, business

__all__ = ["Expression", "Lookup", "Predicate", "compile_filter", "compile_path"]

Row = dict[str, Any]
Predicate = Callable[[Row], bool]


class Lookup(Protocol):
    """What a condition needs to follow references."""

    model: Model
    #: See ``base.Switches``.
    compare_text: bool
    case_sensitive: bool
    filter_predefined: bool

    def follow(self, collection: str, key: str) -> Row | None:
        """The object behind a reference, None where it points to nothing."""
        ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path stands: rows of a type, possibly many."""

    kind: EntityType
    rows: Callable[[Env], Any]
    many: bool = False


#: Attributes that are unlimited in the typical configurations, for bases whose lengths nobody knows.
UNLIMITED = ("Комментарий", "ТекстоваяСтрока")
EDM_KINDS = {"Edm.Guid": "guid", "Edm.String": "string", "Edm.Boolean": "boolean", "Edm.DateTime": "datetime"}


def compile_filter(text: str, kind: EntityType, lookup: Lookup) -> Predicate:
    """The predicate of a condition over rows of ``kind``; raises 400 on names and shapes that do not fit."""
    compiled = _Compiler(kind, lookup).expression(tree(text))
    if compiled.kind != "boolean":
        raise ODataError(400, 14, "Ошибка разбора опции запроса $filter: ожидается логическое выражение")
    return lambda row: bool(compiled.value({"": row}))


def compile_path(path: str, kind: EntityType, lookup: Lookup) -> Expression:
    """The value of ``A/B/C`` on rows of ``kind`` (for ``$orderby``)."""
    return _Compiler(kind, lookup).path([Tree("name", [Token("NAME", step)]) for step in path.split("/")])


def unknown_segment(name: str) -> ODataError:
    """The platform's refusal of a name it does not know."""
    return ODataError(400, 6, f"Сегмент пути {name} не найден!")


class _Compiler:
    def __init__(self, kind: EntityType, lookup: Lookup) -> None:
        self._kind = kind
        self._lookup = lookup
        self._scopes: dict[str, EntityType] = {}

    def expression(self, node: Any) -> Expression:
        """Compile one node by its rule."""
        if not isinstance(node, Tree):
            raise ODataError(400, 14, "Ошибка разбора опции запроса $filter")
        return getattr(self, f"_{node.data}")(node.children)  # type: ignore[no-any-return]

    def _either(self, nodes: list[Any]) -> Expression:
        return self._junction(nodes, any)

    def _both(self, nodes: list[Any]) -> Expression:
        return self._junction(nodes, all)

    def _junction(self, nodes: list[Any], join: Callable[[Any], bool]) -> Expression:
        parts = [self.expression(node) for node in nodes]
        if len(parts) == 1:
            return parts[0]
        values = [part.value for part in parts]
        return Expression("boolean", lambda env: join(value(env) for value in values))

    def _negation(self, nodes: list[Any]) -> Expression:
        inner = self.expression(nodes[0]).value
        return Expression("boolean", lambda env: not inner(env))

    def _minus(self, nodes: list[Any]) -> Expression:
        inner = self.expression(nodes[0]).value
        return Expression("number", lambda env: -(inner(env) or 0))

    def _guid(self, nodes: list[Any]) -> Expression:
        value = guid(nodes[0][5:-1])
        return Expression("guid", lambda env: value)

    def _datetime(self, nodes: list[Any]) -> Expression:
        value = moment(nodes[0][9:-1])
        return Expression("datetime", lambda env: value)

    def _string(self, nodes: list[Any]) -> Expression:
        value = nodes[0][1:-1].replace("''", "'")
        return Expression("string", lambda env: value)

    def _number(self, nodes: list[Any]) -> Expression:
        value = Decimal(nodes[0].rstrip("dDmMlLfF"))
        return Expression("number", lambda env: value)

    def _boolean(self, nodes: list[Any]) -> Expression:
        value = nodes[0] == "true"
        return Expression("boolean", lambda env: value)

    def _null(self, nodes: list[Any]) -> Expression:
        return Expression("null", lambda env: None)

    def _name(self, nodes: list[Any]) -> Expression:
        return self.path([Tree("name", nodes)])

    def _path(self, nodes: list[Any]) -> Expression:
        return self.path(nodes)

    def _sum(self, nodes: list[Any]) -> Expression:
        return self._arithmetic(nodes)

    def _product(self, nodes: list[Any]) -> Expression:
        return self._arithmetic(nodes)

    def _arithmetic(self, nodes: list[Any]) -> Expression:
        signs = {
            "add": operator.add,
            "sub": operator.sub,
            "mul": operator.mul,
            "div": operator.truediv,
            "mod": operator.mod,
        }
        value = self.expression(nodes[0]).value
        for sign, node in zip(nodes[1::2], nodes[2::2], strict=True):
            value = _apply(signs[str(sign)], value, self.expression(node).value)
        return Expression("number", value)

    def _comparison(self, nodes: list[Any]) -> Expression:
        left, right = self.expression(nodes[0]), self.expression(nodes[2])
        if (left.unlimited or right.unlimited) and not self._lookup.compare_text:
            raise business("Ошибка при выполнении запроса. Нельзя сравнивать поля неограниченной длины")
        folded = exact if self._lookup.case_sensitive else fold
        return Expression("boolean", compare(str(nodes[1]), left, right, folded))

    def _call(self, nodes: list[Any]) -> Expression:
        name, arguments = str(nodes[0]), [n for n in nodes[1:] if n is not None]
        steps = [n for n in arguments if n.data in ("name", "lambda_")]
        given = [self.expression(n) for n in arguments if n.data not in ("name", "lambda_")]
        if name == "cast":
            return self._cast(given, steps)
        if name == "isof":
            if len(given) != 2:
                raise ODataError(400, 21, "Неверное количество аргументов функции isof")
            wanted, value = _type_name(given[1]), given[0].value
            return Expression("boolean", lambda env: (value(env) or ("", ""))[1] == wanted)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ODataError(501, 21, f"Функция {name} не реализована")
        if len(given) not in function.arity:
            raise ODataError(400, 21, f"Неверное количество аргументов функции {name}")
        values = [item.value for item in given]
        call = EXACT.get(name, function.call) if self._lookup.case_sensitive else function.call
        return Expression(function.kind, lambda env: call(*(value(env) for value in values)))

    def _cast(self, given: list[Expression], steps: list[Any]) -> Expression:
        if len(given) != 2:
            raise ODataError(400, 21, "Неверное количество аргументов функции cast")
        source, wanted = given[0], _type_name(given[1])
        if source.kind == "composite":

            def value(env: Env) -> Any:
                found = source.value(env)
                return found if found and found[1] == wanted else ("", "")
        else:

            def value(env: Env) -> Any:
                return source.value(env), wanted

        if not steps:
            return Expression("composite", value)
        target = self._lookup.model.type_of(wanted.removeprefix("StandardODATA."))
        if target is None:
            raise unknown_segment(wanted)
        return self.path(steps, _Place(target, lambda env: self._lookup.follow(target.name, value(env)[0])))

    def path(self, steps: list[Any], place: _Place | None = None) -> Expression:
        """Follow a path of names and lambdas from the row (or from ``place``) to a value."""
        if place is None:
            first = str(steps[0].children[0])
            if first in self._scopes:
                place, steps = _Place(self._scopes[first], lambda env: env[first]), steps[1:]
            else:
                place = _Place(self._kind, lambda env: env[""])
        for number, step in enumerate(steps):
            name = str(step.children[0])
            if step.data == "lambda_":
                return self._lambda(place, step.children)
            prop, rest = place.kind.properties.get(name), steps[number + 1 :]
            if prop is not None and prop.many:
                place = self._part(place, name)
            elif place.kind.composite(name) and rest:
                place = self._through(place, name, str(rest[0].children[0]))
                return self.path(rest[1:], place)
            elif prop is not None and not rest:
                if name == "PredefinedDataName" and not self._lookup.filter_predefined:
                    raise unknown_segment(name)
                return _leaf(place, name)
            elif name in place.kind.navigation:
                place = self._navigate(place, name)
            else:
                raise unknown_segment(name)
        raise unknown_segment(str(steps[-1].children[0]) if steps else "")

    def _part(self, place: _Place, name: str) -> _Place:
        prop, model = place.kind.properties[name], self._lookup.model
        row = model.complex.get(prop.type) or model.types.get(prop.type)
        if row is None:
            raise unknown_segment(name)
        return _Place(row, lambda env: (place.rows(env) or {}).get(name) or [], many=True)

    def _navigate(self, place: _Place, name: str) -> _Place:
        target = self._lookup.model.types.get(place.kind.navigation[name].target)
        if target is None:
            raise unknown_segment(name)
        key, collection = f"{name}_Key", target.name
        return _Place(target, lambda env: self._lookup.follow(collection, (place.rows(env) or {}).get(key, "")))

    def _through(self, place: _Place, name: str, type_name: str) -> _Place:
        target = self._lookup.model.type_of(type_name)
        if target is None:
            raise unknown_segment(type_name)
        return _Place(target, lambda env: self._lookup.follow(target.name, (place.rows(env) or {}).get(name, "")))

    def _lambda(self, place: _Place, children: list[Any]) -> Expression:
        if not place.many:
            raise ODataError(400, 21, "Лямбда-выражение применимо только к табличной части")
        join = any if children[0] == "any" else all
        if len(children) < 3 or children[2] is None:
            return Expression("boolean", lambda env: bool(place.rows(env)))
        variable = str(children[1])
        self._scopes[variable] = place.kind
        inner = self.expression(children[2]).value
        return Expression("boolean", lambda env: join(inner({**env, variable: row}) for row in place.rows(env)))


def _apply(sign: Callable[[Any, Any], Any], left: Any, right: Any) -> Callable[[Env], Any]:
    return lambda env: sign(left(env) or Decimal(0), right(env) or Decimal(0))


def _leaf(place: _Place, name: str) -> Expression:
    rows, prop = place.rows, place.kind.properties[name]
    if place.kind.composite(name):
        tail = f"{name}_Type"
        return Expression("composite", lambda env: _both_of(rows(env), name, tail))
    unlimited = prop.type == "Edm.String" and (prop.length == 0 or (prop.length is None and name in UNLIMITED))
    return Expression(EDM_KINDS.get(prop.type, "number"), lambda env: (rows(env) or {}).get(name), unlimited)


def _both_of(row: Row | None, name: str, tail: str) -> tuple[Any, Any]:
    return (row.get(name), row.get(tail)) if row else ("", "")


def _type_name(given: Expression) -> str:
    name = given.value({})
    if not isinstance(name, str):
        raise ODataError(400, 21, "Ожидается имя типа")
    return name if name.startswith("Edm.") else f"StandardODATA.{name}"
