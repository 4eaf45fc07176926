"""Small changes of a module's code, each of which some test should notice.

An operator, a comparison, a constant, an order of arguments, a statement left out: one
at a time, found in the syntax tree.  What only words a message is left alone.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
ONE_WAY = (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.FloorDiv, ast.Mod)
NAMES = {
    "max": "min",
    "min": "max",
    "sum": "mean",
    "mean": "sum",
    "any": "all",
    "all": "any",
    "exp": "expm1",
    "log1p": "log",
    "sqrt": "square",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
}
# Whose arguments have one order, or any.
LEFT_ALONE = (
    *("isinstance", "getattr", "hasattr", "super", "max", "min", "may_share_memory"),
    *("add", "multiply", "average", "squared_forward", "absolute_forward"),
    *("product_forward", "_added", "_product"),
)
MESSAGES = ("complain", "heading", "shown", "shape_text", "refuse_pred", "_refuse")


@dataclass(frozen=True)
class Change:
    """One change.

    module, function: where it is, by dotted names.   line: in the file.
    text: old and new code; of several that are equal, which.
    number: which of the changes of its module.
    """

    module: str
    function: str
    line: int
    text: str
    number: int

    def __str__(self) -> str:
        return f"{self.module}.{self.function}: {self.text}"


@dataclass
class Site:
    """A place in a syntax tree, and what may stand there instead."""

    owner: Any
    name: str
    place: int | None
    new: ast.AST
    old: ast.AST = field(init=False)

    def __post_init__(self) -> None:
        held = getattr(self.owner, self.name)
        self.old = held if self.place is None else held[self.place]

    def change(self) -> None:
        """Put the new code in its place."""
        if self.place is None:
            setattr(self.owner, self.name, self.new)
        else:
            getattr(self.owner, self.name)[self.place] = self.new

    @property
    def text(self) -> str:
        """Old and new code in a line."""
        old, new = (" ".join(ast.unparse(x).split()) for x in (self.old, self.new))
        return f"{old[:90]}  ->  {'(left out)' if new == 'pass' else new[:90]}"


# ---- what can be changed -----------------------------------------------------------


def changes(module: str) -> Iterator[Change]:
    """All changes of a module, in the order of its text."""
    seen: Counter[tuple[str, str]] = Counter()
    for number, (function, site) in enumerate(_sites(_tree(module))):
        if ast.unparse(site.old) == ast.unparse(site.new):
            continue
        line, text = getattr(site.old, "lineno", 0), site.text
        seen[function, text] += 1
        count = seen[function, text]
        text += f"   [{count}]" if count > 1 else ""
        yield Change(module, function, line, text, number)


def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


@cache
def _source(module: str) -> str:
    """The text of a module, read once: somebody may be editing it."""
    file = import_module(module).__file__
    assert file is not None
    with open(file, encoding="utf-8") as source:
        return source.read()


def _sites(tree: ast.Module) -> Iterator[tuple[str, Site]]:
    """(qualified name, place) of all that can be changed."""
    for part in tree.body:
        if isinstance(part, ast.FunctionDef):
            yield from ((part.name, site) for site in _in_function(part))
        if isinstance(part, ast.ClassDef):
            for k, member in enumerate(part.body):
                if isinstance(member, ast.FunctionDef) and _counts(member.name):
                    where = f"{part.name}.{member.name}"
                    yield from ((where, site) for site in _in_function(member))
                if isinstance(member, (ast.Assign, ast.AnnAssign)):
                    constant = isinstance(member.value, ast.Constant)
                    if constant and isinstance(member.value.value, (bool, float)):
                        for new in _others(member.value):
                            yield part.name, Site(part.body[k], "value", None, new)


def _counts(name: str) -> bool:
    return not name.startswith("__") or name in ("__init__", "__call__", "__getitem__")


def _in_function(function: ast.FunctionDef) -> Iterator[Site]:
    body = function.body
    for name in ("defaults", "kw_defaults"):
        for k, default in enumerate(getattr(function.args, name)):
            if isinstance(default, ast.Constant):
                yield from _below(function.args, name, k, default)
    for k, statement in enumerate(body):
        is_text = isinstance(statement, ast.Expr) and isinstance(
            statement.value, ast.Constant
        )
        if not is_text:
            yield from _below(function, "body", k, statement)


def _below(owner: ast.AST, name: str, place: int | None, node: ast.AST) -> Iterator:
    """Changes of a node and of all inside it."""
    if _is_message(node):
        return
    for new in _others(node):
        yield Site(owner, name, place, new)
    for inner, value in ast.iter_fields(node):
        if inner in ("annotation", "returns", "decorator_list", "ctx"):
            continue
        if isinstance(value, ast.AST):
            yield from _below(node, inner, None, value)
        elif isinstance(value, list):
            for k, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_no_matter(node, item):
                    yield from _below(node, inner, k, item)


def _is_message(node: ast.AST) -> bool:
    """Whether it only words or raises an error."""
    if isinstance(node, (ast.Raise, ast.JoinedStr, ast.Assert)):
        return True
    if isinstance(node, ast.Expr):
        return _is_message(node.value)
    called = getattr(node, "func", None)
    return getattr(called, "attr", getattr(called, "id", "")) in MESSAGES


def _is_no_matter(call: ast.AST, argument: ast.AST) -> bool:
    """Bounds against absurd sizes, lengths looked at twice, -1 in a shape for -2."""
    if isinstance(argument, ast.keyword):
        return argument.arg in ("most", "strict")
    shapes = getattr(getattr(call, "func", None), "attr", "") == "reshape"
    return shapes and isinstance(argument, ast.UnaryOp)


def _others(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, (ast.BinOp, ast.BoolOp, ast.AugAssign)):
        yield from _with(node, "op", OPERATORS.get(type(node.op), ()))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ONE_WAY):
        yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield node.operand
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for new in OPERATORS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [new()], node.comparators)
    if isinstance(node, ast.Constant):
        yield from map(ast.Constant, _numbers(node.value))
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.If) and isinstance(node.test, (ast.Name, ast.Attribute)):
        yield _replaced(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.Slice) and (node.lower is None) != (node.upper is None):
        yield ast.Slice(node.upper, node.lower, node.step)
    if isinstance(node, ast.Call):
        yield from _calls(node)
    value = getattr(node, "value", None)
    if isinstance(node, ast.Return) and len(getattr(value, "elts", ())) > 1:
        first, second, *rest = value.elts
        yield ast.Return(ast.Tuple([second, first, *rest], ast.Load()))
    if _is_left_out(node):
        yield ast.Pass()


def _is_left_out(node: ast.AST) -> bool:
    """Whether a statement can be left out, and what follows still runs."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Subscript)
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return call or isinstance(node, ast.AugAssign)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    """Arguments in another order, functions beside the one that is called."""
    arguments = node.args
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    first = 1 if called == "where" else 0
    pair = arguments[first : first + 2]
    plain = (ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.Subscript, ast.UnaryOp)
    if (
        len(pair) == 2
        and called not in LEFT_ALONE
        and all(isinstance(a, (*plain, ast.Constant)) for a in pair)
        and not any(_is_label(a) for a in arguments)
    ):
        swapped = list(arguments)
        swapped[first : first + 2] = swapped[first + 1], swapped[first]
        yield _replaced(node, "args", swapped)
    if called in NAMES and isinstance(node.func, ast.Attribute):
        yield _replaced(node, "func", _replaced(node.func, "attr", NAMES[called]))


