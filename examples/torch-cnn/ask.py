"""Ask the endpoint which digits pictures show: `python ask.py PNG...`."""

import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen

_ENDPOINT = "http://127.0.0.1:8080/invocations"


def main(paths: list[str]) -> None:
    """Send each picture as it is; the answer is a row of probabilities, one for each class."""
    for path in paths:
        request = Request(_ENDPOINT, Path(path).read_bytes(), {"Content-Type": "image/png"})
        with urlopen(request) as answer:  # noqa: S310  the address is the one above
            [probabilities] = json.load(answer)
        digit = max(range(10), key=probabilities.__getitem__)
        print(f"{path}: {digit} ({probabilities[digit]:.0%})")


if __name__ == "__main__":
    main(sys.argv[1:])
