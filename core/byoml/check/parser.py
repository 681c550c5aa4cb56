"""What a program's argparse knows, read from its text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from byoml.check.source import Source

__all__ = ["Argument", "Parser", "read_parser"]

_PARSER = "ArgumentParser"
# Another library, or other code, adds arguments that the text does not show.
_HIDES = frozenset({"add_subparsers", "parse_intermixed_args"})


@dataclass(frozen=True)
class Argument:
    """One `add_argument`.

    Args:
        names: Its names, one without dashes for a positional argument.
        where: `file:line`.
        options: Its keyword arguments that are constants; `type` and others that are names stand by their text.
    """

    names: tuple[str, ...]
    where: str
    options: dict[str, Any]

    @property
    def positional(self) -> bool:
        return not self.names[0].startswith("-")

    @property
    def is_flag(self) -> bool:
        return self.options.get("action") in {"store_true", "store_false", "store_const", "append_const", "count"}

    @property
    def required(self) -> bool:
        if self.positional:
            return self.options.get("nargs") not in {"?", "*", "argparse.REMAINDER"} and "default" not in self.options
        return self.options.get("required") is True


@dataclass(frozen=True)
class Parser:
    """All that the program's parsers know.

    Args:
        arguments: What they know.
        where: `file:line` where the command line is parsed.
        strict: Whether unknown arguments are an error there.
        abbreviations: Whether the start of a name does for the name.
    """

    arguments: tuple[Argument, ...]
    where: str
    strict: bool
    abbreviations: bool

    def named(self, name: str) -> Argument | None:
        """Find an argument as argparse does: by its name, else by the start of one name only."""
        exact = [argument for argument in self.arguments if name in argument.names]
        if exact:
            return exact[0]
        begun = [argument for argument in self.arguments if any(own.startswith(name) for own in argument.names)]
        return begun[0] if self.abbreviations and name.startswith("--") and len(begun) == 1 else None


def read_parser(sources: Sequence[Source]) -> Parser | None:
    """Read what a program's argparse knows.

    Args:
        sources: Its files.

    Returns:
        The parser; None where there is none, or where the text does not show all that it knows.
    """
    calls = [(source, node) for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    parsers = [node for _, node in calls if _name(node.func).endswith(_PARSER)]
    parsed = [(source, node) for source, node in calls if _name(node.func) in {"parse_args", "parse_known_args"}]
    if not parsers or not parsed or _hidden(sources, calls, parsers):
        return None
    if any(node.args or node.keywords for _, node in parsed):  # not the command line, or not the whole of it
        return None
    added = [(source, node) for source, node in calls if _name(node.func) == "add_argument"]
    arguments = tuple(filter(None, (_argument(source, node) for source, node in added)))
    if len(arguments) < len(added):
        return None
    source, node = parsed[0]
    strict = all(_name(node.func) == "parse_args" for _, node in parsed)
    return Parser(arguments, source.at(node), strict, not any(_forbids_abbreviations(node) for node in parsers))


def _hidden(sources: Iterable[Source], calls: Iterable[tuple[Source, ast.Call]], parsers: list[ast.Call]) -> bool:
    """Tell whether arguments may be added where the text does not show it."""
    if any(_name(node.func) != _PARSER or _keyword(node, "parents") for node in parsers):
        return True
    own = {node.name for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)}
    variables = set(_variables(sources, parsers))
    for _, node in calls:
        given = {value.id for value in _values(node) if isinstance(value, ast.Name)}
        if _name(node.func) in _HIDES or (given & variables and _name(node.func) not in own):
            return True
    return False


def _variables(sources: Iterable[Source], parsers: list[ast.Call]) -> Iterator[str]:
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and node.value in parsers:
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _values(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _argument(source: Source, node: ast.Call) -> Argument | None:
    names = [value.value for value in node.args if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    if not names or len(names) < len(node.args) or any(keyword.arg is None for keyword in node.keywords):
        return None
    options = {str(keyword.arg): _constant(keyword.value) for keyword in node.keywords}
    return Argument(tuple(names), source.at(node), options)


def _constant(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        return ast.unparse(value)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _forbids_abbreviations(call: ast.Call) -> bool:
    value = _keyword(call, "allow_abbrev")
    return isinstance(value, ast.Constant) and value.value is False


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