def _is_label(node: ast.AST) -> bool:
    """Whether an argument is a text, or the name of who asks."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or getattr(node, "id", "") == "where"


def _with(node: Any, name: str, kinds: tuple[type, ...]) -> Iterator[ast.AST]:
    return (_replaced(node, name, kind()) for kind in kinds)


def _replaced(node: ast.AST, name: str, value: Any) -> Any:
    made = copy.copy(node)
    setattr(made, name, value)
    return made


def _numbers(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return value + 1, value - 1
    return (2 * value or 1.0, -value or -1.0) if isinstance(value, float) else ()


# ---- making a change in this process -----------------------------------------------


def make(change: Change) -> None:
    """Change the functions or constants of the module, in this process."""
    module = import_module(change.module)
    tree = _tree(change.module)
    function, site = list(_sites(tree))[change.number]
    site.change()
    ast.fix_missing_locations(tree)
    if "value" == site.name and isinstance(site.owner, (ast.Assign, ast.AnnAssign)):
        owner = getattr(module, function.split(".")[0])
        target = getattr(site.owner, "target", None) or site.owner.targets[0]
        if isinstance(owner, type) and "." not in function:
            setattr(owner, target.id, ast.literal_eval(site.new))
            return
    made = {
        (code.co_qualname, code.co_firstlineno): code
        for code in _codes(compile(tree, module.__file__ or "", "exec"))
    }
    nodes = {
        _first_line(n): n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)
    }
    for known in functions(module):
        code = known.__code__
        if code.co_qualname == function:
            known.__code__ = made[code.co_qualname, code.co_firstlineno]
            _set_defaults(known, nodes[code.co_firstlineno].args)


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _set_defaults(function: FunctionType, arguments: ast.arguments) -> None:
    """Give a function the default values of the text, where they are constants."""
    positional = list(function.__defaults__ or ())
    for k, default in enumerate(arguments.defaults):
        if isinstance(default, (ast.Constant, ast.UnaryOp)):
            positional[k] = ast.literal_eval(default)
    function.__defaults__ = tuple(positional) or None
    for name, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if isinstance(value, (ast.Constant, ast.UnaryOp)):
            function.__kwdefaults__[name.arg] = ast.literal_eval(value)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def functions(module: ModuleType) -> list[FunctionType]:
    """The functions that a module defines, alone, in classes and in primitives."""
    found: dict[int, FunctionType] = {}
    members = list(vars(module).values())
    for owner in [m for m in members if isinstance(m, type)]:
        members += vars(owner).values()
    for member in members:
        for inner in (
            member,
            *(getattr(member, k, None) for k in ("formula", "fget", "fset", "func")),
            getattr(member, "__func__", None),
        ):
            inner = getattr(inner, "__wrapped__", inner)
            if isinstance(inner, FunctionType) and inner.__module__ == module.__name__:
                found[id(inner)] = inner
    return list(found.values())
