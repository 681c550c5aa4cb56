"""What goes into an image, before it is put into words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.plugin.values import ImageRecipe

__all__ = ["DEFAULT_BASE", "Plan", "for_source"]

DEFAULT_BASE = "python:3.11-slim-bookworm"
REQUIREMENTS = "requirements.txt"
_NAME = re.compile(r"([\w.-]+)(\[[\w.,-]+\])?")
WHEELS = "wheels"


@dataclass(frozen=True)
class Plan:
    """What goes into an image; paths are those of the build context.

    Args:
        base_image: With Python 3.10 or newer, its `venv` and bash.
        apt_packages: Debian packages of the final stage.
        requirements: What pip installs, in its own words.
        requirement_files: Files that say more of it; they may be lock files.
        build_constraints: What pip's builds are limited to, such as `setuptools<81`.
        wheels: Whether the context has a folder `wheels/`, with what no index has.
        own: Distributions whose wheels are in the folder `byoml/` of the context: installed after all others and
            without their dependencies, so that a change of theirs rebuilds one small layer.
        code: Whether the context itself is the user's code.
    """

    base_image: str = DEFAULT_BASE
    apt_packages: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    wheels: bool = False
    own: tuple[str, ...] = ()
    code: bool = False

    def with_recipe(self, recipe: ImageRecipe) -> Plan:
        """Add what a framework says that its images need."""
        return replace(
            self,
            base_image=recipe.base or self.base_image,
            apt_packages=(*self.apt_packages, *recipe.apt_packages),
            requirements=(*self.requirements, *map(_pinned, recipe.requirements)),
            build_constraints=(*self.build_constraints, *recipe.build_constraints),
        )


def for_source(
    source: Path | None, recipe: ImageRecipe, *, wheels: bool = False, base_image: str | None = None
) -> Plan:
    """Plan the image of a user's code.

    Args:
        source: The folder with the code, None for an image without.
        recipe: What the framework needs.
        wheels: Whether wheels will be laid beside the code.
        base_image: What the user wants to build on; None: what the framework says.

    Returns:
        The plan: byoml, the framework's plugin, and what the code's `requirements.txt` asks for.
    """
    files = (REQUIREMENTS,) if source and (source / REQUIREMENTS).is_file() else ()
    there = source is not None and (source / WHEELS).is_dir()
    plan = Plan(
        requirements=(_pinned("byoml"),), requirement_files=files, wheels=wheels or there, code=source is not None
    ).with_recipe(recipe)
    return replace(plan, base_image=base_image or plan.base_image)


def _pinned(requirement: str) -> str:
    """Pin a name, which may have extras, to what is installed here: the image then runs what was tried at home."""
    found = _NAME.fullmatch(requirement)
    if found is None:
        return requirement
    try:
        return f"{requirement}=={metadata.version(found[1])}"
    except metadata.PackageNotFoundError:
        return requirement
