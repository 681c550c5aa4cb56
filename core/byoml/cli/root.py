"""The `byoml` command: its subcommands are what plugins register, core's own among them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from byoml import __version__
from byoml.child import Stopped
from byoml.cli import commands
from byoml.errors import ByomlError
from byoml.plugin.manager import all_answers, make_manager
from byoml.plugin_errors import PluginConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["make_root", "run"]

_HELP = """Bring your own ML to a SageMaker-compatible container, and run the same thing at home.

\b
  byoml local train --source . --entry-point train.py --output out    a whole training job, here
  byoml local serve out/model.tar.gz                                   its endpoint, here
  byoml plugins                                                        what is installed
"""


def make_root(environ: Mapping[str, str]) -> click.Group:
    """Make the command with all its subcommands.

    Args:
        environ: Environment variables, handed to the commands as `click`'s context object.

    Returns:
        The group.

    Raises:
        PluginConflictError: Two plugins register a command of one name.
    """
    root = click.Group("byoml", help=_HELP, context_settings={"help_option_names": ["-h", "--help"], "obj": environ})
    click.version_option(__version__, prog_name="byoml")(root)
    owners: dict[str, str] = {}
    for owner, given in all_answers(make_manager(environ, [commands]), "byoml_register_commands"):
        for command in given:
            name = str(command.name)
            if name in owners:
                raise PluginConflictError(f"the command {name!r}", owners[name], owner)
            owners[name] = owner
            root.add_command(command)
    return root


def run(args: Sequence[str], environ: Mapping[str, str]) -> int:
    """Parse and run a command line.

    Args:
        args: Without the program's name.
        environ: Environment variables.

    Returns:
        The exit code: the command's, 2 for a usage error, the error's own for what byoml can explain, 128+n after
        signal n.
    """
    try:
        result = make_root(environ).main(list(args), prog_name="byoml", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except Stopped as stopped:
        return stopped.exit_code
    except ByomlError as error:
        click.echo(f"byoml: {error}", err=True)
        return error.exit_code
    sys.stdout.flush()
    return result if isinstance(result, int) else 0
