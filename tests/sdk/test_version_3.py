"""Version 3 of the SageMaker SDK drives our images: its trainer with and without code, a processor, an endpoint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from archives import tarball
from sdk_client import BUCKET, ROLE, drives, quiet
from sdk_programs import CLEAN, HELPER, TELL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_pages import Reader
    from sdk_client import Client

_HYPERPARAMETERS = {"factor": 2.5, "epochs": 3, "name": "x y", "fast": True, "layers": [1, 2]}
_INFERENCE = """
def model_fn(model_dir):
    return 2

def predict_fn(data, model):
    return data * model
"""

pytestmark = drives(3)


@pytest.mark.usefixtures("client")
def test_the_page_trains_in_each_of_the_three_ways(base: str, page: Callable[[Mapping[str, str]], Reader]) -> None:
    """Each block of docs/how-to/sagemaker-sdk.md as it is written, but for the names of images."""
    assert page({"byoml-base": base, "my-image": "byoml-test/my-image"}).follow("v3") == 2


@pytest.fixture(scope="module")
def job(base: str, client: Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One job of two hosts, trained by our `train` in the SDK's driver; gives what each host saw."""
    import boto3
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData, SourceCode
    from sagemaker.train.model_trainer import Mode

    assert client.port
    root = tmp_path_factory.mktemp("trainer")
    for name, text in {"src/train.py": TELL, "src/helper.py": HELPER, "data/rows.csv": "1\n"}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    ModelTrainer(
        training_mode=Mode.LOCAL_CONTAINER,
        sagemaker_session=Session(boto3.Session(), default_bucket=BUCKET, sagemaker_config=quiet()),
        role=ROLE,
        training_image=base,
        base_job_name="two-hosts",
        source_code=SourceCode(source_dir=str(root / "src"), command="train"),
        compute=Compute(instance_type="local_cpu", instance_count=2),
        hyperparameters=_HYPERPARAMETERS,
        environment={"GREETING": "hello"},
        local_container_root=str(root),
    ).train([InputData(channel_name="train", data_source=str(root / "data"))])
    return [json.loads((root / "model" / f"{rank}.json").read_text()) for rank in range(2)]


def test_hyperparameters_of_every_type_arrive_as_arguments(job: list[dict[str, Any]]) -> None:
    """Texts come bare, all else as JSON; each keeps its type."""
    assert json.loads(job[0]["variables"]["SM_HPS"]) == _HYPERPARAMETERS
    assert job[0]["arguments"] == [
        *("--epochs", "3", "--factor", "2.5", "--fast", "True", "--layers", "[1, 2]", "--name", "x y"),
    ]


def test_the_launchers_replace_an_interface_that_is_not_there(job: list[dict[str, Any]]) -> None:
    """The SDK says ethwe, which no container of Docker's has."""
    for each in job:
        assert each["resource"]["network_interface_name"] == "ethwe"
        assert each["interfaces"] == ["lo", "eth0"]
        assert each["usable_interface"] == "eth0"


def test_each_host_knows_itself_and_the_other_by_names_that_resolve(job: list[dict[str, Any]]) -> None:
    """Here they have no suffix. What the SDK's driver sets of its own is overwritten, and does no harm."""
    assert [each["variables"]["SM_CURRENT_HOST"] for each in job] == ["algo-1", "algo-2"]
    assert [each["resolved"] for each in job] == [["algo-1", "algo-2"]] * 2
    for each in job:
        assert each["variables"]["GREETING"] == "hello"
        assert each["variables"]["SM_JOB_NAME"] == each["variables"]["TRAINING_JOB_NAME"] != ""
        assert each["variables"]["SM_CHANNEL_TRAIN"] == "/opt/ml/input/data/train"


@pytest.fixture(scope="module")
def session(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The session that processes and serves on this machine."""
    import boto3
    from sagemaker.core.local import LocalSession

    made = LocalSession(boto3.Session(), default_bucket=BUCKET, sagemaker_config=quiet())
    root = str(tmp_path_factory.mktemp("root"))
    made.config = {"local": {"local_code": False, "container_root": root, "serving_port": client.port}}
    return made


def test_a_processor_calls_the_image_s_word(base: str, client: Client, session: Any) -> None:
    """As version 2 does."""
    from sagemaker.core.processing import ProcessingInput, ProcessingOutput, Processor
    from sagemaker.core.shapes import ProcessingS3Input, ProcessingS3Output

    code = _stored(client, "code/clean.py", CLEAN.encode())
    raw = _stored(client, "raw/rows.csv", b"1\n2\n")

    def given(name: str, uri: str) -> Any:
        where = {"local_path": f"/opt/ml/processing/input/{name}", "s3_data_type": "S3Prefix", "s3_input_mode": "File"}
        return ProcessingInput(input_name=name, s3_input=ProcessingS3Input(s3_uri=uri, **where))

    made = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/clean", local_path="/opt/ml/processing/output", s3_upload_mode="EndOfJob"
    )
    Processor(
        image_uri=base,
        role=ROLE,
        entrypoint=["processing", "/opt/ml/processing/input/code/clean.py"],
        instance_count=1,
        instance_type="local",
        sagemaker_session=session,
    ).run(
        inputs=[given("code", code), given("raw", raw)],
        outputs=[ProcessingOutput(output_name="clean", s3_output=made)],
        arguments=["--first", "a b"],
        logs=False,
    )
    told = json.loads(client.s3.get_object(Bucket=BUCKET, Key="clean/told.json")["Body"].read())
    assert (told["rows"], told["arguments"]) == (2, ["--first", "a b"])


def test_an_endpoint_serves_what_the_model_archive_holds(base: str, client: Client, session: Any) -> None:
    """Its code is in the archive, as the SDK packs it."""
    archive = tarball({"code/inference.py": _INFERENCE})
    model = _stored(client, "models/model.tar.gz", archive) + "/model.tar.gz"
    platform = session.sagemaker_client
    platform.create_model(ModelName="m", PrimaryContainer={"Image": base, "ModelDataUrl": model, "Environment": {}})
    variant = {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "local"}
    platform.create_endpoint_config("c", [variant])
    platform.create_endpoint("e", "c")
    try:
        runtime = session.sagemaker_runtime_client
        answer = runtime.invoke_endpoint(b"1,2\n", "e", ContentType="text/csv", Accept="text/csv")
        assert answer["Body"].read() == b"2,4\n"
    finally:
        platform.delete_endpoint("e")


def _stored(client: Client, key: str, content: bytes) -> str:
    """Store an object; give its folder's URI."""
    client.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"s3://{BUCKET}/{key.rpartition('/')[0]}"
