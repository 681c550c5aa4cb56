"""What gunicorn's asgi worker reaches with no work at all: byoml's ceiling."""

_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"21"), (b"content-type", b"text/csv")],
}
_BODY = {"type": "http.response.body", "body": b"0.018329460173845291\n"}


async def app(scope, receive, send):
    if scope["type"] == "http":
        await receive()
        await send(_START)
        await send(_BODY)
