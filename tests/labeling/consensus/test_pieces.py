"""Posteriors of many patterns are read in pieces, on every core."""

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_info, threadpool_limits

from labeling.consensus.ensemble.ensemble import ROWS_AT_ONCE, in_pieces


def blas_threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_pieces_stand_in_order_and_each_has_one_thread_of_blas():
    seen: list[set[int]] = []

    def read(part):
        seen.append(blas_threads())
        return np.asarray(part.sum(axis=1))

    rows = np.arange(3 * ROWS_AT_ONCE + 1, dtype=np.float64)
    with threadpool_limits(2, user_api="blas"):
        read_rows = in_pieces(read, sparse.csr_array(rows[:, None]))
        assert blas_threads() == {2}
    assert read_rows.ravel().tolist() == rows.tolist()
    assert seen == [{1}] * 4
