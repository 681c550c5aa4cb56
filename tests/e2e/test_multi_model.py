"""A multi-model endpoint, asked as the platform asks it (contract/inference 1.7)."""

from __future__ import annotations

import http.client
import json
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from archives import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Answer, Container, Endpoint

_MULTI = {"SAGEMAKER_MULTI_MODEL": "true", "BYOML_FRAMEWORK": "none", "BYOML_SPARE_MEMORY_MB": "0"}
_JSON = "application/json"
_MB = 2**20

_SCRIPT = """
import os
import numpy
from helpers import VALUE

def model_fn(model_dir):
    return numpy.load(os.path.join(model_dir, "weights.npy"))

def predict_fn(data, model):
    return [VALUE, float(model[0])]
"""


def _write(container: Container, name: str, number: float, **files: Any) -> str:
    """Write a model of 4 MB that answers with its name and its number; returns its url."""
    url = container.write_model(name, {"code/inference.py": _SCRIPT, "code/helpers.py": f"VALUE = {name!r}\n", **files})
    np.save(Path(url) / "weights.npy", np.full(_MB // 2, float(number)))
    return url


def _ask(endpoint: Endpoint, name: str) -> Answer:
    return endpoint.invoke(b"[]", _JSON, model=name)


@pytest.fixture
def endpoint(container: Container) -> Iterator[Endpoint]:
    """An endpoint with the models `a` and `b` on disk, none of them loaded."""
    for number, name in enumerate("ab"):
        _write(container, name, number)
    with container.serve(_MULTI) as endpoint:
        yield endpoint


def _url(container: Container, name: str) -> str:
    return str(container.path("models", name, "model"))


def test_it_is_healthy_without_any_model(endpoint: Endpoint) -> None:
    """The platform loads models only into a container that answers `/ping` (contract/inference M-6)."""
    assert endpoint.ping() == 200
    assert endpoint.request("GET", "/models").json() == {"models": []}


_SLOW = """
import os, time
with open(os.environ["SEEN"], "a") as seen:
    seen.write("x")
time.sleep(1)
"""


def test_a_model_that_was_evicted_loads_again_without_its_libraries(container: Container) -> None:
    """What was imported stays: only the model itself is read again, whichever model imported it first (7-5)."""
    container.write({"libraries/slow_library.py": _SLOW})
    end = "\ndef shutdown_fn(model):\n    open(os.environ['SEEN'], 'a').write(VALUE)\n"
    for number, name in enumerate("ab"):
        url = _write(container, name, number)
        script = Path(url) / "code/inference.py"
        script.write_text("import slow_library\n" + script.read_text() + end)
    seen = container.path("seen")
    with container.serve({**_MULTI, "PYTHONPATH": str(container.path("libraries")), "SEEN": str(seen)}) as endpoint:
        for name in "aba":
            assert endpoint.load_model(name, _url(container, name)).status == 200
            assert _ask(endpoint, name).json() == [name, "ab".index(name)]
            assert endpoint.unload_model(name).status == 200
    assert seen.read_text() == "xaba", "imported once, and each model's own function called at its end"


@pytest.mark.parametrize(("said", "on"), [("True", True), ("1", True), ("false", False), ("0", False), ("", False)])
def test_the_mode_is_a_boolean(container: Container, said: str, *, on: bool) -> None:
    """`false` is not on, and `True` is not off (contract/inference M-10)."""
    container.write({"code/inference.py": "def model_fn(model_dir):\n    return 1\n"})
    with container.serve({**_MULTI, "SAGEMAKER_MULTI_MODEL": said}) as endpoint:
        assert endpoint.request("GET", "/models").status == (200 if on else 404)


def test_a_model_is_loaded_described_invoked_and_unloaded(container: Container, endpoint: Endpoint) -> None:
    """The whole life of a model, and what is answered before and after (contract/inference M-1 to M-6)."""
    url = _url(container, "a")
    assert endpoint.request("GET", "/models/a").status == 404
    assert _ask(endpoint, "a").status == 404

    loaded = endpoint.load_model("a", url)
    assert (loaded.status, loaded.json()) == (200, {"modelName": "a", "modelUrl": url})
    again = endpoint.load_model("a", url)
    assert (again.status, again.json()["code"], again.json()["type"]) == (409, 409, "ModelAlreadyLoaded")
    assert endpoint.request("GET", "/models/a").json() == {"modelName": "a", "modelUrl": url}
    assert _ask(endpoint, "a").json() == ["a", 0.0]

    assert endpoint.unload_model("a").status == 200
    for answer in (endpoint.unload_model("a"), endpoint.request("GET", "/models/a"), _ask(endpoint, "a")):
        assert (answer.status, answer.json()["type"]) == (404, "NotFound")


def test_models_are_listed_in_pages(container: Container, endpoint: Endpoint) -> None:
    """Sorted; a page says how to ask for the next one, the last does not (contract/inference M-3)."""
    names = ["c", "a", "b"]
    _write(container, "c", 2)
    for name in names:
        assert endpoint.load_model(name, _url(container, name)).status == 200

    first = endpoint.request("GET", "/models?limit=2").json()
    assert [model["modelName"] for model in first["models"]] == ["a", "b"]
    last = endpoint.request("GET", f"/models?limit=2&next_page_token={first['nextPageToken']}").json()
    assert last == {"models": [{"modelName": "c", "modelUrl": _url(container, "c")}]}
    assert len(endpoint.request("GET", "/models?limit=1000").json()["models"]) == 3
    assert "nextPageToken" not in endpoint.request("GET", "/models?limit=3").json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/models", b"{", 400, "not valid application/json"),
        ("POST", "/models", b"[]", 400, "model_name and url"),
        ("POST", "/models", b'{"model_name": "a"}', 400, "model_name and url"),
        ("POST", "/models", b'{"model_name": "../a", "url": "/opt/ml"}', 400, "one part of a path"),
        ("POST", "/models", b'{"model_name": "..", "url": "/opt/ml"}', 400, "one part of a path"),
        ("POST", "/models", b'{"model_name": "", "url": "/opt/ml"}', 400, "one part of a path"),
        ("POST", "/models", b'{"model_name": "a", "url": "/etc"}', 404, "is no folder below"),
        ("POST", "/models", b'{"model_name": "a", "url": "BASE/../../../../etc"}', 404, "is no folder below"),
        ("POST", "/models", b'{"model_name": "a", "url": "BASE/models/none/model"}', 404, "is no folder below"),
        ("GET", "/models?limit=many", b"", 400, "a whole number"),
        ("GET", "/models?limit=0", b"", 400, "at least 1"),
        ("GET", "/models?next_page_token=-1", b"", 400, "a whole number"),
        ("PUT", "/models", b"", 405, "GET, POST"),
        ("POST", "/models/a", b"", 405, "GET, DELETE"),
        ("GET", "/models/a/invoke", b"", 405, "POST"),
        ("GET", "/models/", b"", 404, "no route"),
        ("GET", "/models/a/b/c", b"", 404, "no route"),
        ("GET", "/models/a%2Fb", b"", 404, "no route"),
    ],
)
def test_what_is_asked_wrong_is_told(  # noqa: PLR0913, PLR0917  a row of the table above
    container: Container, endpoint: Endpoint, method: str, path: str, body: bytes, status: int, words: str
) -> None:
    """In the one form of errors, with what would be right; and nothing outside the tree is ever loaded."""
    answer = endpoint.request(method, path, body.replace(b"BASE", str(container.paths.base).encode()))
    assert (answer.status, answer.json()["code"]) == (status, status)
    assert words in answer.json()["message"]
    assert endpoint.request("GET", "/models").json() == {"models": []}


def test_names_are_opaque(container: Container, endpoint: Endpoint) -> None:
    """Whatever one part of a path can hold, percent-encoded where it must be (contract/inference M-1)."""
    for name in ("0a3f9c", "x.tar.gz", "invoke", "models", "a b", "naïve%41", "?&#"):
        assert endpoint.load_model(name, _url(container, "a")).status == 200
        assert _ask(endpoint, name).json() == ["a", 0.0]
        assert endpoint.unload_model(name).status == 200


def test_invocations_of_the_endpoint_go_to_the_model_that_is_meant(container: Container, endpoint: Endpoint) -> None:
    """The only one there is, or the one that the header names; else the error names the route (M-6)."""
    assert endpoint.invoke(b"[]", _JSON).status == 404
    endpoint.load_model("a", _url(container, "a"))
    assert endpoint.invoke(b"[]", _JSON).json() == ["a", 0.0]
    endpoint.load_model("b", _url(container, "b"))
    named = endpoint.invoke(b"[]", _JSON, headers={"X-Amzn-SageMaker-Target-Model": "b"})
    assert named.json() == ["b", 1.0]
    unnamed = endpoint.invoke(b"[]", _JSON)
    assert unnamed.status == 404
    assert "/models/NAME/invoke" in unnamed.json()["message"]


def test_an_invocation_is_as_of_a_single_model(container: Container, endpoint: Endpoint) -> None:
    """Types, ids and errors work as under `/invocations` (contract/inference M-6)."""
    endpoint.load_model("a", _url(container, "a"))
    csv = endpoint.invoke(b"1,2\n", "text/csv", "text/csv", model="a")
    assert (csv.status, csv.headers["content-type"]) == (200, "text/csv")
    assert endpoint.invoke(b"[", _JSON, model="a").status == 400
    assert endpoint.invoke(b"", "application/x-unknown", model="a").status == 415
    failed = endpoint.invoke(b"[", _JSON, headers={"X-Amzn-SageMaker-Inference-Id": "mine"}, model="a")
    assert failed.json()["request_id"] == "mine"
    assert 'byoml_requests_total{status="415"} 1' in endpoint.request("GET", "/metrics").text


def test_a_connection_survives_that_a_model_is_not_there(endpoint: Endpoint) -> None:
    """404 has the platform load the model and ask again, over the connection that it keeps (M-6)."""
    with closing(_Client(endpoint)) as client:
        asked = [("POST", "/models/a/invoke"), ("DELETE", "/models/a"), ("POST", "/invocations"), ("GET", "/models/a")]
        for method, path in asked * 3:
            assert client.ask(method, path, [])[0] == 404


def test_more_workers_than_one_are_refused_with_a_warning(container: Container) -> None:
    """What is loaded must be known to whoever is asked (contract/inference M-12)."""
    url = _write(container, "a", 7)
    with container.serve({**_MULTI, "SAGEMAKER_MODEL_SERVER_WORKERS": "3"}) as endpoint:
        endpoint.load_model("a", url)
        assert {_ask(endpoint, "a").status for _ in range(30)} == {200}
        assert b"3 workers are asked for" in endpoint.stderr()
        assert len(_children(endpoint)) == 1


def _wheel(version: int) -> bytes:
    return wheel("own_dependency", f"VERSION = {version}\n", str(version))


def test_each_model_has_its_own_code_and_its_own_requirements(container: Container) -> None:
    """The same names in two models, of files and of packages; a third sees neither (contract/inference M-9)."""
    script = (
        "from helpers import VALUE\nimport own_dependency\n\ndef model_fn(model_dir):\n    return 0\n\n"
        "def predict_fn(data, model):\n    import late\n    return [VALUE, own_dependency.VERSION, late.VALUE]\n"
    )
    for version, name in enumerate("ab", 1):
        _write(
            container,
            name,
            0,
            **{
                "code/inference.py": script,
                "code/late.py": f"VALUE = {version * 10}\n",
                "code/requirements.txt": "own-dependency\n",
                f"code/wheels/own_dependency-{version}-py3-none-any.whl": _wheel(version),
            },
        )
    _write(container, "c", 0, **{"code/inference.py": script})
    with container.serve({**_MULTI, "BYOML_INSTALLER": "pip"}) as endpoint:
        for name in "ab":
            loaded = endpoint.load_model(name, _url(container, name))
            assert loaded.status == 200, loaded.text
        assert [_ask(endpoint, name).json() for name in "abab"] == [["a", 1, 10], ["b", 2, 20]] * 2
        failed = endpoint.load_model("c", _url(container, "c"))
        assert (failed.status, failed.json()["type"]) == (500, "UserCodeError")
        assert "own_dependency" in failed.json()["message"]


def test_models_without_code_of_their_own_share_the_containers(container: Container) -> None:
    """One script for all, as images bring it; each model has its own copy of the module's variables."""
    container.write(
        {
            "code/inference.py": "seen = []\n\ndef model_fn(model_dir):\n    return model_dir\n\n"
            "def predict_fn(data, model):\n    seen.append(model)\n    return seen\n"
        }
    )
    urls = {name: container.write_model(name, {"weights": "x"}) for name in "ab"}
    # An SDK names the folder of the one model in either mode.
    env = {
        **_MULTI,
        "SAGEMAKER_SUBMIT_DIRECTORY": str(container.path("model/code")),
        "SAGEMAKER_PROGRAM": "inference.py",
    }
    with container.serve(env) as endpoint:
        for name, url in urls.items():
            assert endpoint.load_model(name, url).status == 200
        assert [_ask(endpoint, name).json() for name in "ab"] == [[urls["a"]], [urls["b"]]]


def test_a_model_that_does_not_fit_into_memory_is_refused_and_the_others_go_on(container: Container) -> None:
    """507 makes the platform unload others and try again; nothing of the failed load is left (M-2, M-6)."""
    greedy = "import numpy\n\ndef model_fn(model_dir):\n    return numpy.ones(10**15)\n"
    hungry = _SCRIPT.replace("    return [VALUE", "    numpy.ones(10**15)\n    return [VALUE")
    urls = {
        "a": _write(container, "a", 1),
        "greedy": _write(container, "greedy", 2, **{"code/inference.py": greedy}),
        "hungry": _write(container, "hungry", 3, **{"code/inference.py": hungry}),
    }
    with container.serve(_MULTI) as endpoint:
        statuses = {name: endpoint.load_model(name, url).status for name, url in urls.items()}
        assert statuses == {"a": 200, "greedy": 507, "hungry": 200}
        refused = _ask(endpoint, "hungry")
        assert (refused.status, refused.json()["type"]) == (507, "OutOfMemory")
        assert [model["modelName"] for model in endpoint.request("GET", "/models").json()["models"]] == ["a", "hungry"]
        assert _ask(endpoint, "a").json() == ["a", 1.0]


def test_a_load_is_refused_where_less_would_be_left_than_must_be(container: Container) -> None:
    """Measured, before anything is loaded: the kernel's killer leaves no time for an answer (M-2)."""
    url = _write(container, "a", 1)
    with container.serve({**_MULTI, "BYOML_SPARE_MEMORY_MB": str(2**40)}) as endpoint:
        refused = endpoint.load_model("a", url)
        assert (refused.status, refused.json()["type"]) == (507, "OutOfMemory")
        assert "must stay free" in refused.json()["message"]


def _children(endpoint: Endpoint) -> list[int]:
    pid = endpoint.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident_mb(endpoint: Endpoint) -> float:
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _children(endpoint)) * 4096 / _MB


