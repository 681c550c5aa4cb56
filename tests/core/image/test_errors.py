"""What the errors about images say; each line tells what to do next."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.errors import ByomlError, ConfigurationError
from byoml.image import errors
from byoml.image.errors import (
    DockerError,
    DockerMissingError,
    ImageBuildError,
    ImageMissingError,
    NoWheelsError,
    RegistryError,
)

_WORDED: list[tuple[ByomlError, type[ByomlError], list[str]]] = [
    (DockerMissingError("no daemon"), ConfigurationError, ["no daemon", "install it, start its daemon", "docker info"]),
    (DockerError(["rmi", "a"], 3, " in use\n"), ByomlError, ["`docker rmi a` ended with 3: in use"]),
    (ImageBuildError("a:1", None), ConfigurationError, ["a:1 was not built", "--wheels", "byoml image dockerfile"]),
    (ImageBuildError("a:1", Path("src/Dockerfile")), ConfigurationError, ["a:1 was not built", "mend src/Dockerfile"]),
    (ImageMissingError("a:1"), ConfigurationError, ["no image a:1 here", "byoml image build --tag a:1", "pull"]),
    (NoWheelsError(Path("w"), ["b", "a"]), ConfigurationError, ["w holds no wheel", "a, b"]),
    (NoWheelsError(Path("w"), []), ConfigurationError, ["files there: none"]),
    (RegistryError("host/a:1", "denied"), ConfigurationError, ["host/a:1 cannot be pushed to: denied"]),
]


@pytest.mark.parametrize(("error", "branch", "words"), _WORDED, ids=lambda value: type(value).__name__)
def test_an_error_says_what_was_found_and_what_would_be_right(
    error: ByomlError, branch: type[ByomlError], words: list[str]
) -> None:
    """Each hangs on the branch of who must act, and holds its data on one line."""
    assert isinstance(error, branch)
    assert [word for word in words if word not in str(error)] == []
    assert "\n" not in str(error)


def test_every_error_of_the_module_is_looked_at() -> None:
    """Or a new one could say anything."""
    assert {type(error).__name__ for error, _, _ in _WORDED} == set(errors.__all__)
