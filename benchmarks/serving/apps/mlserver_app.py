"""A runtime of MLServer's."""

import numpy as np
import rows
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Rows(MLModel):
    async def load(self):
        self.model = rows.load()
        return True

    async def predict(self, payload):
        table = NumpyCodec.decode_input(payload.inputs[0]).astype("float32")
        prediction = np.asarray(rows.predict(self.model, table))
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("predictions", prediction)])
