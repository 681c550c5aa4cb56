"""Options of the form KEY=VALUE, given once for each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["pairs"]


class _Pair(click.ParamType[tuple[str, str]]):
    """One KEY=VALUE; all after the first `=` is the value."""

    def __init__(self, form: str) -> None:
        self.name = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        key, equals, rest = str(value).partition("=")
        if not key or not equals:
            self.fail(f"{value!r} is not of the form {self.name}", param, ctx)
        return key, rest


class _Pairs(click.Option):
    """An option given once for each key; the same key twice is an error."""

    def process_value(self, ctx: click.Context, value: Any) -> dict[str, str]:
        pairs: Sequence[tuple[str, str]] = super().process_value(ctx, value) or ()
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise click.BadParameter(f"{twice[0]!r} is given twice", ctx, self)
        return dict(pairs)


def pairs(name: str, form: str, text: str) -> Callable[[Any], Any]:
    """Make such an option.

    Args:
        name: Such as `--hp`.
        form: Such as `KEY=VALUE`, for the help.
        text: The help.

    Returns:
        The decorator.
    """
    return click.option(name, cls=_Pairs, type=_Pair(form), multiple=True, metavar=form, help=text)
