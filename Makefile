# Everything a fresh clone needs, it installs: pinned, from the committed locks.
PYTHON ?= python3
BIN    := .venv/bin
READY  := .venv/.ready
WORKSPACE ?= demo-workspace
PORT ?= 8080

.PHONY: demo test tests test-long lint types bench up lock clean
.DELETE_ON_ERROR:

demo: $(READY)            ## the whole story on sample data
	$(BIN)/retention demo --workspace $(WORKSPACE)

test: $(READY)            ## lint, types and every test but the long ones, side by side
	@$(MAKE) --no-print-directory -j3 lint types tests

tests: $(READY)           # three at once: they often wait for servers
	$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder

test-long: $(READY)       ## a real Airflow that is killed, a thousand people in one batch: minutes each
	$(BIN)/pytest -q -m long -s

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

bench: $(READY)           ## timings; never part of the tests
	$(BIN)/python -m benchmarks

up: $(READY)              ## Airflow with the demo on this machine, until Ctrl-C; prints address and users
	$(BIN)/retention demo --workspace $(WORKSPACE) --airflow --port $(PORT)

lock: $(READY)            ## resolve again after a change of pyproject.toml
	$(BIN)/uv pip compile -q --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate \
	  --no-header pyproject.toml --all-extras --group dev -o requirements/all.lock

clean:
	rm -rf .venv $(WORKSPACE)

$(READY): requirements/all.lock requirements/uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.11"; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.lock
	$(BIN)/uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements/all.lock requirements/uv.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q airflow_plugin connectors dags demo retention
	touch $(READY)
