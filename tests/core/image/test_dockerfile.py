"""The words of a Dockerfile: which layers there are, and what each of them holds."""

from __future__ import annotations

from byoml.image.dockerfile import LABELS, text
from byoml.image.plan import Plan


def _stages(words: str) -> list[str]:
    return ["FROM" + stage for stage in words.split("FROM")[1:]]


def test_the_platforms_labels_stand_in_the_last_stage() -> None:
    """Labels of an earlier stage would not be the image's."""
    last = _stages(text(Plan()))[-1]
    assert all(label in last for label in LABELS)
    assert len(LABELS) == 3


def test_the_image_trains_when_nothing_is_said_and_has_no_entrypoint() -> None:
    """The platform gives the word `train` or `serve`; an ENTRYPOINT would swallow it."""
    words = text(Plan(code=True))
    assert words.rstrip().endswith('CMD ["train"]')
    assert "ENTRYPOINT" not in words


def test_what_only_the_build_needs_is_in_no_last_stage() -> None:
    """Wheels, certificates and requirement files stay in the stages before."""
    plan = Plan(wheels=True, requirement_files=("requirements.txt",), own=("byoml",), code=True)
    *before, last = _stages(text(plan))
    for word in ("/build", "requirements.txt", "ca.crt", "PIP_", "wheels"):
        assert any(word in stage for stage in before)
        assert word not in last


def test_nothing_is_copied_that_the_context_does_not_have() -> None:
    """A COPY of a missing file ends the build."""
    assert [line for line in text(Plan()).splitlines() if line.startswith("COPY") and "--from" not in line] == []


def test_a_change_of_code_comes_after_all_packages() -> None:
    """Layers are rebuilt from the first that changed: the code is copied last."""
    copies = [line for line in _stages(text(Plan(own=("byoml",), code=True)))[-1].splitlines() if "COPY" in line]
    assert [line.split()[1] for line in copies] == ["--from=packages", "--from=own", "--from=code"]


def test_packages_are_given_to_the_shell_as_written() -> None:
    """A `<` is part of a requirement, never a redirection."""
    assert "'numpy<2'" in text(Plan(requirements=("numpy<2",)))
    constrained = text(Plan(build_constraints=("setuptools<81",)))
    assert "printf '%s\\n' 'setuptools<81' > /build/constraints.txt" in constrained


def test_debian_packages_leave_no_lists_behind() -> None:
    """What apt downloads to find packages is removed in the same layer."""
    last = _stages(text(Plan(apt_packages=("openmpi-bin",))))[-1]
    layer = last[last.index("RUN apt-get update") :].split("\nRUN")[0]
    assert "openmpi-bin" in layer
    assert "rm -rf /var/lib/apt/lists/*" in layer
    assert "apt-get" not in text(Plan())


def test_the_title_is_a_comment_on_the_first_line() -> None:
    """It tells a reader where the file comes from."""
    assert text(Plan(), "Mine.").startswith("# Mine.\nARG BASE_IMAGE=")
