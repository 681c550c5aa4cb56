"""Version 2 of the SageMaker SDK drives our images in its local mode: all it sends arrives, all it calls is there."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from sdk_client import BUCKET, ROLE, drives, quiet
from sdk_programs import CLEAN, FIT_TREES, HELPER, LOAD_TREES, TELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sdk_client import Client

_HYPERPARAMETERS = {"factor": 2.5, "epochs": 3, "name": "x y", "fast": True, "layers": [1, 2], "note": "it's $HOME"}

pytestmark = drives(2)


@pytest.fixture(scope="module")
def session(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Makes a session in local mode; code goes through S3 unless it is said to stay here."""
    import boto3
    from sagemaker.local import LocalSession

    def make(*, local_code: bool = False) -> Any:
        root = tmp_path_factory.mktemp("root")
        made = LocalSession(boto3.Session(), default_bucket=BUCKET, sagemaker_config=quiet())
        made.config = {"local": {"local_code": local_code, "container_root": str(root), "serving_port": client.port}}
        return made

    return make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody who uses the SDK, with data and code."""
    folder = tmp_path_factory.mktemp("user")
    for name, text in {
        "data/rows.csv": "".join(f"{3 * x},{x}\n" for x in range(40)),
        "src/steps/tell.py": TELL,
        "src/trees.py": FIT_TREES,
        "src/inference.py": LOAD_TREES,
        "src/clean.py": CLEAN,
        "src/fails.py": "raise SystemExit(7)",
        "lib/helper/__init__.py": HELPER,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _artifact(client: Client, uri: str, name: str) -> bytes:
    """Read a file of an archive in S3."""
    key = uri.removeprefix(f"s3://{BUCKET}/")
    body = client.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        member = archive.extractfile(name)
        assert member is not None
        return member.read()


@pytest.fixture(scope="module")
def job(base: str, client: Client, session: Callable[..., Any], folder: Path) -> list[dict[str, Any]]:
    """One job on two hosts, its code, its modules and its outputs all through S3; gives what each host saw."""
    from sagemaker.estimator import Estimator

    estimator = Estimator(
        base,
        ROLE,
        instance_count=2,
        instance_type="local",
        sagemaker_session=session(),
        entry_point="steps/tell.py",
        source_dir=str(folder / "src"),
        dependencies=[str(folder / "lib" / "helper")],
        hyperparameters=_HYPERPARAMETERS,
        environment={"GREETING": "hello"},
    )
    estimator.fit({"train": f"file://{folder}/data"})
    told = [json.loads(_artifact(client, estimator.model_data, f"{rank}.json")) for rank in range(2)]
    assert [each["helper"] for each in told] == ["from dependencies"] * 2
    return told


def test_hyperparameters_of_every_type_arrive_as_arguments(job: list[dict[str, Any]]) -> None:
    """They come as JSON in JSON; what the SDK adds for itself reaches no script."""
    assert job[0]["arguments"] == [
        *("--epochs", "3", "--factor", "2.5", "--fast", "True", "--layers", "[1, 2]"),
        *("--name", "x y", "--note", "it's $HOME"),
    ]
    assert json.loads(job[0]["variables"]["SM_HPS"]) == _HYPERPARAMETERS


def test_each_host_knows_itself_and_the_other_by_names_that_resolve(job: list[dict[str, Any]]) -> None:
    """The names have a suffix that changes with each job."""
    hosts = json.loads(job[0]["variables"]["SM_HOSTS"])
    assert [host[:7] for host in hosts] == ["algo-1-", "algo-2-"]
    assert [each["variables"]["SM_CURRENT_HOST"] for each in job] == hosts
    assert [each["resolved"] for each in job] == [hosts, hosts]
    assert job[0]["resource"]["network_interface_name"] == job[0]["variables"]["SM_NETWORK_INTERFACE_NAME"]


def test_the_request_s_own_variables_arrive(job: list[dict[str, Any]]) -> None:
    """Beside the name of the job and what is needed to ask S3."""
    for each in job:
        seen = each["variables"]
        assert seen["GREETING"] == "hello"
        assert seen["SM_JOB_NAME"] == seen["TRAINING_JOB_NAME"] != ""
        assert seen["AWS_REGION"] == "us-east-1"
        assert "TRAINING_JOB_ARN" not in seen


def test_mounts_and_a_terminal_do_no_harm(job: list[dict[str, Any]]) -> None:
    """Channels, output and its data are mounts of their own; all hosts share one model folder."""
    assert {"/opt/ml/input", "/opt/ml/model", "/opt/ml/output", "/opt/ml/output/data"} <= set(job[0]["mounts"])
    assert "/opt/ml/input/data/train" in job[0]["mounts"]
    assert job[0]["container_has_terminal"] is True
    assert job[0]["models_seen"] == job[1]["models_seen"] == ["0.json", "1.json"]


def test_a_job_that_fails_says_so_and_leaves_its_reason(
    base: str, client: Client, session: Callable[..., Any], folder: Path
) -> None:
    """The SDK raises with the program's code; the failure file is in the output that it stores."""
    from sagemaker.estimator import Estimator

    estimator = Estimator(
        base,
        ROLE,
        instance_count=1,
        instance_type="local",
        sagemaker_session=session(),
        entry_point="fails.py",
        source_dir=str(folder / "src"),
        base_job_name="fails",
    )
    with pytest.raises(RuntimeError, match="exited with code: 7"):
        estimator.fit()

    keys = [each["Key"] for each in client.s3.list_objects_v2(Bucket=BUCKET, Prefix="fails")["Contents"]]
    output = next(key for key in keys if key.endswith("output.tar.gz"))
    assert "exit code 7" in _artifact(client, output, "failure").decode()