class _Client:
    """One connection that is kept, as the platform keeps its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=60)

    def close(self) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        self._connection.request(method, path, json.dumps(body).encode(), {"Content-Type": _JSON})
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


def test_a_large_model_is_really_gone_on_return(container: Container) -> None:
    """What the system counts falls back at once, though a library keeps a little behind all of it (M-5)."""
    script = (
        "import numpy\nfrom helpers import VALUE\n\ndef model_fn(model_dir):\n"
        "    parts = [numpy.ones(2**14) for _ in range(1024)]\n    numpy.kept = numpy.ones(1000)\n    return parts\n\n"
        "def predict_fn(data, model):\n    return [VALUE, len(model)]\n"
    )
    url = _write(container, "large", 1, **{"code/inference.py": script})
    _write(container, "small", 1)
    with container.serve(_MULTI) as endpoint:
        endpoint.load_model("small", _url(container, "small"))
        before = _resident_mb(endpoint)
        assert endpoint.load_model("large", url).status == 200
        assert _ask(endpoint, "large").json() == ["large", 1024]
        assert _resident_mb(endpoint) > before + 120
        assert endpoint.unload_model("large").status == 200
        assert _resident_mb(endpoint) < before + 10


@pytest.mark.timeout(240)
def test_five_hundred_loads_and_unloads_leave_no_memory_behind(container: Container) -> None:
    """Models of 4 MB with code of their own, each invoked once: within 20 MB of where it began (issue 4)."""
    urls = {name: _write(container, name, number) for number, name in enumerate("abc")}
    with (
        container.serve({**_MULTI, "SAGEMAKER_CONTAINER_LOG_LEVEL": "ERROR"}) as endpoint,
        closing(_Client(endpoint)) as client,
    ):

        def turn(number: int) -> None:
            name = "abc"[number % 3]
            assert client.ask("POST", "/models", {"model_name": name, "url": urls[name]})[0] == 200
            assert client.ask("POST", f"/models/{name}/invoke", []) == (200, [name, float(number % 3)])
            assert client.ask("DELETE", f"/models/{name}")[0] == 200

        for number in range(20):
            turn(number)
        before = _resident_mb(endpoint)
        for number in range(500):
            turn(number)
        assert _resident_mb(endpoint) < before + 20


_SECONDS = 5.0


@pytest.mark.timeout(180)
def test_loads_invocations_and_unloads_from_many_threads_get_what_they_ask_for(container: Container) -> None:
    """Each answer is from the model that was asked, or says that it is not there (contract/inference M-7)."""
    urls = {f"m{number}": _write(container, f"m{number}", number) for number in range(4)}
    allowed = {"load": {200, 409}, "invoke": {200, 404}, "unload": {200, 404}}
    with container.serve({**_MULTI, "SAGEMAKER_CONTAINER_LOG_LEVEL": "ERROR"}) as endpoint:
        end = time.monotonic() + _SECONDS

        def storm(seed: int) -> set[tuple[str, int]]:
            chance, seen = random.Random(seed), set()  # noqa: S311  a seed, no secret
            with closing(_Client(endpoint)) as client:
                while time.monotonic() < end:
                    name = chance.choice(list(urls))
                    what = chance.choices(["load", "invoke", "unload"], [2, 5, 1])[0]
                    if what == "load":
                        status, body = client.ask("POST", "/models", {"model_name": name, "url": urls[name]})
                    elif what == "invoke":
                        status, body = client.ask("POST", f"/models/{name}/invoke", [])
                    else:
                        status, body = client.ask("DELETE", f"/models/{name}")
                    assert status in allowed[what], (what, status, body)
                    if (what, status) == ("invoke", 200):
                        assert body == [name, float(name[1:])]
                    seen.add((what, status))
            return seen

        with ThreadPoolExecutor(8) as threads:
            seen = set().union(*threads.map(storm, range(8)))
        assert seen == {(what, status) for what, statuses in allowed.items() for status in statuses}
        assert endpoint.ping() == 200
        for name in urls:
            endpoint.unload_model(name)
        assert endpoint.request("GET", "/models").json() == {"models": []}
        assert endpoint.stderr() == b""


@pytest.mark.timeout(120)
def test_a_platform_that_unloads_the_least_recently_used_serves_more_models_than_fit(container: Container) -> None:
    """As with ModelCacheSetting Enabled: 404 has it load, 507 has it unload and try again (M-2, M-6)."""
    limiting = (
        "import resource\nfrom pathlib import Path\n\ndef model_fn(model_dir):\n"
        "    size = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (size + 700 * 2**20,) * 2)\n    return 0\n"
    )
    large = (
        "import numpy\nfrom helpers import VALUE\n\ndef model_fn(model_dir):\n    return numpy.ones(2**24)\n\n"
        "def predict_fn(data, model):\n    return [VALUE, len(model)]\n"
    )
    _write(container, "limit", 0, **{"code/inference.py": limiting})
    names = [f"m{number}" for number in range(8)]
    for name in names:
        _write(container, name, 0, **{"code/inference.py": large})
    with container.serve({**_MULTI, "MALLOC_ARENA_MAX": "1"}) as endpoint:
        assert endpoint.load_model("limit", _url(container, "limit")).status == 200
        loaded: list[str] = []
        refused = most = 0
        for name in names * 2 + names[::-1]:
            while (answer := _ask(endpoint, name)).status == 404:
                status = endpoint.load_model(name, _url(container, name)).status
                assert status in {200, 507}
                if status == 507:
                    refused += 1
                    assert endpoint.unload_model(loaded.pop(0)).status == 200
                else:
                    loaded.append(name)
            assert answer.json() == [name, 2**24]
            loaded.sort(key=lambda each: each == name)
            most = max(most, len(loaded))
        assert refused > 0
        assert 2 <= most < len(names)


def test_it_stops_as_other_endpoints_do(container: Container, tmp_path: Path) -> None:
    """With models loaded, SIGTERM ends it with 0, and no folder of packages stays (contract/inference H-7)."""
    files = {"code/requirements.txt": "own-dependency\n", "code/wheels/own_dependency-1-py3-none-any.whl": _wheel(1)}
    url = _write(container, "a", 1, **files)
    with container.serve({**_MULTI, "TMPDIR": str(tmp_path)}) as endpoint:
        assert endpoint.load_model("a", url).status == 200
        assert len(list(tmp_path.glob("byoml-packages-*"))) == 1
        endpoint.process.send_signal(signal.SIGTERM)
        assert endpoint.process.wait(20) == 0
        assert list(tmp_path.glob("byoml-packages-*")) == []
