"""Installing what the user's code needs, with the real pip and without any index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import byoml
import pytest
from byoml.child import Stopped, Stopper
from byoml.errors import InstallError
from byoml.source.entry_point import EntryPoint, Kind
from byoml.source.install import install, install_requirements


def _variables(target: Path) -> dict[str, str]:
    """Let pip install into a folder of the test, and ask no index."""
    return {
        "PATH": os.defpath,
        "PIP_TARGET": str(target),
        "PIP_NO_INDEX": "1",
        "PIP_NO_CACHE_DIR": "1",
        "HOME": str(target),
    }


def _wheel(folder: Path) -> Path:
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def test_requirements_are_installed_and_stdout_stays_the_programs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Pip's own words go to stderr."""
    (tmp_path / "requirements.txt").write_text(f"{_wheel(tmp_path)}\n")
    install(EntryPoint("train.py", Kind.SCRIPT, tmp_path), _variables(tmp_path / "target"), Stopper())
    assert (tmp_path / "target/tiny.py").is_file()
    out, err = capfd.readouterr()
    assert out == ""
    assert "tiny" in err


@pytest.mark.parametrize("text", [None, "", "\n  \n# nothing\n  # at all"])
def test_without_requirements_nothing_runs(text: str | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Not even pip, which takes most of a second to say that there is nothing to do."""
    if text is not None:
        (tmp_path / "requirements.txt").write_text(text)
    install(EntryPoint("train.py", Kind.SCRIPT, tmp_path), {}, Stopper())
    assert capfd.readouterr() == ("", "")


def test_requirements_that_cannot_be_installed_end_the_job_and_keep_pips_words(tmp_path: Path) -> None:
    """The error names the file and carries the end of what pip wrote."""
    (tmp_path / "requirements.txt").write_text("no-such-distribution-anywhere\n")
    with pytest.raises(InstallError, match=r"requirements\.txt \(pip ended with 1\)") as caught:
        install_requirements(tmp_path, _variables(tmp_path / "target"), Stopper())
    assert "no-such-distribution-anywhere" in caught.value.stderr_tail


def test_a_package_is_installed_itself(tmp_path: Path) -> None:
    """One that does not build is named by its folder; no requirements are needed for pip to run."""
    (tmp_path / "setup.py").write_text("raise SystemExit('this does not build')\n")
    with pytest.raises(InstallError, match=str(tmp_path)):
        install(EntryPoint("train.py", Kind.PACKAGE, tmp_path), _variables(tmp_path / "target"), Stopper())


def test_a_stop_while_pip_runs_is_a_stop_and_no_failed_install(tmp_path: Path) -> None:
    """The job ends as stopped, with 143."""
    pipe = tmp_path / "constraints"
    os.mkfifo(pipe)
    (tmp_path / "requirements.txt").write_text(f"-c {pipe}\ntiny\n")
    ended = threading.Event()

    def stop_once_pip_reads() -> None:
        with pipe.open("w"):  # Opened only when pip has opened it too.
            os.kill(os.getpid(), signal.SIGTERM)
            ended.wait(30)

    thread = threading.Thread(target=stop_once_pip_reads)
    thread.start()
    stopper = Stopper()
    try:
        with stopper.listening(), pytest.raises(Stopped) as caught:
            install_requirements(tmp_path, _variables(tmp_path / "target"), stopper)
    finally:
        ended.set()
        thread.join()
    assert caught.value.exit_code == 143


def test_a_python_without_pip_says_so(tmp_path: Path) -> None:
    """A real one: the error names the file, the interpreter and the remedies."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    (tmp_path / "byoml").symlink_to(Path(byoml.__file__).parent)
    (tmp_path / "requirements.txt").write_text("tiny\n")
    code = (
        "from pathlib import Path; from byoml.child import Stopper;"
        "from byoml.source.install import install_requirements;"
        f"install_requirements(Path({str(tmp_path)!r}), {{}}, Stopper())"
    )
    python = str(tmp_path / "bare/bin/python")
    done = subprocess.run([python, "-c", code], cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert f"PipMissingError: {tmp_path}/requirements.txt asks for packages, and {python} has no pip" in done.stderr
