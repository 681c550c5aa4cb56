"""Whether a program's argparse takes what the hyperparameters become."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from byoml.check.finding import Finding
from byoml.environment.cmd_args import to_cmd_args
from byoml.environment.hyperparameters import Hyperparameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.check.finding import CheckRequest
    from byoml.check.parser import Argument, Parser

__all__ = ["check_arguments"]

_POLICY = "BYOML_CLI_POLICY"
_CLOSE = 0.75
_TYPES = {"int": int, "float": float, "str": str}


def check_arguments(request: CheckRequest, parser: Parser) -> Iterator[Finding]:
    """Compare hyperparameters with what a parser knows.

    Args:
        request: What is looked at.
        parser: The program's.

    Yields:
        An error for what argparse would end the job for; a warning for what it would understand otherwise than meant.
    """
    given: set[int] = set()
    for key, value in Hyperparameters.from_raw(request.hyperparameters).user.items():
        name, *args = to_cmd_args({key: value}, request.env.get(_POLICY) or "toolkit") or [""]
        if not name:  # the policy `flags` says nothing for false and null
            continue
        argument = parser.named(name)
        if argument is None:
            yield _unknown(request, parser, key, name)
        else:
            given.add(id(argument))
            yield from _misfits(argument, key, args)
    for argument in parser.arguments:
        if argument.required and id(argument) not in given:
            yield _missing(argument)


def _unknown(request: CheckRequest, parser: Parser, key: str, name: str) -> Finding:
    known = [own for argument in parser.arguments for own in argument.names]
    close = difflib.get_close_matches(name, known, n=1, cutoff=_CLOSE)
    hint = f" (is {close[0].lstrip('-')} meant?)" if close else ""
    where = request.place_of(key)
    if not parser.strict:
        return Finding.note(where, f"{name} is not known to the parser at {parser.where}, which passes it over{hint}")
    text = f"{name} is not known to the parser, which ends the job{hint}; add_argument({name!r}), or parse_known_args()"
    return Finding.error(parser.where, f"hyperparameter {key!r}: {text}")


def _missing(argument: Argument) -> Finding:
    name = argument.names[0]
    if argument.positional:
        text = f"the positional argument {name!r} is never given, as hyperparameters become options; call it --{name}"
        return Finding.error(argument.where, text)
    return Finding.error(
        argument.where, f"{name} is required, and no hyperparameter {name.lstrip('-')!r} is given; send it"
    )


def _misfits(argument: Argument, key: str, args: list[str]) -> Iterator[Finding]:
    said = f"hyperparameter {key!r}"
    if argument.is_flag and args:
        action = argument.options["action"]
        text = f"{said} comes as a name and a value, and action={action!r} takes none; set {_POLICY}=flags for the job"
        yield Finding.error(argument.where, text)
        return
    if argument.options.get("type") == "bool":
        text = f"{said}: type=bool makes True of every text but the empty one, 'False' too; compare the text instead"
        yield Finding.warning(argument.where, text)
    if "nargs" in argument.options or len(args) != 1:
        return
    yield from _misfitting_value(argument, said, args[0])


def _misfitting_value(argument: Argument, said: str, text: str) -> Iterator[Finding]:
    kind = str(argument.options.get("type", "str"))
    if kind not in _TYPES:
        return
    try:
        value = _TYPES[kind](text)
    except ValueError:
        yield Finding.error(argument.where, f"{said} is {text!r}, which type={kind} refuses; send another value")
        return
    choices = argument.options.get("choices")
    if isinstance(choices, (list, tuple, set)) and value not in choices:
        listed = ", ".join(sorted(map(repr, choices)))
        yield Finding.error(argument.where, f"{said} is {text!r}; it must be one of {listed}")
