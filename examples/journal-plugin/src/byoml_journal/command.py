"""`byoml journal`: the entries as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from byoml_journal.journal import VARIABLE, Journal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["journal"]


@click.command()
@click.pass_obj
def journal(environ: Mapping[str, str]) -> int:
    """Print the journal in the file that BYOML_JOURNAL names."""
    if not environ.get(VARIABLE):
        raise click.UsageError(f"{VARIABLE} names no file")
    for entry in Journal.of(environ).entries():
        facts = {name: value for name, value in entry.items() if name not in ("time", "event")}
        told = "  ".join(f"{name}={value}" for name, value in facts.items())
        click.echo(f"{entry['time'][:19]}  {entry['event']:<13}{told}")
    return 0
