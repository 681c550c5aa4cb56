"""What is asked of an image, and the words of its Dockerfile; tests/images builds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.image.build import BuildSpec, dockerfile
from byoml.plugin import Framework, ImageRecipe

if TYPE_CHECKING:
    from pathlib import Path


class _Trees(Framework):
    name = "trees"

    def image(self) -> ImageRecipe:
        return ImageRecipe(("trees-of-mine",), ("libgomp1",))


def test_a_dockerfile_beside_the_code_is_the_users_own(tmp_path: Path) -> None:
    """A folder of that name is none, and without code there is nothing to keep."""
    assert BuildSpec(None, _Trees()).kept is None
    assert BuildSpec(tmp_path, _Trees()).kept is None
    (tmp_path / "Dockerfile").touch()
    assert BuildSpec(tmp_path, _Trees()).kept == tmp_path / "Dockerfile"


def test_the_words_are_those_of_the_framework_whatever_lies_beside_the_code(tmp_path: Path) -> None:
    """Printing starts afresh: it is how somebody gets the newest text for a Dockerfile kept long ago."""
    (tmp_path / "Dockerfile").write_text("FROM mine\n")
    words = dockerfile(BuildSpec(tmp_path, _Trees()))
    assert "FROM mine" not in words
    assert all(word in words for word in ("trees-of-mine", "libgomp1", "/opt/ml/code/"))
    assert words.startswith("# Written by `byoml image dockerfile`")


def test_certificates_alone_bring_the_folder_of_wheels(tmp_path: Path) -> None:
    """They lie in it, and pip is told of them."""
    assert "wheels" not in dockerfile(BuildSpec(None, _Trees()))
    words = dockerfile(BuildSpec(None, _Trees(), ca_file=tmp_path / "ca.crt"))
    assert "COPY wheels/ /build/wheels/" in words
    assert "PIP_CERT=/build/wheels/ca.crt" in words
