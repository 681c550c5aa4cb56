"""What a built-in algorithm's program is told, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from byoml.environment.channels import Channel
from byoml.errors import SettingError
from byoml.plugin.algorithm import AlgorithmJob, ChannelMissingError, HyperparameterError, Problem, run


def test_the_job_is_read_from_the_variables_that_scripts_read() -> None:
    """Hyperparameters, channels with what the job says of them, model folder and hosts."""
    job = AlgorithmJob.read(
        {
            "SM_HPS": '{"eta":0.2}',
            "SM_CHANNELS": '["my-data","train"]',
            "SM_CHANNEL_TRAIN": "/data/train",
            "SM_CHANNEL_MY-DATA": "/data/my-data",
            "SM_INPUT_DATA_CONFIG": '{"train":{"ContentType":"text/csv","TrainingInputMode":"FastFile"}}',
            "SM_MODEL_DIR": "/m",
            "SM_HOSTS": '["algo-1","algo-2"]',
            "SM_CURRENT_HOST": "algo-2",
            "SM_OUTPUT_DATA_DIR": "/o/data",
            "SM_CHECKPOINT_DIR": "/c",
            "SM_NUM_GPUS": "2",
        }
    )

    assert job.hyperparameters == {"eta": 0.2}
    assert job.channels == {
        "train": Channel("train", Path("/data/train"), "FastFile", "text/csv"),
        "my-data": Channel("my-data", Path("/data/my-data")),
    }
    assert job.model_dir == Path("/m")
    assert job.hosts == ("algo-1", "algo-2")
    assert (job.host, job.rank) == ("algo-2", 1)
    assert (job.output_dir, job.checkpoint_dir, job.gpus) == (Path("/o/data"), Path("/c"), 2)


def test_channel_variables_alone_will_do() -> None:
    """A person who starts the program by hand names the folders and nothing else."""
    job = AlgorithmJob.read({"SM_CHANNEL_TRAIN": "/data"})

    assert job.channel("train").path == Path("/data")
    assert job.hosts == ("localhost",)


def test_a_missing_channel_is_named_with_those_that_there_are() -> None:
    """The error says what is wanted and what the job has."""
    job = AlgorithmJob.read({"SM_CHANNEL_TRAINING": "/data"})

    with pytest.raises(ChannelMissingError, match="no channel 'train'; the job's channels: training"):
        job.channel("train")


def test_a_channel_may_have_several_names() -> None:
    """The first that the job has is taken; where it has none, the error says the first."""
    training, both = {"SM_CHANNEL_TRAINING": "/old"}, {"SM_CHANNEL_TRAINING": "/old", "SM_CHANNEL_TRAIN": "/new"}

    found = [AlgorithmJob.read(environ).channel("train", "training").path for environ in (training, both)]

    assert found == [Path("/old"), Path("/new")]
    with pytest.raises(ChannelMissingError, match="no channel 'train'"):
        AlgorithmJob.read({}).channel("train", "training")


def test_several_hosts_are_refused_by_who_trains_on_one() -> None:
    """The error names the hosts that the job has; one host passes."""
    AlgorithmJob.read({"SM_HOSTS": '["a"]'}).require_one_host()

    with pytest.raises(SettingError, match=r"\['a', 'b'\]; it must be one host"):
        AlgorithmJob.read({"SM_HOSTS": '["a","b"]'}).require_one_host()


def test_an_error_that_a_user_can_act_on_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of stderr has the form of an exception line, there is no traceback, and the exit code is 1."""

    def fails(_: AlgorithmJob) -> None:
        problems = [Problem.value("eta", "2", "a number in [0, 1]"), Problem("gama", "is unknown", "remove it")]
        raise HyperparameterError(problems)

    assert run(fails, {}) == 1
    line = "HyperparameterError: hyperparameters: eta is '2', it must be a number in [0, 1]; gama is unknown, remove it"
    assert capsys.readouterr().err == line + "\n"


def test_a_mistake_of_the_algorithm_itself_keeps_its_traceback() -> None:
    """What no user can act on is not dressed up."""

    def broken(_: AlgorithmJob) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(broken, {})


def test_an_algorithm_that_returns_is_success() -> None:
    """The exit code is 0."""
    assert run(lambda _: None, {}) == 0
