"""The console, as a person meets it in a real browser, and `/openapi.json` as a program does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from blackbox import console_script, wait_until
from serve_process import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHROMIUM = shutil.which("chromium")
_DRIVER = shutil.which("chromedriver")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
_SCRIPT = """\
import time

def input_fn(body, content_type):
    if content_type == "image/png":
        return {"image of bytes": len(body)}
    return [[float(cell) for cell in row.split(",")] for row in body.split()] if content_type == "text/csv" else body

def predict_fn(data, model):
    time.sleep(0.01)
    if data == [[500.0]]:
        raise RuntimeError("bad luck")
    return {"sum": sum(map(sum, data))} if isinstance(data, list) else {"got": data}
"""
# The smallest image: one pixel.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An endpoint with the console, two workers and a script."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "ml/model").mkdir(parents=True)
    (folder / "ml/model/weights.bin").write_bytes(b"w" * 1234)
    with serving({"inference.py": _SCRIPT}, folder, {"BYOML_CONSOLE": "1"}) as server:
        yield server


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: it drives the browser")
    if not _CHROMIUM or not _DRIVER:
        pytest.skip("chromium or chromedriver is not installed: tools/apt.sh installs both")
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(_DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def page(server: Server, browser: Any) -> Any:
    """The console, freshly loaded, once it has looked at the server."""
    _size(browser, 1280, 900)
    browser.get(f"http://127.0.0.1:{server.port}/")
    assert wait_until(lambda: _text(browser, "ready-text") == "ready", 20)
    return browser


def _size(browser: Any, width: int, height: int) -> None:
    facts = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", facts)


def _scheme(browser: Any, name: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": name}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def _element(page: Any, name: str) -> Any:
    return page.find_element("id", name)


def _text(page: Any, name: str) -> str:
    return str(page.execute_script("return document.getElementById(arguments[0]).textContent", name))


def _choose(page: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(_element(page, name)).select_by_visible_text(value)


def _send(page: Any) -> str:
    """Press Send; give the status that is shown once there is one."""
    _element(page, "send").click()
    assert wait_until(lambda: _text(page, "answer-status")[:1].isdigit() and "·" in _text(page, "answer-facts"), 20)
    return _text(page, "answer-status")


def test_the_page_says_what_is_served(page: Any, server: Server) -> None:
    """Framework, script, the model's files, content types and workers, and where programs find more."""
    told = page.find_element("tag name", "main").text
    for fact in ("inference.py", "weights.bin", "1.23 kB", "text/csv", "application/json", "2 (SAGEMAKER_MODEL_SERVER"):
        assert fact in told
    assert wait_until(lambda: _text(page, "n-workers") == "2", 20)
    assert _text(page, "n-memory").endswith("MB")
    links = {link.get_attribute("href") for link in page.find_elements("css selector", "nav a")}
    assert f"http://127.0.0.1:{server.port}/openapi.json" in links


def test_what_is_typed_is_sent_and_the_answer_shown(page: Any) -> None:
    """Status, body and time of the very answer."""
    _choose(page, "content-type", "text/csv")
    _element(page, "body").send_keys("1,2\n3,4")
    assert _send(page) == "200 OK"
    assert json.loads(_text(page, "answer")) == {"sum": 10.0}
    assert "ms" in _text(page, "answer-facts")
    assert "application/json" in _text(page, "answer-facts")


def test_the_keyboard_sends_too(page: Any) -> None:
    """Ctrl and Enter in the body, as the page says."""
    from selenium.webdriver.common.keys import Keys

    _choose(page, "content-type", "text/csv")
    _element(page, "body").send_keys("1", Keys.CONTROL, Keys.ENTER)
    assert wait_until(lambda: _text(page, "answer-status") == "200 OK", 20)


def test_an_error_is_shown_as_the_client_gets_it(page: Any) -> None:
    """The status in another colour than a good one, and the message that says what to do."""
    _choose(page, "content-type", "text/csv")
    _element(page, "body").send_keys("500")
    assert _send(page).startswith("500")
    error = json.loads(_text(page, "answer"))
    assert error["type"] == "UserCodeError"
    assert "bad luck" in error["message"]
    assert "bad" in _element(page, "answer-status").get_attribute("class").split()


