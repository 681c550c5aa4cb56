"""Drop the points that have no y."""

import argparse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--least", type=float, default=float("-inf"), help="smallest y that is kept")
args = parser.parse_args()

rows = Path("/opt/ml/processing/input/raw/points.csv").read_text().splitlines()
kept = [row for row in rows if (y := row.split(",")[1]) and float(y) >= args.least]
Path("/opt/ml/processing/output/points/points.csv").write_text("".join(f"{row}\n" for row in kept))
print(f"{len(kept)} of {len(rows)} points kept")
