"""Write models as the release of XGBoost that runs this wrote them: `python make.py FOLDER`.

The files beside this one were made so by XGBoost 0.90, 1.3.3, 1.7.6, 2.1.4 and 3.0.5. All are of one table with the
columns 0 to 4, of which the label is whether column 0 is above a half; `predictions.json` has what each release
predicted of the first rows.
"""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

ROWS = 4


def main(folder: Path) -> None:
    """Write what this release can write."""
    table = np.random.RandomState(0).rand(200, 5).astype("float32")
    labels = (table[:, 0] > 0.5).astype("float32")
    matrix = xgb.DMatrix(table, labels)
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 2}, matrix, 3)
    release = xgb.__version__
    for suffix in ("model", "json", "ubj", "deprecated"):
        booster.save_model(str(folder / (release + "." + suffix)))
    classifier = xgb.XGBClassifier(n_estimators=3, max_depth=2).fit(table, labels)
    for name, model in ((".pkl", booster), ("-classifier.pkl", classifier)):
        (folder / (release + name)).write_bytes(pickle.dumps(model, protocol=2))
    predictions = [each.predict(matrix)[:ROWS].tolist() for each in (booster, classifier.get_booster())]
    print(json.dumps({release: predictions[0], release + "-classifier": predictions[1]}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
