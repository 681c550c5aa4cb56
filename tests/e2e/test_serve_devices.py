"""Which GPU a worker and a model compute with: told in the context, none taken twice (contract/inference 7)."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from blackbox import wait_until

if TYPE_CHECKING:
    from byoml.testing.container import Container, Endpoint

_SCRIPT = """
import os

def model_fn(model_dir, context):
    if os.path.exists(os.path.join(model_dir, "broken")):
        raise ValueError("broken")
    return context.device

def predict_fn(data, model, context):
    if isinstance(data, dict):
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")
    return [os.getpid(), model, context.device, context.gpu_id, context.system_properties["gpu_id"]]
"""
_NONE = {"BYOML_FRAMEWORK": "none"}


def _with_gpus(container: Container) -> dict[str, str]:
    """Lay the driver's own tool on PATH, which tells of two GPUs."""
    tool = container.path("bin/nvidia-smi")
    container.write({"bin/nvidia-smi": "#!/bin/sh\nprintf 'GPU 0: A\\nGPU 1: A\\n'\n"})
    tool.chmod(0o755)
    return {**_NONE, "PATH": f"{tool.parent}:{os.defpath}"}


def _device(endpoint: Endpoint, model: str | None = None) -> tuple[int, str]:
    """Ask which worker answers with which device, which every name must tell alike."""
    pid, at_load, device, gpu_id, mms = endpoint.invoke("[]", "application/json", model=model).json()
    assert device == at_load == f"cuda:{gpu_id}"
    assert gpu_id == mms
    return pid, device


def test_each_worker_has_a_gpu_of_its_own_and_its_successor_gets_it(container: Container) -> None:
    """There are as many workers as GPUs; the context says which one is whose."""
    container.write({"model/code/inference.py": _SCRIPT})
    with container.serve(_with_gpus(container)) as endpoint, ThreadPoolExecutor(4) as pool:

        def devices() -> dict[int, str]:
            return dict(pool.map(lambda _: _device(endpoint), range(20)))

        assert wait_until(lambda: sorted(devices().values()) == ["cuda:0", "cuda:1"], 20)
        gone, freed = next(iter(devices().items()))
        os.kill(gone, signal.SIGKILL)
        assert wait_until(lambda: endpoint.ping() == 200 and len(devices().keys() - {gone}) == 2, 20)
        after = devices()
        assert sorted(after.values()) == ["cuda:0", "cuda:1"]
        assert freed in {device for pid, device in after.items() if pid != gone}


def test_models_of_one_process_are_spread_over_the_gpus(container: Container) -> None:
    """Each gets the GPU with the fewest models, and leaves its place; memory that is short is 507."""
    urls = {name: container.write_model(name, {"code/inference.py": _SCRIPT}) for name in "abcd"}
    container.write({"models/d/model/broken": ""})
    with container.serve({**_with_gpus(container), "SAGEMAKER_MULTI_MODEL": "true"}) as endpoint:
        assert [endpoint.load_model(name, urls[name]).status for name in "adb"] == [200, 500, 200]
        assert [_device(endpoint, name)[1] for name in "ab"] == ["cuda:0", "cuda:1"]
        endpoint.unload_model("b")
        endpoint.load_model("c", urls["c"])
        assert _device(endpoint, "c")[1] == "cuda:1"
        short = endpoint.invoke('{"too": "large"}', "application/json", model="c")
        assert (short.status, short.json()["type"]) == (507, "OutOfMemory")
        assert _device(endpoint, "c")[1] == "cuda:1"
