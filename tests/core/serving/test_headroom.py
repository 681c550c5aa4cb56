"""Whether one more model fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from byoml.environment.memory import Memory, probe_memory
from byoml.request_errors import OutOfMemory
from byoml.serving.headroom import Headroom, exhausted, size_of

if TYPE_CHECKING:
    from pathlib import Path

_MB = 2**20


def _free() -> int:
    memory = probe_memory()
    assert memory is not None
    return memory.free


def test_a_model_that_is_larger_than_what_is_free_is_refused_before_it_is_loaded() -> None:
    """What its files hold is the least that it will take (contract/inference M-2)."""
    with pytest.raises(OutOfMemory, match="1 MB must stay free"), Headroom(_MB).admit(_free() + _MB):
        pytest.fail("it was admitted")


def test_what_must_stay_free_stays_free() -> None:
    """A small model does not get the last of the memory, which predictions need."""
    with pytest.raises(OutOfMemory), Headroom(_free() + 100 * _MB).admit(1):
        pytest.fail("it was admitted")


def test_loads_at_the_same_time_are_added_up() -> None:
    """Neither of them has its memory yet, so the measure alone would admit both."""
    headroom, half = Headroom(0), _free() * 2 // 3
    with headroom.admit(half), pytest.raises(OutOfMemory), headroom.admit(half):
        pytest.fail("it was admitted")
    with headroom.admit(half):
        pass


def test_what_models_of_a_size_have_taken_is_expected_of_the_next() -> None:
    """Files of a few bytes that grow to 64 MB in memory: the third is refused where 32 MB are left, others are not."""
    left = [1024 * _MB]
    headroom = Headroom(0, lambda: Memory(2048 * _MB, left[0]))
    held = []
    for _ in range(2):
        with headroom.admit(100):
            held.append(b"\1" * (64 * _MB))
    left[0] = 32 * _MB
    with pytest.raises(OutOfMemory), headroom.admit(100):
        pytest.fail("it was admitted")
    with headroom.admit(100_000):
        assert len(held) == 2


def test_a_load_that_has_taken_the_last_of_the_memory_fails_after_it() -> None:
    """What was expected was too little; the model must go again."""
    left = [100 * _MB]
    with pytest.raises(OutOfMemory), Headroom(50 * _MB, lambda: Memory(200 * _MB, left[0])).admit(1):
        left[0] = 10 * _MB


def test_where_nothing_can_be_measured_everything_is_admitted() -> None:
    """Then a MemoryError is the only sign that there is."""
    with Headroom(10**18, lambda: None).admit(10**18):
        pass


def test_libraries_say_in_their_own_words_that_memory_is_out() -> None:
    """XGBoost, torch and TensorFlow raise errors of their own (contract/inference M-6)."""
    own = type("OutOfMemoryError", (RuntimeError,), {})
    for error in (MemoryError(), own("no"), RuntimeError("std::bad_alloc"), RuntimeError("CUDA out of memory. Tried")):
        assert exhausted(error)
    assert not exhausted(ValueError("the model has 3 features"))


def test_the_size_of_a_model_is_that_of_its_files(tmp_path: Path) -> None:
    """In all its folders."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one").write_bytes(b"123")
    (tmp_path / "two").write_bytes(b"12")
    assert size_of(tmp_path) == 5
