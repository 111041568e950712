#!/usr/bin/env bash
# Great Expectations has two medians for one column.
#
# Guess:    the quantile 0.5 of a column is its median, so both expectations see the same number.
# Happens:  of 1, 2, 3, 4 the median is 2.5, but the quantile 0.5 is 3: not interpolated, and of the
#           two middle values the upper one here, the lower one for 1 and 2 alone. A range around the
#           median passes in one expectation and fails in the other. allow_relative_error="linear",
#           documented as a switch for backends that need it, brings them together.
# Source:   the docstring of ExpectColumnQuantileValuesToBeBetween says nothing of interpolation and
#           points to the median's expectation as a sibling. The pandas branch in great_expectations/
#           expectations/metrics/column_aggregate_metrics/column_quantile_values.py takes "nearest".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet great-expectations==1.24.1 pandas==3.1.1

GX_ANALYTICS_ENABLED=false "$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import great_expectations as gx
import pandas as pd
from great_expectations.expectations import (
    ExpectColumnMedianToBeBetween,
    ExpectColumnQuantileValuesToBeBetween,
)

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("memory").add_dataframe_asset("seconds")
whole = asset.add_batch_definition_whole_dataframe("whole")


def both(values, low, high, **options):
    batch = whole.get_batch({"dataframe": pd.DataFrame({"seconds": values})})
    median = batch.validate(
        ExpectColumnMedianToBeBetween(column="seconds", min_value=low, max_value=high)
    )
    ranges = {"quantiles": [0.5], "value_ranges": [[low, high]]}
    quantile = batch.validate(
        ExpectColumnQuantileValuesToBeBetween(column="seconds", quantile_ranges=ranges, **options)
    )
    seen = (
        float(median.result["observed_value"]), median.success,
        float(quantile.result["observed_value"]["values"][0]), quantile.success,
    )
    print(f"{values} between {low} and {high} {options or ''}\n"
          f"    median {seen[0]}, success {seen[1]}; quantile 0.5 {seen[2]}, success {seen[3]}")
    return seen


print(f"great-expectations {version('great-expectations')}, pandas {version('pandas')}")
four = both([1, 2, 3, 4], 2.4, 2.6)
two = both([1, 2], 1.4, 1.6)
linear = both([1, 2, 3, 4], 2.4, 2.6, allow_relative_error="linear")
if four != (2.5, True, 3.0, False) or two != (1.5, True, 1.0, False):
    sys.exit("Changed: the quantile 0.5 no longer is the nearest value instead of the median.")
if linear != (2.5, True, 2.5, True):
    sys.exit("Changed: allow_relative_error='linear' no longer gives the median.")
PYTHON
