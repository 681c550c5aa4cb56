"""The exception tree: who must act, and what the messages say."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml import errors
from byoml.errors import (
    ByomlError,
    ConfigurationError,
    ContainerError,
    EntryPointMissingError,
    HostUnreachableError,
    InstallError,
    LoadTimeoutError,
    ModelFilesError,
    NothingToTrainError,
    PipMissingError,
    SettingError,
    SourceError,
    UnreadableConfigFileError,
    UserCodeError,
    UserModuleError,
)
from byoml.plugin_errors import (
    AmbiguousFrameworkError,
    PluginBrokenError,
    PluginConflictError,
    PluginError,
    UnknownFrameworkError,
)

_FOLDER = Path("/tree/code")

# Each error, the branch that says who must act, and what its message must hold.
_WORDED: list[tuple[ByomlError, type[ByomlError], list[str]]] = [
    (LoadTimeoutError(90), ConfigurationError, ["90 s", "SAGEMAKER_STARTUP_TIMEOUT"]),
    (
        UnreadableConfigFileError(_FOLDER, "no comma", 3, 7),
        ContainerError,
        ["/tree/code", "line 3, column 7", "no comma"],
    ),
    (
        UnreadableConfigFileError(_FOLDER, "found a list"),
        ContainerError,
        ["/tree/code: found a list", "one JSON object"],
    ),
    (
        HostUnreachableError(["algo-2", "algo-3"], 1.5),
        ContainerError,
        ["algo-2, algo-3", "1.5 s", "BYOML_PEER_TIMEOUT"],
    ),
    (SettingError("PORT", "x", "a number"), ConfigurationError, ["PORT is 'x'", "must be a number"]),
    (
        EntryPointMissingError("a.py", "SAID", [_FOLDER], ["b.py"]),
        ConfigurationError,
        ["'a.py'", "SAID", "/tree/code", "b.py"],
    ),
    (EntryPointMissingError("a.py", "SAID", [_FOLDER], []), ConfigurationError, ["files there: none"]),
    (NothingToTrainError(_FOLDER, ["b", "a"]), ConfigurationError, ["SAGEMAKER_PROGRAM", "BYOML_FRAMEWORK", "a, b"]),
    (SourceError("s3://b", "unknown"), ConfigurationError, ["'s3://b'", "unknown"]),
    (PipMissingError(_FOLDER, "/bin/python"), ConfigurationError, ["/tree/code", "/bin/python has no pip"]),
    (ModelFilesError(_FOLDER, "*.json", ["x.bin"]), ConfigurationError, ["*.json", "x.bin"]),
    (InstallError(_FOLDER, 2, "tail"), UserCodeError, ["/tree/code", "pip ended with 2"]),
    (UserModuleError(_FOLDER, "has no model_fn"), UserCodeError, ["/tree/code: has no model_fn"]),
    (
        PluginBrokenError("p", "dist-p", ImportError("no q")),
        PluginError,
        ["plugin p", "dist-p", "no q", "BYOML_DISABLED_PLUGINS=p"],
    ),
    (PluginConflictError("a launcher", "p", "q"), PluginError, ["plugin p", "plugin q", "a launcher"]),
    (UnknownFrameworkError("z", ["b", "a"]), ConfigurationError, ["'z'", "a, b", "byoml[z]"]),
    (AmbiguousFrameworkError("several", ["b", "a"]), ConfigurationError, ["several: a, b", "BYOML_FRAMEWORK"]),
]


@pytest.mark.parametrize(("error", "branch", "words"), _WORDED, ids=lambda value: type(value).__name__)
def test_an_error_says_what_was_found_where_and_what_would_be_right(
    error: ByomlError, branch: type[ByomlError], words: list[str]
) -> None:
    """Each error hangs on the branch of who must act, and its message holds its data."""
    assert isinstance(error, branch)
    assert [word for word in words if word not in str(error)] == []


def test_every_error_is_one_of_ours() -> None:
    """All public names of the module are one tree under ByomlError."""
    assert all(issubclass(getattr(errors, name), ByomlError) for name in errors.__all__)


def test_the_exit_code_is_the_programs_own_else_one() -> None:
    """Only the user's program has a code of its own; an install that fails comes before it."""
    assert UserCodeError("x", exit_code=42).exit_code == 42
    assert InstallError(_FOLDER, 2, "").exit_code == 1
    assert SettingError("a", "b", "c").exit_code == 1


def test_a_users_error_keeps_the_end_of_stderr() -> None:
    """The tail is not in the message, and not lost."""
    error = InstallError(_FOLDER, 1, "no matching distribution")
    assert error.stderr_tail == "no matching distribution"
    assert "matching" not in str(error)


def test_a_long_folder_is_not_listed_whole() -> None:
    """Of the files that are there, twenty are enough."""
    text = str(ModelFilesError(_FOLDER, "*.json", (f"f{number:02}" for number in range(30))))
    assert "f19" in text
    assert "f20" not in text
