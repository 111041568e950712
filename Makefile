# Everything a developer types. `make demo` and `make test` need nothing but Python 3.11+, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXTRAS := $(VENV)/.spacy $(VENV)/.clip $(VENV)/.lake $(VENV)/.dask $(VENV)/.ray
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check
UV := $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python
MANIFEST := transforms/target/manifest.json
SCHEMA := tasks/task.schema.json
BUILT := resources/built
SQL := $(shell find transforms -path transforms/target -prune -o -path transforms/logs -prune -o -type f \( -name '*.sql' -o -name '*.yml' \) -print)

.PHONY: setup demo up docs test check lint types contracts browser postgres clean lock

setup: $(READY) $(MANIFEST) $(SCHEMA) $(BUILT)

# uv, pinned like everything else, puts the packages in; where it cannot reach them, pip does as it is set up to.
$(READY): requirements.lock requirements-uv.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements-uv.lock
	@$(UV) --require-hashes requirements.lock requirements-uv.lock 2>$(VENV)/uv.log \
		|| $(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(MANIFEST): $(READY) $(SQL)
	@$(BIN)/python -c 'from resources.store.manifest import manifest; manifest()'
	@touch $@

# What editors check task.yaml and rules.yaml by; not committed, since the code says it all.
$(SCHEMA): $(READY) $(wildcard resources/task/*.py resources/task/settings/*.py labeling/rules/reading/keys.py)
	@$(BIN)/touchstone schema --write >/dev/null

# The script of the charts and an empty file of MLflow's: seconds that the first run would wait for.
$(BUILT): $(READY)
	@$(BIN)/python -c 'from console.dashboard.library import chart_library; chart_library()'
	@$(BIN)/python -c 'from resources.tracking.tracking_store import empty_store; empty_store()'
	@touch $@

demo: setup
	@$(BIN)/touchstone run support_inbox

up: setup
	@$(BIN)/touchstone up

# The theme's notice of its successor is no fault of a page.
docs: setup
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build -q
	@echo "$(CURDIR)/site/index.html"

# Debian's chromium, where it is missing and we may install it; tests say why they skip without it.
browser:
	@command -v chromium >/dev/null 2>&1 || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	} || echo "chromium is missing and cannot be installed here: browser tests will skip"

# Debian's PostgreSQL likewise: tests of a lake's catalog start one of their own.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null; \
	} || echo "PostgreSQL is missing and cannot be installed here: tests of its catalogs will skip"

# Extras that tests and types need and nobody else, each by a lock of its own.
$(EXTRAS): $(VENV)/.%: $(READY) requirements-%.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-$*.lock \
		2>>$(VENV)/uv.log || $(PIP) --require-hashes -r requirements-$*.lock
	@touch $@

test: setup browser postgres $(EXTRAS)
	@$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup $(EXTRAS)
	@$(BIN)/basedpyright

contracts: setup
	@$(BIN)/lint-imports

check:
	@failed=""; for target in lint types contracts test; do \
		echo "== $$target"; $(MAKE) --no-print-directory $$target || failed="$$failed $$target"; \
	done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

COMPILE := uv pip compile --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	--no-emit-find-links --no-header

# spaCy, fastembed and DuckDB's extensions are what the extras bring; onnx writes the small weights that tests
# look through, moto answers as S3, and kubernetes-validate knows the schema of Kubernetes' files.
lock:
	$(COMPILE) --extra dev pyproject.toml -o requirements.lock
	echo uv | $(COMPILE) - -o requirements-uv.lock
	echo 'spacy>=3.8' | $(COMPILE) -c requirements.lock - -o requirements-spacy.lock
	echo 'distributed>=2026.8' | $(COMPILE) -c requirements.lock - -o requirements-dask.lock
	echo 'ray[client]>=2.60' | $(COMPILE) -c requirements.lock - -o requirements-ray.lock
	printf '%s\n' 'fastembed>=0.9' 'onnx>=1.20' | $(COMPILE) -c requirements.lock - -o requirements-clip.lock
	printf '%s\n' 'duckdb-extension-ducklake>=1.5.5' 'duckdb-extension-httpfs>=1.5.5' \
		'duckdb-extension-postgres-scanner>=1.5.5' 'psycopg[binary]>=3.2' 'moto[server]>=5' \
		'dagster-postgres>=0.29.27,<0.29.28' 'kubernetes-validate>=1.37' \
		| $(COMPILE) -c requirements.lock - -o requirements-lake.lock

clean:
	rm -rf var site $(BUILT) transforms/target transforms/logs