@pytest.fixture
def ended() -> Iterator[list[Any]]:
    """Endpoints that are deleted at the end, whatever happens."""
    endpoints: list[Any] = []
    yield endpoints
    for endpoint in endpoints:
        endpoint.delete_endpoint()


def _numbers(rows: list[list[str]]) -> list[float]:
    return [float(cell) for row in rows for cell in row]


def test_an_image_s_own_algorithm_trains_and_serves_without_any_code(
    xgboost: str, session: Callable[..., Any], folder: Path, ended: list[Any]
) -> None:
    """The generic Estimator's hyperparameters are bare texts; beside the model to serve lie the SDK's archives."""
    from sagemaker.deserializers import CSVDeserializer
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput
    from sagemaker.serializers import CSVSerializer

    estimator = Estimator(
        xgboost,
        ROLE,
        instance_count=1,
        instance_type="local",
        sagemaker_session=session(local_code=True),
        output_path=f"file://{folder}/algorithm",
        hyperparameters={"num_round": 20, "eta": 0.5, "objective": "reg:squarederror"},
    )
    estimator.fit({"train": TrainingInput(f"file://{folder}/data", content_type="text/csv")})
    predictor = estimator.deploy(1, "local", wait=False, serializer=CSVSerializer(), deserializer=CSVDeserializer())
    ended.append(predictor)

    assert {path.name for path in (folder / "algorithm").iterdir()} >= {"model.tar.gz", "output.tar.gz"}
    assert _numbers(predictor.predict([[5], [35]])) == [pytest.approx(15, abs=3), pytest.approx(105, abs=3)]


def test_a_framework_s_estimator_and_model_class_work_with_our_image(
    xgboost: str, storage: str, session: Callable[..., Any], folder: Path, ended: list[Any]
) -> None:
    """`image_uri` is all that is changed: a script trains, a script loads, the class asks in libsvm."""
    from sagemaker.xgboost import XGBoost

    estimator = XGBoost(
        entry_point="trees.py",
        source_dir=str(folder / "src"),
        framework_version="1.7-1",
        image_uri=xgboost,
        role=ROLE,
        instance_count=1,
        instance_type="local",
        sagemaker_session=session(),
        hyperparameters={"rounds": 20},
    )
    estimator.fit({"train": f"file://{folder}/data"})
    # Only a training container is told by the SDK where an S3 is that is not AWS's.
    where = {"AWS_ENDPOINT_URL_S3": storage}
    model = estimator.create_model(entry_point="inference.py", source_dir=str(folder / "src"), env=where)
    predictor = model.deploy(1, "local", wait=False)
    ended.append(predictor)

    assert _numbers(predictor.predict("0 0:5\n0 0:35\n")) == [
        pytest.approx(15, abs=3),
        pytest.approx(105, abs=3),
    ]


@pytest.fixture
def process(client: Client, folder: Path) -> Callable[..., str]:
    """Runs a processor on the data; gives the command line of the container's first process."""
    from sagemaker.processing import ProcessingInput, ProcessingOutput

    def run(processor: Any, *inputs: Any, **options: Any) -> str:
        raw = ProcessingInput(source=str(folder / "data"), destination="/opt/ml/processing/input/raw")
        output = ProcessingOutput(source="/opt/ml/processing/output", destination=f"s3://{BUCKET}/clean")
        words = ["--first", "a b"]
        processor.run(inputs=[raw, *inputs], outputs=[output], arguments=words, logs=False, **options)
        body: bytes = client.s3.get_object(Bucket=BUCKET, Key="clean/told.json")["Body"].read()
        client.s3.delete_object(Bucket=BUCKET, Key="clean/told.json")
        told = json.loads(body)
        assert told["rows"] == 40
        assert told["arguments"] == words
        return str(told["caller"])

    return run


@pytest.fixture
def common(base: str, session: Callable[..., Any]) -> dict[str, Any]:
    """What every processor is told."""
    where = {"instance_count": 1, "instance_type": "local", "sagemaker_session": session()}
    return {"image_uri": base, "role": ROLE, **where}


def test_a_processor_calls_the_image_s_word(process: Callable[..., str], common: Any, folder: Path) -> None:
    """`processing` with the script's path, and the arguments behind it."""
    from sagemaker.processing import ProcessingInput, Processor

    code = ProcessingInput(source=str(folder / "src" / "clean.py"), destination="/opt/ml/processing/input/code")
    entrypoint = ["processing", "/opt/ml/processing/input/code/clean.py"]
    assert "processing" in process(Processor(entrypoint=entrypoint, **common), code)


def test_a_script_processor_calls_python_itself(process: Callable[..., str], common: Any, folder: Path) -> None:
    """Nothing of byoml takes part, and nothing of it is in the way."""
    from sagemaker.processing import ScriptProcessor

    process(ScriptProcessor(command=["python3"], **common), code=str(folder / "src" / "clean.py"))


def test_a_framework_processor_unpacks_its_code_in_the_image(
    process: Callable[..., str], common: Any, folder: Path
) -> None:
    """It calls bash, tar, gzip, python and pip, which the image has."""
    from sagemaker.processing import FrameworkProcessor
    from sagemaker.sklearn import SKLearn

    processor = FrameworkProcessor(SKLearn, "1.2-1", **common)
    assert "runproc.sh" in process(processor, code="clean.py", source_dir=str(folder / "src"))
