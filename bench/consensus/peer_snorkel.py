"""Runs in Snorkel's environment: fit its LabelModel on a matrix and predict, told as JSON.

``peer_snorkel.py MATRIX.npy N_CLASSES [OUT.npy]``; -1 is an abstention.
"""

import json
import resource
import sys
import time

import numpy as np
from snorkel.labeling.model import LabelModel

matrix = np.load(sys.argv[1]).astype(int)
model = LabelModel(cardinality=int(sys.argv[2]), verbose=False)
began = time.perf_counter()
model.fit(matrix, seed=0, progress_bar=False)
fitted = time.perf_counter()
posterior = model.predict_proba(matrix)
predicted = time.perf_counter()
if len(sys.argv) > 3:
    np.save(sys.argv[3], posterior)
peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"fit_s": fitted - began, "predict_s": predicted - fitted, "peak_gb": peak_gb}))
