#!/usr/bin/env bash
# A dbt build that succeeds is a failed step in Dagster where the manifest is older than a model.
#
# Guess:    a manifest that was parsed before somebody edited a model shows lineage of yesterday, and
#           the build works: dbt reads the models themselves, and the same models exist in both.
# Happens:  mart no longer refers to base, so dbt builds mart first. `dbt build` by itself ends with
#           0. As a @dbt_assets step the same build fails with DagsterInvariantViolationError,
#           "yielded before its dependency": mart is recorded as materialized, orders_base is not, and
#           the run has failed. With a manifest of today both are.
# Source:   https://docs.dagster.io/integrations/libraries/dbt/reference: a manifest that has been
#           created is not created again at run time outside of `dagster dev`. That an older one can
#           fail a build that works is not said. The check stands in
#           dagster/_core/execution/plan/execute_step.py.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dagster==1.13.27 dagster-dbt==0.29.27 dbt-core==1.11.16 \
    dbt-duckdb==1.11.1 duckdb==1.5.6

mkdir -p "$folder/shop/models"
cat > "$folder/shop/dbt_project.yml" <<'YAML'
name: shop
version: "1.0"
profile: shop
models: {shop: {+materialized: table}}
YAML
cat > "$folder/shop/profiles.yml" <<'YAML'
shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}}}
YAML
echo "select 1 as id" > "$folder/shop/models/orders_base.sql"
echo "select * from {{ ref('orders_base') }}" > "$folder/shop/models/mart.sql"

export DBT_SEND_ANONYMOUS_USAGE_STATS=false DAGSTER_DISABLE_TELEMETRY=1 PATH="$folder/venv/bin:$PATH"
cd "$folder/shop"
dbt --quiet parse --profiles-dir .
cp target/manifest.json "$folder/older.json"
echo "select 2 as id" > models/mart.sql
dbt --quiet build --profiles-dir . && echo "dbt build by itself: ends with 0"

python - "$folder" <<'PYTHON'
import logging
import sys
from importlib.metadata import version
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

logging.disable(logging.CRITICAL)
folder = Path(sys.argv[1])


def step(manifest):
    @dbt_assets(manifest=manifest)
    def shop(context: dg.AssetExecutionContext, dbt: DbtCliResource):
        yield from dbt.cli(["build"], context=context).stream()

    dbt = DbtCliResource(project_dir=str(folder / "shop"), profiles_dir=str(folder / "shop"))
    result = dg.materialize([shop], resources={"dbt": dbt}, raise_on_error=False)
    failures = result.get_step_failure_events()
    made = [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()]
    told = failures[0].step_failure_data.error.message.strip().splitlines()[0] if failures else "-"
    return result.success, made, told


print(*(f"{name} {version(name)}" for name in ("dagster", "dagster-dbt", "dbt-core", "dbt-duckdb")))
old, new = step(folder / "older.json"), step(folder / "shop" / "target" / "manifest.json")
for name, (success, made, told) in (("older manifest", old), ("manifest of today", new)):
    print(f"{name}: success {success}, materialized {made}\n  {told}")
if not new[0]:
    sys.exit("Changed: the build fails with a manifest of today too.")
if old[0] or "before its dependency" not in old[2]:
    sys.exit("Changed: an older manifest no longer fails a build that works.")
PYTHON