@pytest.mark.parametrize(
    ("name", "content", "kind", "expected"),
    [
        ("rows.csv", b"1,2\n5,6\n", "text/csv", {"sum": 14.0}),
        ("rows.json", b"[1]", "application/json", {"got": "[1]"}),
        ("cat.png", _PNG, "image/png", {"got": {"image of bytes": len(_PNG)}}),
    ],
)
def test_a_dropped_file_is_sent_as_what_it_is(
    page: Any, name: str, content: bytes, kind: str, expected: object
) -> None:
    """Byte for byte, with the content type that its name says; an image is shown before it is sent."""
    page.execute_script(
        """
        const [name, numbers, type] = arguments;
        const dropped = new DataTransfer();
        dropped.items.add(new File([new Uint8Array(numbers)], name, {type}));
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: dropped, bubbles: true}));
        """,
        name,
        list(content),
        kind,
    )
    assert _text(page, "chosen-name") == name
    assert _element(page, "preview").is_displayed() is (kind == "image/png")
    assert _send(page) == "200 OK"
    assert json.loads(_text(page, "answer")) == expected


def test_a_chosen_file_is_sent_and_can_be_taken_back(page: Any, tmp_path: Path) -> None:
    """Who cannot drag chooses; afterwards the body can be typed again."""
    (tmp_path / "rows.csv").write_text("7,8\n")
    _element(page, "file").send_keys(str(tmp_path / "rows.csv"))
    assert _send(page) == "200 OK"
    assert json.loads(_text(page, "answer")) == {"sum": 15.0}
    _element(page, "forget").click()
    assert _element(page, "body").is_displayed()


def test_the_charts_draw_what_the_server_is_asked(page: Any, server: Server) -> None:
    """Throughput and latency grow lines of real heights while requests come, over both workers."""
    before = int(_text(page, "n-requests").replace(",", ""))
    end = time.monotonic() + 4
    sent = 0
    while time.monotonic() < end:
        assert server.ask("POST", "/invocations", b"1", {"Content-Type": "text/csv"}).status == 200
        sent += 1
    assert wait_until(lambda: int(_text(page, "n-requests").replace(",", "")) == before + sent, 20)

    for chart in ("chart-rate", "chart-latency"):
        path = page.find_element("css selector", f"#{chart} path.line").get_attribute("d")
        heights = [float(point.split()[-1]) for point in path.replace("M", "L").split("L") if point]
        assert len(heights) > 1
        assert min(heights) < 150  # above the floor, which is at 168
        assert "Over the last two minutes" in page.find_element("css selector", f"#{chart} svg").get_attribute(
            "aria-label"
        )
    # A request sleeps for 10 ms, and the median says so.
    assert 10 <= float(_text(page, "n-p50").removesuffix(" ms")) < 60
    assert "predict" in _text(page, "phase-legend")


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_nothing_reaches_beyond_the_screen(page: Any, width: int) -> None:
    """From a desktop to a small phone, one scrolls down only."""
    _size(page, width, 800)
    assert wait_until(lambda: page.execute_script("return innerWidth") == width, 5)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


# Each text's contrast with the nearest ground that is painted, by WCAG's formula; those below 4.5 are named.
_FAINT = """
const light = (color) => {
  const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  for (; node; node = node.parentElement) {
    const color = getComputedStyle(node).backgroundColor;
    if (!/, 0\\)$|transparent/.test(color)) return color;
  }
};
return [...document.querySelectorAll("body *")]
  .filter((node) => node.offsetParent && [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim()))
  .map((node) => [light(getComputedStyle(node).color), light(ground(node)), node])
  .filter(([ink, paper]) => (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5)
  .map(([, , node]) => `${node.tagName} ${node.textContent.trim()}`);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read_by_day_and_by_night(page: Any, scheme: str) -> None:
    """The page follows the system's colours, and every text has the contrast that WCAG AA asks for."""
    _scheme(page, scheme)
    ground = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    numbers = [int(part) for part in ground[ground.index("(") + 1 : -1].split(",")[:3]]
    assert (min(numbers) > 200) is (scheme == "light")
    assert page.execute_script(_FAINT) == []


def test_everything_that_can_be_used_has_a_name(page: Any) -> None:
    """A screen reader can say what each control, picture and section is."""
    unnamed = [
        element.get_attribute("outerHTML")
        for element in page.find_elements("css selector", "button, select, input, textarea, a, svg, section")
        if element.is_displayed() and not element.accessible_name
    ]
    assert unnamed == []
    assert page.execute_script("return document.documentElement.lang") == "en"


