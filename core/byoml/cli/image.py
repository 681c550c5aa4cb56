"""`byoml image`: from a folder of code to an image in a registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from byoml.cli.pairs import pairs
from byoml.cli.shared import framework, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.image.build import BuildSpec

__all__ = ["image"]

_MEGABYTE = 1_000_000
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def image() -> None:
    """Write, build, push and examine Docker images that speak the contract."""


def _of_source(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--source", type=_FOLDER, help="Folder with your code and, where it needs one, requirements.txt."),
        framework,
        click.option("--base-image", metavar="IMG", help="Image to build on, with Python 3.10 or newer and bash."),
        click.option("--wheels", type=_FOLDER, help="Folder of wheels that pip takes before those of an index."),
        click.option("--ca-file", type=_FILE, help="Certificates that pip trusts meanwhile; not in the image."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@image.command(epilog="\b\nExample:\n  byoml image dockerfile --source src --framework xgboost > src/Dockerfile")
@_of_source
@click.pass_obj
def dockerfile(environ: Mapping[str, str], /, **options: Any) -> int:
    """Print the Dockerfile of an image with your code and a framework, or none; keep it and edit it."""
    from byoml.image.build import dockerfile as words

    click.echo(words(_spec(environ, options)), nl=False)
    return 0


@image.command(epilog="\b\nExample:\n  byoml image build --source src --framework xgboost --tag churn:1")
@_of_source
@click.option("--tag", metavar="NAME[:TAG]", required=True, help="Name of the image.")
@pairs("--build-arg", "KEY=VALUE", "Build argument, such as PIP_INDEX_URL=URL. Repeat for more.")
@click.pass_obj
def build(environ: Mapping[str, str], /, tag: str, **options: Any) -> int:
    """Build the image; where the source folder has a Dockerfile, by that one."""
    from byoml.image.build import build as make
    from byoml.image.docker import find

    spec = _spec(environ, options)
    if spec.kept:
        tell(f"building by {spec.kept}")
    size = make(spec, tag, find(environ))
    click.echo(f"{tag}: {size / _MEGABYTE:.0f} MB")
    return 0


@image.command(epilog="\b\nExample:\n  byoml image push churn:1 123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1")
@click.argument("image_name", metavar="IMAGE")
@click.argument("target", metavar="[TARGET]", required=False)
@click.pass_obj
def push(environ: Mapping[str, str], /, image_name: str, target: str | None) -> int:
    """Push IMAGE to a registry, under the name TARGET; at ECR log in, and make the repository where it is missing."""
    from byoml.image.docker import find
    from byoml.image.push import push as send

    click.echo(send(image_name, target or image_name, environ, find(environ), tell))
    return 0


@image.command(epilog="\b\nExample:\n  byoml image check churn:1 --model out/model")
@click.argument("image_name", metavar="IMAGE")
@click.option("--model", type=_FOLDER, help="Folder with a model that the image serves; without one an empty folder.")
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    help="How long the probe job may run, and the endpoint take until it answers.",
)
@click.pass_obj
def check(environ: Mapping[str, str], /, image_name: str, model: Path | None, seconds: float) -> int:
    """Run the contract against IMAGE, whoever built it: a probe job, an endpoint, their stop.

    Prints what it keeps and what it breaks, with the remedy; ends with 1 where anything is broken.
    """
    from byoml.image.check.main import ImageCheck
    from byoml.image.check.main import check as examine
    from byoml.image.check.statements import Word
    from byoml.image.docker import find

    broken = 0
    for verdict in examine(ImageCheck(image_name, model, seconds), find(environ), tell):
        click.echo(f"{verdict.word.value:<8} {verdict.statement.id:<14} {verdict.statement.text}")
        click.echo(f"{'':<8} {'':<14} {verdict.found}")
        if verdict.word is Word.BROKEN:
            broken += 1
            click.echo(f"{'':<8} {'':<14} remedy: {verdict.statement.remedy}")
    click.echo(f"{broken} statement(s) broken" if broken else "no statement is broken")
    return 1 if broken else 0


def _spec(environ: Mapping[str, str], options: Mapping[str, Any]) -> BuildSpec:
    from byoml.image.build import BuildSpec
    from byoml.plugin.manager import frameworks, make_manager
    from byoml.plugin.selection import select

    option = options["framework"]
    said_by = "--framework" if option else "BYOML_FRAMEWORK"
    chosen = select(frameworks(make_manager(environ)), option or environ.get("BYOML_FRAMEWORK"), said_by=said_by)
    args = options.get("build_arg")
    return BuildSpec(options["source"], chosen, options["base_image"], options["wheels"], options["ca_file"], args)
