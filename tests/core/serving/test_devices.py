"""Which GPU a model computes with."""

from __future__ import annotations

from byoml.serving.devices import Devices


def test_the_gpu_with_the_fewest_models_is_next() -> None:
    """The first of equals; a place that is given back is taken again."""
    devices = Devices(3)
    assert [devices.take() for _ in range(5)] == ["cuda:0", "cuda:1", "cuda:2", "cuda:0", "cuda:1"]
    devices.give_back("cuda:1")
    devices.give_back("cuda:1")
    assert [devices.take() for _ in range(3)] == ["cuda:1", "cuda:1", "cuda:2"]


def test_without_a_gpu_all_compute_with_the_cpu() -> None:
    """However many there are."""
    devices = Devices(0)
    assert {devices.take() for _ in range(3)} == {"cpu"}
    devices.give_back("cpu")
    assert devices.take() == "cpu"
