"""A command whose arguments after `--` belong to somebody else."""

from __future__ import annotations

import click

__all__ = ["WithRest", "rest_of"]

_KEY = "byoml.rest"


class WithRest(click.Command):
    """Keeps all that follows the first `--`, which click would take for arguments of the command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_KEY] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])


def rest_of(ctx: click.Context) -> tuple[str, ...]:
    rest: tuple[str, ...] = ctx.meta.get(_KEY, ())
    return rest
