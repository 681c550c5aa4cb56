"""The user's code: where it comes from, what is installed for it, how it is started."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archives import tarball, wheel
from jobs import Job, own_python

if TYPE_CHECKING:
    from buckets import S3
    from jobs import Ended

_TRAIN = "from byoml.cli import train; train()"
_WRITES = "import os, sys; open(os.environ['SM_MODEL_DIR'] + '/who', 'w').write(' '.join([__name__, *sys.argv[1:]]))"
# Says what was imported, so that a job tells where it came from.
_IMPORTS = "import os, tiny; open(os.environ['SM_MODEL_DIR'] + '/who', 'w').write(tiny.word)\n"
_BACKEND = """\
import zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("tiny.py", "word = 'built'\\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return name
"""
_WHEEL = wheel("tiny", "word = 'wheel'\n")
_BUILDS = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


@pytest.mark.parametrize("kind", ["tarball", "zip", "prefix", "file"])
def test_code_comes_from_s3_with_what_the_sdks_send(s3: S3, tmp_path: Path, kind: str) -> None:
    """Hyperparameters name it, and the endpoint may be one's own."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("train.py", _WRITES)
    content = {"tarball": tarball({"train.py": _WRITES}), "zip": packed.getvalue()}.get(kind, _WRITES.encode())
    uri = s3.put(f"job/source/{'train.py' if kind in {'prefix', 'file'} else 'sourcedir'}", content)
    hyperparameters = {
        "sagemaker_program": json.dumps("train.py"),
        "sagemaker_submit_directory": json.dumps(s3.uri("job/source") if kind == "prefix" else uri),
        "n": "1",
    }
    job = Job(tmp_path / "ml", {}, hyperparameters)
    ended = job.run(**s3.variables)
    assert ended.exit_code == 0, ended.stderr
    assert job.model("who") == "__main__ -n 1"


def test_a_bucket_that_is_not_there_fails_the_job_with_one_line(s3: S3, tmp_path: Path) -> None:
    """Which names the URI, and is first in the failure file."""
    job = Job(tmp_path / "ml", {}, {"sagemaker_submit_directory": "s3://no-such-bucket-here/a.tar.gz"})
    ended = job.run(**s3.variables)
    assert ended.exit_code == 1
    assert ended.failure == (
        "SourceError: submit directory 's3://no-such-bucket-here/a.tar.gz': there is no bucket 'no-such-bucket-here'"
    )


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "found"])
@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
def test_code_comes_from_the_channel_code_without_any_network(tmp_path: Path, *, packed: bool, listed: bool) -> None:
    """As a tarball or as plain files; it wins over what the image brought, and one line says so."""
    name, content = ("sourcedir.tar.gz", tarball({"train.py": _WRITES})) if packed else ("train.py", _WRITES.encode())
    files: dict[str, str | bytes] = {f"input/data/code/{name}": content, "code/train.py": "raise SystemExit(9)"}
    config = {"inputdataconfig.json": {"code": {"TrainingInputMode": "File"}}} if listed else {}
    job = Job(tmp_path / "ml", files, config=config)
    ended = job.run()
    assert ended.exit_code == 0, ended.stderr
    assert f"{job.base}/code is not empty: the files of {job.base}/input/data/code are laid over it" in ended.stderr


@pytest.mark.parametrize(
    ("program", "files", "said"),
    [
        ("my train é.py", {"my train é.py": _WRITES}, "__main__ -n 1"),
        ("pkg.train", {"pkg/train.py": _WRITES}, "__main__ -n 1"),
        ("pkg", {"pkg/__main__.py": _WRITES}, "__main__ -n 1"),
        ("ein Skript.sh", {"ein Skript.sh": 'echo -n "$*" > "$SM_MODEL_DIR/who"'}, "-n 1"),
        ("bin/run", {"bin/run": '#!/bin/sh\necho -n "$*" > "$SM_MODEL_DIR/who"'}, "-n 1"),
    ],
)
def test_every_kind_of_entry_point_runs(tmp_path: Path, program: str, files: dict[str, str], said: str) -> None:
    """With spaces, other letters, in folders, dotted."""
    code: dict[str, str | bytes] = {f"code/{name}": content for name, content in files.items()}
    job = Job(tmp_path / "ml", code, {"n": "1"})
    ended = job.run(SAGEMAKER_PROGRAM=program)
    assert ended.exit_code == 0, ended.stderr
    assert job.model("who") == said


