# `make run` starts Streamover and `make test` tests it. Both prepare all they need, and nothing twice.
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
	--custom-compile-command 'make lock'

# A benchmark's server is started by the benchmark.
BENCHES := $(filter-out %_server __init__,$(basename $(notdir $(wildcard tests/bench/*.py))))

.PHONY: run test test-fast test-slow bench shots lint format lock local clean prepare-test

run:
	@sh packaging/prepare.sh run
	@$(BIN)/python -m gui $(ARGS)

test: test-fast test-slow

test-fast: prepare-test
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-slow: prepare-test
	$(BIN)/python -m pytest -m slow $(ARGS)

prepare-test:
	@sh packaging/prepare.sh test

bench: prepare-test
	@for name in $(BENCHES); do echo "== $$name"; QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.bench.$$name || exit 1; done

shots: prepare-test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m gui --shots resources/screenshots

lint: prepare-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

format: prepare-test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Takes newer versions with: make lock UPGRADE=--upgrade
lock: prepare-test
	$(LOCK) $(UPGRADE) pyproject.toml -o requirements.txt >/dev/null
	$(LOCK) $(UPGRADE) pyproject.toml --extra bedrock --group dev -c requirements.txt -o requirements-dev.txt >/dev/null
	$(LOCK) $(UPGRADE) --group local --no-deps -o requirements-local.txt >/dev/null

# Tries again to install the small local model.
local:
	@sh packaging/prepare.sh local

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find engine gui resources tests -name __pycache__ -type d -prune -exec rm -rf {} +
