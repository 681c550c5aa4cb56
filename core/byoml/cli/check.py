"""`byoml check DIR`: a look at a source folder before money is spent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from byoml.cli.pairs import pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check"]

_EXAMPLE = """\b
Example:
  byoml check src --entry-point train.py --hp epochs=3 --hp lr=0.1
"""


@click.command(epilog=_EXAMPLE)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--entry-point", metavar="FILE", help="Your program, relative to DIR.")
@pairs("--hp", "KEY=VALUE", "Hyperparameter; wins over one of --hyperparameters. Repeat for more.")
@click.option(
    "--hyperparameters",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON file with one object: hyperparameters by key.",
)
@pairs("--env", "KEY=VALUE", "Environment variable of the job. Repeat for more.")
@click.option("--framework", metavar="NAME", help="Plugin to use, or none; `byoml plugins` lists them.")
@click.pass_obj
def check(environ: Mapping[str, str], /, **options: Any) -> int:
    """Examine the source folder DIR: entry point, hyperparameters, requirements, inference functions, paths.

    Nothing in it is imported or run. Ends with 1 where a job would fail, and says where and what to do.
    """
    from byoml.check.finding import CheckRequest, Severity
    from byoml.check.main import check as examine

    sent, places = _from_file(options["file"]) if options["file"] else ({}, {})
    given: dict[str, str] = options["hp"]
    request = CheckRequest(
        folder=options["folder"],
        entry_point=options["entry_point"],
        hyperparameters={**sent, **given},
        places={key: place for key, place in places.items() if key not in given},
        env=options["env"],
        framework=options["framework"],
    )
    findings = examine(request, environ)
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    click.echo(f"{errors} error(s), {len(findings) - errors} other remark(s)" if findings else "nothing to remark")
    return 1 if errors else 0


def _from_file(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Read hyperparameters as an SDK would send them, and where each of them stands."""
    from byoml.environment.config_files import read_config

    given = read_config(path.parent, path.name)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    quoted = {key: json.dumps(key) for key in given}
    numbers = {key: next((n for n, line in enumerate(lines, 1) if quoted[key] in line), 1) for key in given}
    sent = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    return sent, {key: f"{path}:{number}" for key, number in numbers.items()}
