"""AWS's inference toolkit behind its Java server; it parses CSV by itself."""

from io import StringIO

import numpy as np
import rows
from sagemaker_inference import encoder
from sagemaker_inference.default_handler_service import DefaultHandlerService
from sagemaker_inference.default_inference_handler import DefaultInferenceHandler
from sagemaker_inference.transformer import Transformer


class Handler(DefaultInferenceHandler):
    def default_model_fn(self, model_dir, context=None):
        return rows.load()

    def default_input_fn(self, input_data, content_type, context=None):
        # As its decoder does, but for the type: without one, a row of numbers and whole numbers is no table.
        return np.genfromtxt(StringIO(input_data), dtype="float32", delimiter=",", ndmin=2)

    def default_predict_fn(self, data, model, context=None):
        return rows.predict(model, data)

    def default_output_fn(self, prediction, accept, context=None):
        return encoder.encode(prediction, accept)


class Service(DefaultHandlerService):
    def __init__(self):
        super().__init__(transformer=Transformer(default_inference_handler=Handler()))


class _Once:
    """Initialized with the first request, as the server's loader wants one function."""

    def __init__(self):
        self.service = None

    def handle(self, data, context):
        if self.service is None:
            self.service = Service()
            self.service.initialize(context)
        return None if data is None else self.service.handle(data, context)


handle = _Once().handle
