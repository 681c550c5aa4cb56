"""The script that ModelBuilder of the SDK's version 3 generates is served as any other, on this machine."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from byoml.local import mount
from sdk_client import ROLE, drives, load, quiet
from serve_process import serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from buckets import S3
    from serve_process import Answer

# What the SDK tells a container beside the script's own name and place.
_VARIABLES = {
    "SAGEMAKER_BASE_DIR": "/opt/ml",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    "SAGEMAKER_REGION": "us-east-1",
    "LOCAL_PYTHON": platform.python_version(),
    "MODEL_CLASS_NAME": "tests.Doubles",
}

pytestmark = drives(3)


@pytest.fixture
def build(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Has the SDK generate a model folder; gives the tree that it lies in."""
    if not mount.allowed():
        pytest.skip("this system lets us mount nothing at /opt/ml")
    own = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "SAGEMAKER_VALIDATE_ROLE": "false"}
    for name, value in {**s3.variables, **own}.items():
        monkeypatch.setenv(name, value)
    load("sagemaker.serve", "sagemaker.serve.builder.schema_builder")
    import boto3
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.serve import ModelBuilder
    from sagemaker.serve.mode.function_pointers import Mode

    def build(model_server: Any, inference_spec: Any, schema_builder: Any) -> Path:
        ModelBuilder(
            inference_spec=inference_spec,
            schema_builder=schema_builder,
            model_server=model_server,
            model_path=str(tmp_path / "ml/model"),
            mode=Mode.LOCAL_CONTAINER,
            image_uri="byoml-base",
            dependencies={"auto": False},
            sagemaker_session=Session(boto3.Session(), default_bucket=s3.bucket, sagemaker_config=quiet()),
            role_arn=ROLE,
            env_vars={},
        ).build()
        code = {path.name for path in (tmp_path / "ml/model/code").iterdir()}
        assert code >= {"inference.py", "metadata.json", "serve.pkl"}
        return tmp_path

    return build


def _spec() -> Any:
    """A class of a user's: of a function, so that it is pickled whole."""
    from sagemaker.serve import InferenceSpec

    class Doubles(InferenceSpec):  # type: ignore[misc]  # the SDK has no types
        def load(self, model_dir: str) -> list[str]:
            return sorted(path.name for path in Path(model_dir, "code").glob("serve.*"))

        def preprocess(self, input_data: Any) -> Any:
            return [*input_data, 10]

        def invoke(self, input_object: Any, model: list[str]) -> Any:
            return {"doubled": [2 * each for each in input_object], "by": model}

        def postprocess(self, predictions: Any) -> Any:
            return {**predictions, "post": True}

    return Doubles()


def _ask(folder: Path, body: bytes, content_type: str) -> Answer:
    """Serve the folder at /opt/ml, which one of the scripts spells, and invoke it once."""
    with serving({}, folder, _VARIABLES, prefix=mount.command(folder / "ml", ())) as server:
        return server.ask("POST", "/invocations", body, {"Content-Type": content_type, "Accept": content_type})


def test_the_script_for_torchserve_reads_and_writes_json(build: Callable[..., Path]) -> None:
    """Load, preprocess, invoke and postprocess of an InferenceSpec; the pickle's checksum is checked on the way."""
    load("sagemaker.serve.utils.types")
    from sagemaker.serve.builder.schema_builder import SchemaBuilder
    from sagemaker.serve.utils.types import ModelServer

    tree = build(ModelServer.TORCHSERVE, _spec(), SchemaBuilder([1], {"doubled": [2]}))
    answer = _ask(tree, b"[1, 2.5]", "application/json")

    assert (answer.status, answer.content_type) == (200, "application/json"), answer.body
    assert json.loads(answer.body) == {"doubled": [2, 5.0, 20], "by": ["serve.pkl"], "post": True}


def test_the_script_for_multi_model_server_translates_a_payload_of_its_own(build: Callable[..., Path]) -> None:
    """A CustomPayloadTranslator gets the bytes as they came, and its bytes go out as they are."""
    load("sagemaker.serve.marshalling.custom_payload_translator", "sagemaker.serve.utils.types")
    from sagemaker.serve.builder.schema_builder import SchemaBuilder
    from sagemaker.serve.marshalling.custom_payload_translator import CustomPayloadTranslator
    from sagemaker.serve.utils.types import ModelServer

    class Numbers(CustomPayloadTranslator):  # type: ignore[misc]  # the SDK has no types
        def serialize_payload_to_bytes(self, payload: Any) -> bytes:
            return bytes(payload["doubled"] if isinstance(payload, dict) else payload)

        def deserialize_payload_from_stream(self, stream: Any) -> Any:
            return list(stream.read())

    schema = SchemaBuilder([1], [2], input_translator=Numbers(), output_translator=Numbers())
    answer = _ask(build(ModelServer.MMS, _spec(), schema), b"\x01\x7f", "application/custom")

    assert (answer.status, answer.content_type, answer.body) == (200, "application/custom", b"\x02\xfe\x14")
