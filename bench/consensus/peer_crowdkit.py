"""Runs in crowd-kit's environment: Dawid-Skene on triplets, told as JSON.

``peer_crowdkit.py TRIPLETS.npy N_CLASSES N_ITEMS OUT.npy``; rows are item, voter, label. Items
without votes get equal shares.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene

triplets = np.load(sys.argv[1])
n_classes, n_items = int(sys.argv[2]), int(sys.argv[3])
frame = pd.DataFrame(triplets, columns=["task", "worker", "label"])
began = time.perf_counter()
found = DawidSkene(n_iter=100).fit_predict_proba(frame)
took = time.perf_counter() - began
posterior = np.full((n_items, n_classes), 1.0 / n_classes)
posterior[found.index] = 0.0
posterior[np.ix_(found.index, found.columns)] = found.to_numpy()
np.save(sys.argv[4], posterior)
print(json.dumps({"fit_s": took}))
