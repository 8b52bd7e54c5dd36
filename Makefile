# Every target creates and fills what it needs. Wanted on the machine: Python 3.11, make, a C compiler;
# for the hapi targets also Java 17 and Maven, for test-node Node 20, for test-postgres the programs of PostgreSQL.
.DEFAULT_GOAL := help
.PHONY: help install run test test-slow test-postgres check bench hapi test-hapi test-node lock java node

PYTHON ?= python3.11
BIN := .venv/bin
HAPI := tests/hapi/server
SECOND := tests/node/second

help: ## Say what there is
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /	/'

install: .venv/filled ## Fill .venv; .venv/bin/sural is the command

.venv/filled: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install ## Serve on 127.0.0.1:8080, keeping everything in ./var
	@echo 'Once it serves, post an example patient from another terminal:' >&2
	@echo '  for form in leg-pain gad-7 phq-9; do curl -H "Content-Type: application/fhir+json" \' >&2
	@echo '    --data-binary @tests/cases/patients/low-mood/$$form.json http://127.0.0.1:8080/fhir/QuestionnaireResponse; done' >&2
	$(BIN)/sural serve

test: install ## Run the tests that need neither network nor Java nor minutes
	$(BIN)/python -m pytest -n auto -m "not hapi and not node and not postgres and not slow"

test-slow: install ## Run the tests that take minutes
	$(BIN)/python -m pytest -n auto -m "slow and not hapi and not node and not postgres"

test-postgres: install ## Run the tests that need a database on PostgreSQL, in a cluster of their own
	@$(BIN)/python -m tests.postgres
	$(BIN)/python -m pytest -n auto -m "postgres and not hapi and not node"

check: install ## Run ruff, mypy and import-linter, and check the shipped forms and rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sural check

bench: install ## Measure; prints a table
	$(BIN)/python -m tests.bench

lock: install ## Write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --upgrade --output-file requirements.lock

java:
	@command -v java >/dev/null || { echo 'The hapi targets need Java 17, and there is no java on this machine.' >&2; exit 1; }
	@command -v mvn >/dev/null || { echo 'The hapi targets need Maven, and there is no mvn on this machine.' >&2; exit 1; }

$(HAPI)/target/built: $(HAPI)/pom.xml $(shell find $(HAPI)/src -type f) | java
	mvn --batch-mode --quiet --file $(HAPI)/pom.xml compile dependency:copy-dependencies \
	  -DincludeScope=runtime -DoutputDirectory=target/lib
	@touch $@

hapi: java $(HAPI)/target/built ## Start a HAPI FHIR server on a free loopback port, for trying things out
	java -Xmx2g -XX:TieredStopAtLevel=1 -cp "$(HAPI)/target/classes:$(HAPI)/target/lib/*" peer.FhirServer

test-hapi: java install $(HAPI)/target/built ## Run the tests against a real HAPI FHIR server
	$(BIN)/python -m pytest -m "hapi and not postgres" tests/hapi

node:
	@command -v npm >/dev/null || { echo 'test-node needs Node 20 with npm, and there is no npm on this machine.' >&2; exit 1; }

$(SECOND)/node_modules/filled: $(SECOND)/package-lock.json | node
	npm ci --prefix $(SECOND) --no-audit --no-fund --loglevel=error
	@touch $@

test-node: install $(SECOND)/node_modules/filled ## Let a FHIR implementation that is not ours check all that we write
	$(BIN)/python -m pytest -m "node and not postgres" tests/node
