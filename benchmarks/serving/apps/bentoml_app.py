"""BentoML, as its documentation begins."""

import bentoml
import numpy as np
import rows


@bentoml.service(workers=2)
class Rows:
    def __init__(self):
        self.model = rows.load()

    @bentoml.api
    def predict(self, data: list[list[float]]) -> list[float]:
        return rows.predict(self.model, np.array(data, dtype="float32")).tolist()
