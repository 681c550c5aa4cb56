"""The same in FastAPI, without any of its own parsing."""

import rows
from fastapi import FastAPI, Request, Response

app = FastAPI()
model = rows.load()


@app.post("/invocations")
async def invocations(request: Request):
    prediction = rows.predict(model, rows.from_csv((await request.body()).decode()))
    return Response(rows.to_csv(prediction), media_type="text/csv")
