"""Whether the functions of an inference script fit, told from their signatures."""

from __future__ import annotations

import ast
from inspect import Parameter, Signature
from typing import TYPE_CHECKING

from byoml.check.finding import Finding
from byoml.serving.functions import NAMES, clash, misfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.check.source import Source

__all__ = ["check_functions"]

_GIVEN = object()


def check_functions(source: Source) -> Iterator[Finding]:
    """Hold a script's serving functions to the rule by which the server calls them.

    Args:
        source: The script.

    Yields:
        An error for each function that does not fit, and for those that exclude each other.
    """
    found = {node.name: node for node in source.tree.body if isinstance(node, _FUNCTIONS) and node.name in NAMES}
    for name, node in found.items():
        if not node.decorator_list:  # what a decorator makes of a signature, only running it could tell
            text = misfit(name, _signature(node.args))
            if text:
                yield Finding.error(source.at(node), text)
    reason = clash(found)
    if reason:
        yield Finding.error(source.at(found["transform_fn"]), reason)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _signature(arguments: ast.arguments) -> Signature:
    plain = [*arguments.posonlyargs, *arguments.args]
    first_default = len(plain) - len(arguments.defaults)
    parameters = [
        Parameter(
            argument.arg,
            Parameter.POSITIONAL_ONLY if index < len(arguments.posonlyargs) else Parameter.POSITIONAL_OR_KEYWORD,
            default=Parameter.empty if index < first_default else _GIVEN,
        )
        for index, argument in enumerate(plain)
    ]
    if arguments.vararg:
        parameters.append(Parameter(arguments.vararg.arg, Parameter.VAR_POSITIONAL))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        given = Parameter.empty if default is None else _GIVEN
        parameters.append(Parameter(argument.arg, Parameter.KEYWORD_ONLY, default=given))
    if arguments.kwarg:
        parameters.append(Parameter(arguments.kwarg.arg, Parameter.VAR_KEYWORD))
    return Signature(parameters)
