"""Where the endpoint's code comes from, and what is done before it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archives import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container

_SCRIPT = "def model_fn(model_dir):\n    return 7\n\ndef predict_fn(data, model):\n    return [model]\n"


@pytest.mark.parametrize("folder", [True, False], ids=["empty", "absent"])
def test_a_model_folder_may_be_empty_or_absent(container: Container, *, folder: bool) -> None:
    """Models may be part of the image, or come over the network (contract/inference H-2)."""
    container.write({"code/inference.py": _SCRIPT})
    if not folder:
        container.path("model").rmdir()
    with container.serve(env={"BYOML_FRAMEWORK": "none"}) as endpoint:
        assert endpoint.invoke(b"[1]", "application/json").body == b"[7]"


def test_requirements_beside_the_script_are_installed_before_the_server_starts(
    container: Container, tmp_path: Path
) -> None:
    """What the script imports is there when it is imported; the code folder is first on the path (F-10)."""
    script = "import dependency\n" + _SCRIPT.replace("7", "dependency.VALUE")
    dependency = tmp_path / "dependency-1.0-py3-none-any.whl"
    dependency.write_bytes(wheel("dependency", "VALUE = 11\n"))
    container.write({"model/code/inference.py": script, "model/code/requirements.txt": f"{dependency}\n"})
    variables = {"BYOML_FRAMEWORK": "none", "PIP_TARGET": str(container.path("model/code"))}
    with container.serve(env=variables) as endpoint:
        assert endpoint.invoke(b"[1]", "application/json").body == b"[11]"


def test_requirements_that_cannot_be_installed_end_the_container(container: Container) -> None:
    """An endpoint without its libraries would only fail later, with less to say."""
    container.write({"model/code/inference.py": _SCRIPT, "model/code/requirements.txt": "./not-there\n"})
    with container.serve(env={"BYOML_FRAMEWORK": "none"}, ready=False) as endpoint:
        assert endpoint.process.wait(60) == 1
        assert b"requirements.txt" in endpoint.stderr()
