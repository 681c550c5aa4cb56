"""`byoml local serve --reload`: code is changed while it is served."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from blackbox import console_script, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 50
_SCRIPT = """\
import os, time
from helper import NAME

def model_fn(model_dir):
    while os.path.exists({gate!r}):
        time.sleep(0.01)
    return NAME

def predict_fn(data, model):
    return model
"""


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8", **kept}


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, Path]]:
    """Serve the code in `src` with `--reload`; give its URL and the file with what is told."""
    (folder / "model").mkdir()
    (folder / "src").mkdir()
    (folder / "src/inference.py").write_text(_SCRIPT.format(gate=str(folder / "gate")))
    (folder / "src/helper.py").write_text("NAME = 'one'\n")
    command = [console_script("byoml"), "local", "serve", "--framework", "none", "--port", "0", "--reload"]
    command += ["--env", "SAGEMAKER_MODEL_SERVER_WORKERS=1", "--source", str(folder / "src"), str(folder / "model")]
    told = folder / "told"
    with (
        told.open("wb") as stderr,
        subprocess.Popen(command, env=_environ(), stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line.startswith("serving at http://"), told.read_text()
            yield line.removeprefix("serving at ").split(";")[0], told
        finally:
            process.terminate()
            code = process.wait(_SECONDS)
    assert code == 0, told.read_text()


def _invoke(url: str) -> Any:
    request = urllib.request.Request(f"{url}/invocations", b"[1]", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        return json.loads(answer.read())


def test_a_change_is_served_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    """The old code answers until the new is ready, no request fails meanwhile, and what is broken is told."""
    with _serving(tmp_path) as (url, told):
        answers: list[Any] = []
        done = threading.Event()

        def ask_on() -> None:
            while not done.is_set():
                try:
                    answers.append(_invoke(url))
                except OSError as error:
                    answers.append(repr(error))

        client = threading.Thread(target=ask_on)
        client.start()
        try:
            (tmp_path / "src/helper.py").write_text("NAME = 'broken' +\n")
            assert wait_until(lambda: "the change is not served" in told.read_text(), _SECONDS)
            assert "SyntaxError" in told.read_text()
            assert "helper.py changed" in told.read_text()
            (tmp_path / "gate").touch()
            (tmp_path / "src/helper.py").write_text("NAME = 'two'\n")
            assert wait_until(lambda: told.read_text().count("serving ") == 3, _SECONDS), "the third server has begun"
            count = len(answers)
            assert wait_until(lambda: len(answers) > count + 5, _SECONDS)
            assert set(answers) == {"one"}
            (tmp_path / "gate").unlink()
            assert wait_until(lambda: "two" in answers, _SECONDS), told.read_text()
        finally:
            done.set()
            client.join()
        assert set(answers) == {"one", "two"}
        assert answers == sorted(answers), "once the new has answered, the old does not"
        assert wait_until(lambda: _invoke(url) == "two", _SECONDS)
