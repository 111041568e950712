#!/usr/bin/env bash
# Great Expectations disagrees with itself about the type of a text column of pandas 3.
#
# Guess:    a column that is of type "str" is also in the list of types ["str"].
# Happens:  ExpectColumnValuesToBeOfType passes; ExpectColumnValuesToBeInTypeList fails and reports
#           "str", the very type that was allowed. No other name for the type passes either. The same
#           values as dtype object pass.
# Source:   the docstring of ExpectColumnValuesToBeInTypeList promises native Python types for pandas
#           and dtypes as unambiguous; its sibling stands in
#           https://greatexpectations.io/expectations/expect_column_values_to_be_of_type.
#           In great_expectations/expectations/core the one compares actual_column_type.type, the
#           other actual_column_type: the dtype of pandas 3, which equals none of the candidates.
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
    ExpectColumnValuesToBeInTypeList,
    ExpectColumnValuesToBeOfType,
)

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("memory").add_dataframe_asset("labels")
whole = asset.add_batch_definition_whole_dataframe("whole")
text = pd.DataFrame({"label": ["spam", "ham"]})


def passes(frame, expectation):
    result = whole.get_batch({"dataframe": frame}).validate(expectation)
    observed = result.result.get("observed_value", "each value by itself")
    print(f"dtype {frame['label'].dtype!s:7} {type(expectation).__name__:33} "
          f"{expectation.type_ if hasattr(expectation, 'type_') else expectation.type_list}: "
          f"success {result.success}, observed {observed}")
    return result.success


print(f"great-expectations {version('great-expectations')}, pandas {version('pandas')}")
of_type = passes(text, ExpectColumnValuesToBeOfType(column="label", type_="str"))
names = ["str", "string", "object", "StringDtype"]
in_list = [passes(text, ExpectColumnValuesToBeInTypeList(column="label", type_list=given))
           for given in (["str"], names)]
as_objects = passes(text.astype(object),
                    ExpectColumnValuesToBeInTypeList(column="label", type_list=["str"]))
if not of_type or not as_objects:
    sys.exit("Changed: the type 'str' is no longer accepted where it was.")
if any(in_list):
    sys.exit("Changed: a text column of pandas 3 now is in a list of types.")
PYTHON
