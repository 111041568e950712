#!/usr/bin/env bash
# NumPy work on a worker of Dask takes the pages of its arrays from the kernel again and again.
#
# Guess:    a function costs a worker of Dask what it costs a plain process of the same Python; its nanny's one
#           setting of malloc only gives back what is free at the end of the heap.
# Happens:  on Linux the nanny starts workers with MALLOC_TRIM_THRESHOLD_=65536. Any value, glibc's own default
#           too, switches the moving threshold of mmap off, so that every array from 128 kB on is mapped
#           and unmapped each time: 400 sums of arrays of 1 MB are some 100,000 page faults, and none
#           in a plain process. With MALLOC_MMAP_THRESHOLD_ set beside it the worker is as the process is.
# Source:   mallopt(3), "Dynamic adjustment of the mmap threshold is disabled if ..."; Dask's page "Worker Memory
#           Management" names the variable, and the cost of lower values, but not that any value costs this.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 dask==2026.8.0 distributed==2026.8.0

cat >"$folder/faults.py" <<'PYTHON'
import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor

import dask
import distributed
import numpy as np

ROUNDS, FLOATS = 400, 131_072


def faults():
    """Page faults of some sums, once the process is warm."""
    ones = np.ones(FLOATS)
    for _ in range(20):
        ones + 1.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(ROUNDS):
        ones + 1.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def on_a_worker(malloc):
    """The same on a worker of a cluster of its own; the nanny's setting stays in the environment of its caller."""
    told = {f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in malloc.items()}
    with (
        dask.config.set(told),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        return client.submit(faults).result()


def anew(function, *given):
    """Call it in a process that knows of nothing before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


if __name__ == "__main__":
    print(f"distributed {distributed.__version__}, numpy {np.__version__}: {ROUNDS} sums of 1 MB")
    plain, worker = anew(faults), anew(on_a_worker, {})
    both = {"MALLOC_MMAP_THRESHOLD_": 33_554_432, "MALLOC_TRIM_THRESHOLD_": 67_108_864}
    mended = anew(on_a_worker, both)
    print(f"a plain process: {plain:,} page faults")
    print(f"a worker of Dask: {worker:,}")
    print(f"a worker with both thresholds set: {mended:,}")
    if not (plain < 5_000 and mended < 5_000 and worker > 50_000):
        sys.exit("Changed: a worker of Dask no longer differs from a plain process as described.")
PYTHON
"$folder/venv/bin/python" "$folder/faults.py"
