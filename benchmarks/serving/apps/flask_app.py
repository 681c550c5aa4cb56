"""The container that people write by hand."""

import rows
from flask import Flask, Response, request

app = Flask(__name__)
model = rows.load()


@app.get("/ping")
def ping():
    return Response(status=200)


@app.post("/invocations")
def invocations():
    prediction = rows.predict(model, rows.from_csv(request.get_data(as_text=True)))
    return Response(rows.to_csv(prediction), mimetype="text/csv")
