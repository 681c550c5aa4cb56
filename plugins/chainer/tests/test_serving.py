"""What networks are given and give: arrays of the right kind, without a trace of training."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.codecs import Codecs
from byoml.plugin import builtin_codecs
from byoml.request_errors import MalformedPayload
from byoml_chainer import library
from byoml_chainer.predicting import Served, WrongPictures, as_pictures, predict
from byoml_chainer.reading import read
from byoml_chainer.vgg import Facts, make_network
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHAPE = (3, 2, 4)


@pytest.fixture(scope="module")
def codecs() -> Codecs:
    return Codecs([("core", codec) for codec in builtin_codecs.byoml_register_codecs()])


def _npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("array", "dtype"), [(np.ones(3), "float32"), (np.ones(3, "float16"), "float32"), (np.ones(3, int), "int64")]
)
def test_npy_keeps_whole_numbers_and_makes_others_float32(codecs: Codecs, array: Any, dtype: str) -> None:
    """An embedding takes whole numbers; nearly all else takes float32 and nothing wider."""
    assert read(_npy(array), "application/x-npy", codecs).dtype == dtype


def test_a_picture_is_one_row_of_0_to_1(codecs: Codecs) -> None:
    """Channels first, as convolutions take them."""
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")

    array = read(file.getvalue(), "image/png", codecs)

    assert (array.shape, array.dtype.name) == ((1, *_SHAPE), "float32")
    np.testing.assert_allclose(array[0], pixels.transpose(2, 0, 1) / 255, rtol=1e-6)


@pytest.mark.parametrize("body", ["[[1], [2, 3]]", '["a"]', "[]", "7", '{"a": 1}', "null"])
def test_what_is_no_array_of_numbers_is_the_clients_mistake(codecs: Codecs, body: str) -> None:
    """Before it meets the rows of other requests."""
    with pytest.raises(MalformedPayload):
        read(body.encode(), "application/json", codecs)


@pytest.mark.parametrize("shape", [(5, *_SHAPE), (5, 24)])
def test_pictures_come_as_pictures_or_as_rows_of_a_table(shape: tuple[int, ...]) -> None:
    """CSV has no other way."""
    data = np.arange(120, dtype=np.float64).reshape(shape)

    pictures = as_pictures(data, _SHAPE)

    assert (pictures.shape, pictures.dtype.name) == ((5, *_SHAPE), "float32")
    np.testing.assert_array_equal(pictures.ravel(), np.arange(120))


def test_one_picture_is_a_batch_of_one_and_bytes_are_0_to_1() -> None:
    """As in training."""
    pictures = as_pictures(np.full(_SHAPE, 255, np.uint8), _SHAPE)

    np.testing.assert_array_equal(pictures, np.ones((1, *_SHAPE)))


@pytest.mark.parametrize("shape", [(24,), (6, 2, 4), (1, 3, 4, 2), (1, 23), (1, 1, 3, 2, 4)])
def test_pictures_of_another_size_are_refused_with_both(shape: tuple[int, ...]) -> None:
    """Also two that were sent without a batch's dimension and have been joined."""
    with pytest.raises(WrongPictures, match=r"pictures of 3 x 2 x 4 .*n x 24") as told:
        as_pictures(np.zeros(shape), _SHAPE)
    assert str(shape) in str(told.value)
    assert (told.value.status, told.value.type) == (400, "MalformedPayload")


def test_predictions_see_neither_dropout_nor_the_batch_nor_gradients() -> None:
    """One picture is predicted alike alone and among others, twice; and nothing is kept to go back through."""
    network = make_network(Facts(_SHAPE, 2, width=0.0625, dropout=0.5))
    pictures = np.random.default_rng(0).normal(size=(8, *_SHAPE)).astype("float32")
    seen = []

    def watched(data: Any) -> Any:
        seen.append(network(data))
        return seen[-1]

    first, second = predict(pictures, watched), predict(pictures, watched)

    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(predict(pictures[:1], network), first[:1], rtol=1e-5, atol=1e-6)
    assert seen[0].creator is None


def test_a_model_may_give_arrays_by_itself() -> None:
    """What is no variable of Chainer's is answered as it is."""
    library.load()

    assert predict(np.arange(3), lambda data: data.sum()) == 3


def test_the_algorithms_model_gives_probabilities() -> None:
    """A number for each class, all of them together 1."""
    facts = Facts(_SHAPE, 4, width=0.0625)
    served = Served(make_network(facts), facts)

    probabilities = predict(np.zeros((2, *_SHAPE), np.uint8), served)

    assert (probabilities.shape, probabilities.dtype.name) == ((2, 4), "float32")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
