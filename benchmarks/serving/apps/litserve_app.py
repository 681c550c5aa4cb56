"""LitServe, as its documentation begins."""

import os

import litserve as ls
import numpy as np
import rows


class Rows(ls.LitAPI):
    def setup(self, device):
        self.model = rows.load()

    def decode_request(self, request):
        return np.array(request["data"], dtype="float32")

    def predict(self, x):
        return rows.predict(self.model, x)

    def encode_response(self, output):
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    server = ls.LitServer(Rows(), accelerator="cpu", workers_per_device=2)
    server.run(port=int(os.environ["BENCH_PORT"]), num_api_servers=2, generate_client_file=False, log_level="warning")
