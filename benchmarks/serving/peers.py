"""The servers that are compared, each in an environment of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ALL", "BYOML", "CEILING", "Peer", "environment_of", "why_not"]

APPS = Path(__file__).resolve().parent / "apps"
WORKERS = 2
_LIBRARIES = ("xgboost-cpu>=3,<4", "scikit-learn>=1.5,<2")
_GUNICORN = ("gunicorn>=27.0.1,<28", "uvloop")


@dataclass(frozen=True)
class Peer:
    """One server.

    Args:
        name: As the report calls it.
        requirements: Of its environment; none: it runs in the benchmark's own.
        command: Takes the port and a folder to write to, gives the command; the first word is one of its programs.
        request: The form of its requests: `csv`, or the JSON that it asks for.
        needs: A program that must be there.
    """

    name: str
    requirements: tuple[str, ...]
    command: Callable[[int, Path], Sequence[str]]
    request: str = "csv"
    needs: str | None = None


def _byoml(_port: int, _folder: Path) -> Sequence[str]:
    return ("serve",)


def _gunicorn(app: str, *options: str) -> Callable[[int, Path], Sequence[str]]:
    return lambda port, _: ("gunicorn", f"--bind=127.0.0.1:{port}", f"--workers={WORKERS}", *options, app)


def _uvicorn(port: int, _folder: Path) -> Sequence[str]:
    options = ("--loop=uvloop", "--http=httptools", "--no-access-log", "--log-level=warning")
    return ("uvicorn", f"--port={port}", f"--workers={WORKERS}", *options, "fastapi_app:app")


def _litserve(_port: int, _folder: Path) -> Sequence[str]:
    return ("python", str(APPS / "litserve_app.py"))


def _bentoml(port: int, _folder: Path) -> Sequence[str]:
    return ("bentoml", "serve", "bentoml_app:Rows", f"--port={port}")


def _mlserver(port: int, folder: Path) -> Sequence[str]:
    ports = {"http_port": port, "grpc_port": port + 1000, "metrics_port": port + 2000}
    settings = {**ports, "host": "127.0.0.1", "parallel_workers": WORKERS, "debug": False}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    model = {"name": "rows", "implementation": "mlserver_app.Rows"}
    (folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    return ("mlserver", "start", str(folder))


def _sagemaker(port: int, folder: Path) -> Sequence[str]:
    """Lay out what the toolkit lays out under /, where only root may write."""
    model = folder / "models/rows"
    (model / "MAR-INF").mkdir(parents=True)
    manifest = {"runtime": "python", "model": {"modelName": "rows", "handler": "sagemaker_app:handle"}}
    (model / "MAR-INF/MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    for name in ("rows.py", "sagemaker_app.py"):
        shutil.copy(APPS / name, model / name)
    lines = (
        f"inference_address=http://127.0.0.1:{port}",
        f"management_address=http://127.0.0.1:{port + 1000}",
        f"default_workers_per_model={WORKERS}",
        "decode_input_request=false",
        "enable_envvars_config=true",
        f"model_store={model.parent}",
        "load_models=ALL",
    )
    (folder / "mms.properties").write_text("\n".join(lines), encoding="utf-8")
    config = ("--mms-config", str(folder / "mms.properties"), "--model-store", str(model.parent))
    return ("multi-model-server", "--start", "--foreground", *config, "--models", "rows=rows")


BYOML = "byoml"
CEILING = "gunicorn asgi, a constant"
_FLASK = ("flask>=3.1", "gunicorn>=27.0.1,<28", *_LIBRARIES)
ALL = (
    Peer(BYOML, (), _byoml),
    Peer("Flask, gunicorn gthread", _FLASK, _gunicorn("flask_app:app", "--worker-class=gthread", "--threads=8")),
    Peer("Flask, gunicorn sync", _FLASK, _gunicorn("flask_app:app")),
    Peer("FastAPI, uvicorn", ("fastapi", "uvicorn", "uvloop", "httptools", *_LIBRARIES), _uvicorn),
    Peer("LitServe", ("litserve", *_LIBRARIES), _litserve, request="litserve"),
    Peer("BentoML", ("bentoml", *_LIBRARIES), _bentoml, request="bentoml"),
    # With uvloop 0.22 its workers die.
    Peer("MLServer", ("mlserver", "uvloop<0.22", *_LIBRARIES), _mlserver, request="mlserver"),
    Peer(
        "sagemaker-inference, Java",
        ("sagemaker-inference", "multi-model-server", "setuptools<80", *_LIBRARIES),
        _sagemaker,
        needs="java",
    ),
    Peer(CEILING, _GUNICORN, _gunicorn("constant_app:app", "--worker-class=asgi", "--http-parser=python")),
)


def why_not(peer: Peer) -> str | None:
    """Tell what a peer lacks on this machine; None where it can run."""
    if peer.needs and shutil.which(peer.needs) is None:
        return f"there is no {peer.needs}"
    return None


def environment_of(peer: Peer, cache: Path) -> Path:
    """Make a peer's virtual environment, once for each list of requirements.

    Args:
        peer: The server.
        cache: Where environments are kept.

    Returns:
        The folder of its programs.

    Raises:
        subprocess.CalledProcessError: Something cannot be installed; its stderr says what.
    """
    if not peer.requirements:
        return Path(sys.executable).parent
    key = hashlib.sha256("\n".join((sys.version, *peer.requirements)).encode()).hexdigest()[:12]
    folder = cache / key
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        python = str(folder / "bin/python")
        pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
        subprocess.run([*pip, "--quiet", *peer.requirements], check=True, capture_output=True, text=True)
        (folder / "done").touch()
    return folder / "bin"