def _run_in(python: str, job: Job, **variables: str) -> Ended:
    """Run `train` on a Python that may be installed into; this machine's settings of pip are no part of it."""
    path = os.pathsep.join([str(Path(python).parent), variables.pop("PATH", os.defpath)])
    own = {"PIP_CONFIG_FILE": os.devnull, "UV_CACHE_DIR": str(job.base.parent / "cache"), "PATH": path}
    return job.run(command=[python, "-c", _TRAIN], **own, **variables)


@pytest.fixture(params=["pip", "uv"])
def installing(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables that make one of the two programs install."""
    if request.param == "pip":
        return {"BYOML_INSTALLER": "pip"}
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uv is None:
        pytest.skip("uv is not on PATH")
    return {"PATH": os.pathsep.join([str(Path(uv).parent), os.defpath])}


@pytest.mark.parametrize("place", ["channel", "folder", "variable"])
def test_requirements_come_from_a_wheelhouse_without_any_network(
    tmp_path: Path, installing: dict[str, str], place: str
) -> None:
    """A channel `wheels`, a folder `wheels` beside the code, or the folder that a variable names."""
    where = {"channel": "input/data/wheels", "folder": "code/wheels", "variable": "house"}[place]
    files: dict[str, str | bytes] = {
        f"{where}/tiny-1.0-py3-none-any.whl": _WHEEL,
        "code/requirements.txt": "tiny\n",
        "code/train.py": _IMPORTS,
    }
    job = Job(tmp_path / "ml", files)
    named = {"BYOML_WHEELHOUSE": str(job.base / where)} if place == "variable" else {}
    ended = _run_in(own_python(tmp_path / "venv"), job, **installing, **named)
    assert ended.exit_code == 0, ended.stderr
    assert job.model("who") == "wheel"
    tool = "pip" if "BYOML_INSTALLER" in installing else "uv"
    assert f"installing {job.base}/code/requirements.txt with {tool} from {job.base}/{where}" in ended.stderr
    assert ended.stdout == b""


@pytest.mark.parametrize("program", ["run.sh", "run", "train.py"])
@pytest.mark.parametrize("what", ["requirements", "setup", "pyproject", "needs"])
def test_what_the_code_needs_is_installed_whatever_its_kind(
    tmp_path: Path, installing: dict[str, str], program: str, what: str
) -> None:
    """A shell script's and an executable's too."""
    kinds: dict[str, dict[str, str | bytes]] = {
        "requirements": {"requirements.txt": "tiny\n", "wheels/tiny-1.0-py3-none-any.whl": _WHEEL},
        "setup": {
            "setup.py": "raise SystemExit(9)\n",
            "pyproject.toml": _BUILDS,
            "backend.py": _BACKEND,
        },
        "pyproject": {"pyproject.toml": _BUILDS, "backend.py": _BACKEND},
        "needs": {
            "pyproject.toml": '[project]\nname = "x"\nversion = "1"\ndependencies = ["tiny>=1"]\n',
            "wheels/tiny-1.0-py3-none-any.whl": _WHEEL,
        },
    }
    script = {"run.sh": "exec python work.py", "run": "#!/bin/sh\nexec python work.py"}.get(program, _IMPORTS)
    files: dict[str, str | bytes] = {
        f"code/{name}": content for name, content in {**kinds[what], program: script, "work.py": _IMPORTS}.items()
    }
    job = Job(tmp_path / "ml", files)
    ended = _run_in(own_python(tmp_path / "venv"), job, SAGEMAKER_PROGRAM=program, **installing)
    assert ended.exit_code == 0, ended.stderr
    assert job.model("who") == ("wheel" if what in {"requirements", "needs"} else "built")


def test_a_second_run_with_the_same_requirements_asks_nobody(tmp_path: Path, installing: dict[str, str]) -> None:
    """Until the requirements change, or a package has gone."""
    files: dict[str, str | bytes] = {
        "code/requirements.txt": "tiny\n",
        "code/train.py": _IMPORTS,
        "code/wheels/tiny-1.0-py3-none-any.whl": _WHEEL,
    }
    job = Job(tmp_path / "ml", files)
    python = own_python(tmp_path / "venv")
    first, second = (_run_in(python, job, **installing) for _ in range(2))
    assert "installing" in first.stderr
    assert "requirements.txt is installed already" in second.stderr
    assert "installing" not in second.stderr
    (job.base / "code/requirements.txt").write_text("tiny==1.0\n")
    assert "installing" in _run_in(python, job, **installing).stderr
    shutil.rmtree(next((tmp_path / "venv").glob("lib/*/site-packages/tiny-1.0.dist-info")))
    assert "installing" in _run_in(python, job, **installing).stderr


def test_a_requirements_file_that_the_v3_sdk_names_is_the_one(tmp_path: Path) -> None:
    """Its tuner says it in `sourcecode.json` alone; one that is named and absent is an error."""
    files: dict[str, str | bytes] = {
        "code/needs.txt": "tiny\n",
        "code/requirements.txt": "no-such-distribution-anywhere\n",
        "code/train.py": _IMPORTS,
        "code/wheels/tiny-1.0-py3-none-any.whl": _WHEEL,
        "input/data/sm_drivers/sourcecode.json": json.dumps({"requirements": "needs.txt"}),
    }
    job = Job(tmp_path / "ml", files)
    python = own_python(tmp_path / "venv")
    assert _run_in(python, job, BYOML_INSTALLER="pip").exit_code == 0
    (job.base / "code/needs.txt").unlink()
    ended = _run_in(python, job, BYOML_INSTALLER="pip")
    assert ended.failure is not None
    assert "'needs.txt'" in ended.failure


def test_a_private_index_is_asked_and_its_password_shown_nowhere(tmp_path: Path, installing: dict[str, str]) -> None:
    """Neither in the log nor in the failure file; that it is in no argument, test_installer.py holds."""
    index = "http://someone:hidden-word@127.0.0.1:9/simple"
    job = Job(tmp_path / "ml", {"code/requirements.txt": "tiny\n", "code/train.py": ""})
    retries = {"PIP_RETRIES": "0"} if "BYOML_INSTALLER" in installing else {"UV_HTTP_RETRIES": "0"}
    ended = _run_in(own_python(tmp_path / "venv"), job, PIP_INDEX_URL=index, **retries, **installing)
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert "127.0.0.1:9" in ended.stderr
    assert "hidden-word" not in ended.stderr + ended.failure


def test_a_codeartifact_repository_without_an_index_says_what_to_set(tmp_path: Path) -> None:
    """Else packages of that name would be taken from the public index."""
    files: dict[str, str | bytes] = {"code/requirements.txt": "tiny\n", "code/train.py": ""}
    job = Job(tmp_path / "ml", files)
    arn = "arn:aws:codeartifact:eu-west-1:1:repository/d/r"
    ended = _run_in(own_python(tmp_path / "venv"), job, CA_REPOSITORY_ARN=arn, HOME=str(tmp_path))
    assert ended.exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("PrivateIndexError: ")
    assert "PIP_INDEX_URL=https://aws:TOKEN@" in ended.failure


def test_with_the_switch_off_nothing_is_installed(tmp_path: Path) -> None:
    """The image has it all, or the script installs it itself."""
    files: dict[str, str | bytes] = {
        "code/requirements.txt": "no-such-distribution-anywhere\n",
        "code/setup.py": "raise SystemExit(9)",
        "code/train.py": "",
    }
    ended = Job(tmp_path / "ml", files).run(BYOML_INSTALLER="none")
    assert ended.exit_code == 0, ended.stderr
    assert "requirements.txt is not installed: BYOML_INSTALLER is none" in ended.stderr
