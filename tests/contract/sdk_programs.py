"""What the SDK sends into a container: scripts that tell what they saw there, as somebody's own would use it."""

from __future__ import annotations

__all__ = ["CLEAN", "FIT_TREES", "HELPER", "LOAD_TREES", "TELL"]

#: A module that a job brings as a dependency.
HELPER = 'WORD = "from dependencies"\n'

#: Writes what a host was told. The local mode ends all hosts with the first, so each waits for what the others write.
TELL = """
import json, os, pathlib, socket, sys, time

import helper
from byoml.launchers.interface import existing_interface

hosts = json.loads(os.environ["SM_HOSTS"])
rank = hosts.index(os.environ["SM_CURRENT_HOST"])
model = pathlib.Path(os.environ["SM_MODEL_DIR"])


def wait_for(*names):
    deadline = time.monotonic() + 60
    while any(not (model / name).exists() for name in names):
        assert time.monotonic() < deadline, names
        time.sleep(0.05)


def write(name, text):
    (model / f".{name}").write_text(text)
    (model / f".{name}").rename(model / name)


names = [f"{n}.json" for n in range(len(hosts))]
told = {
    "helper": helper.WORD,
    "arguments": sys.argv[1:],
    "variables": dict(os.environ),
    "resource": json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text()),
    "resolved": [host for host in hosts if socket.gethostbyname(host)],
    "mounts": [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()],
    "interfaces": [name for _, name in socket.if_nameindex()],
    "usable_interface": existing_interface(os.environ["SM_NETWORK_INTERFACE_NAME"], os.environ["SM_CURRENT_HOST"]),
    "container_has_terminal": os.readlink("/proc/1/fd/1").startswith("/dev/pts"),
    "models_seen": names,
}
write(names[rank], json.dumps(told))
wait_for(*names)
write(f"{rank}.seen", "")
wait_for(*(f"{n}.seen" for n in range(len(hosts))))
"""

#: Trains XGBoost as a script does that AWS's own container runs.
FIT_TREES = """
import argparse, os
import numpy, xgboost

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
args = parser.parse_args()
rows = numpy.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows.csv"), delimiter=",")
data = xgboost.DMatrix(rows[:, 1:], rows[:, 0])
booster = xgboost.train({"objective": "reg:squarederror", "eta": 0.5}, data, args.rounds)
booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "trees.json"))
"""

#: Loads what the former wrote; the rest is left to the image.
LOAD_TREES = """
import os
import xgboost


def model_fn(model_dir):
    return xgboost.Booster(model_file=os.path.join(model_dir, "trees.json"))
"""

#: A processing script; the container's first process tells who called it.
CLEAN = """
import json, pathlib, sys

rows = pathlib.Path("/opt/ml/processing/input/raw/rows.csv").read_text().splitlines()
caller = pathlib.Path("/proc/1/cmdline").read_text().replace(chr(0), " ")
told = {"rows": len(rows), "arguments": sys.argv[1:], "caller": caller}
pathlib.Path("/opt/ml/processing/output/told.json").write_text(json.dumps(told))
"""
