# Everything one does with Orderflow, from a fresh clone; `make help` lists it.
# What is missing on the machine is named before anything else happens.

.DEFAULT_GOAL := help
BIN := .venv/bin

# The first Python on the PATH that is new enough; `make PYTHON=... test` takes another.
ifndef PYTHON
PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell \
	$(name) -c 'import sys, venv, ensurepip; sys.version_info < (3, 11) or print("$(name)")' 2>/dev/null)))
endif

.PHONY: help
help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
		| awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

.PHONY: demo
demo: $(if $(ORDERFLOW_BROKER),,kafka-jars) .venv/run  ## watch orders go all the way, until Ctrl-C: ARGS='--orders 100 --port 6166'
	@$(BIN)/python -m deploy.demo $(ARGS)

.PHONY: test
test: kafka-jars .venv/test  ## lint, then all tests, on a Kafka of their own unless ORDERFLOW_BROKER names one
	@$(MAKE) --no-print-directory lint
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

.PHONY: lint
lint: .venv/test  ## formatting, ruff, mypy, import rules
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: bench
bench: kafka-jars .venv/bench  ## measure against stock Faust, Quix Streams and raw aiokafka
	$(BIN)/python -m bench

.PHONY: compare
compare: kafka-jars .venv/bench  ## run the same orders in both styles of saga, and write docs/sagas.md: ARGS='--rounds 9'
	$(BIN)/python -m bench.compare $(ARGS)

# Make hands its variables on: tests.faults reads them from its environment.
.PHONY: faults
faults: kafka-jars .venv/test  ## kill, freeze and wipe workers and broker: SEED=1 MINUTES=10 WORKERS=3 RATE=1000 ORDERS=10
	$(BIN)/python -m tests.faults

.PHONY: kafka
kafka: python  ## start a local Kafka, or find it running
	@$(PYTHON) -m deploy.kafka start

.PHONY: kafka-stop
kafka-stop: python  ## stop the local Kafka
	@$(PYTHON) -m deploy.kafka stop

.PHONY: clean
clean: python  ## stop every Kafka and demo started here and remove all that is not source
	@$(PYTHON) -m deploy.demo.children
	@$(PYTHON) -m deploy.kafka stop --all
	rm -rf .venv .kafka .orderflow .gateway .demo .coverage .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed and none is on the PATH:" \
		"\`apt-get install python3 python3-venv\` (Debian) or \`brew install python@3.12\` (macOS)" >&2; exit 1; }

# Java and Maven are asked for first: a newcomer learns what is missing in a second, not in minutes.
.PHONY: kafka-jars
kafka-jars: python
	@$(PYTHON) -m deploy.kafka prepare

# One stamp for each set of packages, made anew when the pins change; each needs the one before it.
.venv/run: pyproject.toml | python
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/test: .venv/run
	$(BIN)/pip install --quiet --editable '.[test,lint]'
	@touch $@

.venv/bench: .venv/test
	$(BIN)/pip install --quiet --editable '.[bench]'
	@touch $@