def test_nothing_comes_from_elsewhere_and_nothing_fails(page: Any, server: Server) -> None:
    """No font, script or picture of another host, and a clean console."""
    loaded = page.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert any(name.endswith("console.js") for name in loaded)
    assert {name for name in loaded if not name.startswith(f"http://127.0.0.1:{server.port}/")} == set()
    # Errors of requests are the browser's own lines; those of the page's scripts have another source.
    assert [line for line in page.get_log("browser") if line["source"] != "network"] == []


def test_the_description_is_openapi_and_fits_the_routes(server: Server) -> None:
    """Each path and method in it is answered, each other method is 405, and errors have the shape that it gives."""
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    answer = server.ask("GET", "/openapi.json")
    assert answer.content_type == "application/json"
    document = json.loads(answer.body)
    validator.validate(document)
    assert document["openapi"].startswith("3.1")

    error = document["components"]["schemas"]["Error"]
    assert {"/ping", "/invocations", "/execution-parameters", "/metrics"} <= document["paths"].keys()
    for path, item in document["paths"].items():
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            got = server.ask(
                method, path, b"1" if method in ("POST", "PUT", "PATCH") else None, {"Content-Type": "text/csv"}
            )
            assert (got.status == 405) is (method.lower() not in item), (method, path, got)
            if got.status == 405:
                jsonschema.validate(json.loads(got.body), error)
    kinds = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert {"text/csv", "application/json"} <= kinds.keys()


def test_an_endpoint_of_many_models_describes_their_routes(tmp_path: Path) -> None:
    """Loading, listing, asking and unloading a model are in the description too, and it is valid."""
    validator = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed")
    with serving({}, tmp_path, {"BYOML_CONSOLE": "1", "SAGEMAKER_MULTI_MODEL": "true"}) as server:
        document = json.loads(server.ask("GET", "/openapi.json").body)
    validator.validate(document)
    named = {path: sorted(item.keys() - {"parameters"}) for path, item in document["paths"].items() if "models" in path}
    assert named == {
        "/models": ["get", "post"],
        "/models/{model_name}": ["delete", "get"],
        "/models/{model_name}/invoke": ["post"],
    }


def test_every_route_of_the_data_plane_is_described(server: Server, tmp_path: Path) -> None:
    """What a 404 lists, where there is no console to answer it, is what the description has."""
    document = json.loads(server.ask("GET", "/openapi.json").body)
    with serving({"inference.py": _SCRIPT}, tmp_path, {}) as bare:
        missing = bare.ask("GET", "/")
        assert missing.status == 404
        message = json.loads(missing.body)["message"]
    assert set(message.split("there are ")[1].split(", ")) == set(document["paths"])


def test_a_path_that_there_is_not_is_the_json_of_all_errors(server: Server) -> None:
    """With pages or without, clients read one form; the message names what there is."""
    answer = server.ask("GET", "/nowhere", None, {"X-Amzn-SageMaker-Inference-Id": "id-3"})
    error = json.loads(answer.body)
    assert (answer.status, error["code"], error["type"], error["request_id"]) == (404, 404, "NotFound", "id-3")
    assert "no route /nowhere" in error["message"]
    for path in ("/invocations", "/openapi.json"):
        assert path in error["message"]


def test_byoml_local_serve_has_the_console(tmp_path: Path) -> None:
    """At home one wants to look; BYOML_CONSOLE=0 does without."""
    (tmp_path / "model/code").mkdir(parents=True)
    (tmp_path / "model/code/inference.py").write_text(_SCRIPT)
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    environ = {"PATH": os.defpath, "HOME": "/nonexistent", "LANG": "C.UTF-8", **kept}
    command = [console_script("byoml"), "local", "serve", str(tmp_path / "model"), "--framework", "none", "--port", "0"]
    command += ["--env", "SAGEMAKER_MODEL_SERVER_WORKERS=1"]
    for more, status in ((), 200), (("--env", "BYOML_CONSOLE=0"), 404):
        with subprocess.Popen([*command, *more], env=environ, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                url = process.stdout.readline().removeprefix("serving at ").split(";")[0]
                assert _status(f"{url}/") == status
            finally:
                process.terminate()
                process.communicate(timeout=50)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
