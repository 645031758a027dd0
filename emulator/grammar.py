"""The grammar of ``$filter``: OData v3 with 1C's own functions, precedence as in the manual."""

from __future__ import annotations

from functools import lru_cache

from lark import Lark, Token, Tree
from lark.exceptions import LarkError

from .wire import ODataError

__all__ = ["tree"]

GRAMMAR = r"""
?start: either
?either: both ("or" both)* -> either
?both: negated ("and" negated)* -> both
?negated: "not" negated -> negation
        | comparison
?comparison: sum (COMPARE sum)?
?sum: product (ADDITIVE product)*
?product: unary (MULTIPLICATIVE unary)*
?unary: "-" unary -> minus
      | atom
?atom: "(" either ")"
     | GUID -> guid
     | DATETIME -> datetime
     | STRING -> string
     | NUMBER -> number
     | BOOLEAN -> boolean
     | "null" -> null
     | call
     | path
call: NAME "(" [either ("," either)*] ")" ("/" step)*
path: step ("/" step)*
?step: NAME -> name
     | LAMBDA "(" [NAME ":" either] ")" -> lambda_
COMPARE.3: /(eq|ne|gt|ge|lt|le)(?=[\s(])/
ADDITIVE.3: /(add|sub)(?=[\s(])/
MULTIPLICATIVE.3: /(mul|div|mod)(?=[\s(])/
LAMBDA.3: /(any|all)(?=\s*\()/
BOOLEAN.3: /(true|false)(?![\w])/
GUID.4: /guid'[^']*'/
DATETIME.4: /datetime'[^']*'/
STRING: /'(?:[^']|'')*'/
NUMBER: /\d+(\.\d+)?[dDmMlLfF]?(?!\w)/
NAME: /[^\W\d]\w*/
%ignore /\s+/
"""

_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=True)


@lru_cache(maxsize=512)
def tree(text: str) -> Tree[Token]:
    """The parse tree of a condition; raises 400 code 14 on anything that is not one."""
    try:
        parsed = _PARSER.parse(text)
    except LarkError:
        raise ODataError(400, 14, "Ошибка разбора опции запроса $filter") from None
    return parsed if isinstance(parsed, Tree) else Tree("name", [parsed])
