"""What goes into an image, from the folder with the code and what the framework says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml import __version__
from byoml.image.plan import DEFAULT_BASE, for_source
from byoml.plugin import ImageRecipe

if TYPE_CHECKING:
    from pathlib import Path


def test_byoml_is_pinned_to_the_version_that_was_tried_here() -> None:
    """A newer release does not come into an image by surprise."""
    assert for_source(None, ImageRecipe()).requirements == (f"byoml=={__version__}",)


def test_a_recipe_says_what_its_framework_needs(tmp_path: Path) -> None:
    """A requirement with a condition is taken as it is; a name that is not installed here is not pinned."""
    recipe = ImageRecipe(("numpy<2", "no-such-package"), ("openmpi-bin",), ("setuptools<81",), "python:3.10-slim")
    plan = for_source(tmp_path, recipe)
    assert plan.requirements[1:] == ("numpy<2", "no-such-package")
    assert (plan.apt_packages, plan.build_constraints) == (("openmpi-bin",), ("setuptools<81",))
    assert plan.base_image == "python:3.10-slim"


def test_the_users_base_image_wins_over_the_recipes(tmp_path: Path) -> None:
    """Who names one means it."""
    assert for_source(tmp_path, ImageRecipe(base="a"), base_image="b").base_image == "b"
    assert for_source(tmp_path, ImageRecipe()).base_image == DEFAULT_BASE


def test_requirements_and_wheels_are_taken_where_the_code_has_them(tmp_path: Path) -> None:
    """Their absence is not an error, and leaves no line in the Dockerfile."""
    bare = for_source(tmp_path, ImageRecipe())
    assert (bare.requirement_files, bare.wheels, bare.code) == ((), False, True)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "wheels").mkdir()
    full = for_source(tmp_path, ImageRecipe())
    assert (full.requirement_files, full.wheels) == (("requirements.txt",), True)
