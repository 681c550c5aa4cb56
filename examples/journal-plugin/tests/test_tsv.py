"""The codec passes byoml's conformance suite."""

from __future__ import annotations

import numpy as np
from byoml.testing.contract.codec import CodecContract
from byoml_journal.tsv import TsvCodec
from hypothesis import strategies as st


class TestTsv(CodecContract):
    """Rows of whole numbers and fractions."""

    codec = TsvCodec()
    values = st.sampled_from([np.array([[1.0, 2.5], [-3.0, 1e-3]]), np.array([[0.0]]), np.array([[1.0, 2.0, 3.0]])])
    broken = (b"", b"\n", b"a\tb\n", b"1\t2\n3\n", b"\xff\xfe")
