# Every target creates what it needs. Required on the machine: Python 3.11 to 3.13, make; for the hapi targets
# also Java 17 and Maven, for test-node and test-browser Node 20, for test-postgres the programs of PostgreSQL.
.DEFAULT_GOAL := help
.PHONY: help install run test test-browser screenshots test-slow test-postgres test-faults test-faults-long check hazards settings elements dictionary bench bench-compare hapi test-hapi test-node elm lock java node

# The first of these that there is. PYTHON=... takes another one.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13,$(if $(shell command -v $(name)),$(name))) python3.11)
BIN := .venv/bin
HAPI := tests/hapi/server
HAPI_CLIENT := tests/hapi/client
HAPI_CLIENT_VERSIONS := 8.0.0 8.8.0
NODE_CLIENTS := tests/node/clients
SECOND := tests/node/second
MEASURE := tests/node/measure
BROWSER := tests/node/browser

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /	/'

install: .venv/filled ## Install into .venv; the command is .venv/bin/sural

.venv/filled: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Sural needs Python 3.11, 3.12 or 3.13. Install one, or name it: make install PYTHON=...' >&2; exit 1; }
	@echo "1 of 3: making .venv with $$($(PYTHON) --version)" >&2
	@$(PYTHON) -m venv .venv
	@echo "2 of 3: installing $$(grep -c == requirements-dev.lock) packages of requirements-dev.lock; takes a minute" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
	  -r requirements-dev.lock
	@echo '3 of 3: installing the command .venv/bin/sural' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q service
	@touch $@

run: install ## Serve on 127.0.0.1:8080, with all data in ./var
	@echo 'When the service runs, post an example patient from another terminal:' >&2
	@echo '  curl -H "Content-Type: application/fhir+json" --data-binary @tests/cases/patients/low-mood/visit.json \' >&2
	@echo '    http://127.0.0.1:8080/fhir' >&2
	@echo 'The form of the patient: http://127.0.0.1:8080/forms' >&2
	$(BIN)/sural serve

elements: install ## Write service/fhir/r4/element_table.json from the models of fhir.resources
	$(BIN)/python -m tests.support.shipped_files.element_table

# `make hazards` and `make check` read the report.
test: install ## Run the quick tests; they need neither network nor Java
	$(BIN)/python -m pytest -n auto -m "not hapi and not node and not browser and not postgres and not slow and not faults" \
	  --junitxml=build/tests.xml

hazards: install ## Write docs/hazards.md from the hazard log and the report of `make test`
	$(BIN)/python -m tests.support.pages.hazard_page

settings: install ## Write the table of settings in docs/operations.md from docs/settings.yaml
	$(BIN)/python -m tests.support.pages.settings_page

test-slow: install ## Run the tests that take minutes
	$(BIN)/python -m pytest -n auto -m "slow and not hapi and not node and not browser and not postgres and not faults"

test-postgres: install ## Run the tests that need PostgreSQL, in a temporary cluster
	@$(BIN)/python -m tests.support.database.postgres
	$(BIN)/python -m pytest -n auto -m "postgres and not hapi and not node and not browser and not faults"

test-faults: install ## Deliver to a FHIR server that misbehaves in every way of a table, kill processes, fill a disk: in minutes
	$(BIN)/python -m pytest -n auto -m "faults and not long and not postgres" tests/faults

# FAULTS is long, or submissions, kills, repetitions and rounds: FAULTS=60,20,1,5 takes minutes.
test-faults-long: install ## The same with 10,000 submissions and 1,000 kills, on SQLite and PostgreSQL: in hours
	@$(BIN)/python -m tests.support.database.postgres
	FAULTS=$(or $(FAULTS),long) $(BIN)/python -m pytest -s -m faults tests/faults

$(BROWSER)/node_modules/filled: $(BROWSER)/package-lock.json | node
	npm ci --prefix $(BROWSER) --no-audit --no-fund --loglevel=error
	@touch $@

# The package without the 132 that it names: its built files need none of them.
$(BROWSER)/lforms/filled: | node
	cd $(BROWSER) && npm pack --silent lforms@40.1.3 >/dev/null
	cd $(BROWSER) && echo '288cff4360e8a90a44e994a01422d2cf970170000ce915b5739ccc383097edd9  lforms-40.1.3.tgz' | sha256sum --check --quiet
	mkdir -p $(BROWSER)/lforms
	tar xzf $(BROWSER)/lforms-40.1.3.tgz -C $(BROWSER)/lforms --strip-components=2 package/dist
	rm $(BROWSER)/lforms-40.1.3.tgz
	@touch $@

test-browser: install $(BROWSER)/node_modules/filled $(BROWSER)/lforms/filled ## Fill in the patients' form in Chromium, which must be at /usr/bin/chromium
	$(BIN)/python -m pytest -m "browser and not postgres" tests/browser

screenshots: install ## Write docs/screenshots, a picture of each state of the patients' form
	$(BIN)/python -m tests.support.pages.screenshots

check: install ## Run ruff, mypy and import-linter, and check the shipped forms and rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sural check
	$(BIN)/python -m tests.support.pages.hazard_page --check

# SIZES=1000,100000,1000000, PARTS=start,accepted and TO=build/before.json choose: docs/measuring.md.
dictionary: install ## Make the dictionary NUMBER for the compression of what is stored; those before are kept
	$(BIN)/python -m tests.support.shipped_files.dictionary $(NUMBER)

bench: install ## Measure the service beside the floor, and by stage, size and start; prints rows, writes build/bench.json
	$(BIN)/python -m tests.support.measuring.bench $(if $(SIZES),--sizes $(SIZES)) $(if $(PARTS),--parts $(PARTS)) $(if $(TO),--to $(TO))

bench-compare: install ## Compare two runs of make bench, the files BEFORE and AFTER, by the ratio of each row
	$(BIN)/python -m tests.support.measuring.comparing $(BEFORE) $(AFTER)

# Wheels only, so that nobody needs a C compiler. What is in two of them has one version.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header

lock: install ## Write the lock files from pyproject.toml: for running, for the population, for developing, for building the wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --upgrade --output-file requirements.lock pyproject.toml
	$(COMPILE) --upgrade --extra population --constraints requirements.lock --output-file requirements-population.lock pyproject.toml
	$(COMPILE) --upgrade --extra dev --constraints requirements-population.lock --output-file requirements-dev.lock pyproject.toml
	echo hatchling | $(COMPILE) --upgrade --constraints requirements-dev.lock --output-file requirements-build.lock -

java:
	@command -v java >/dev/null || { echo 'The hapi targets need Java 17. Install it: java is not on the PATH.' >&2; exit 1; }
	@command -v mvn >/dev/null || { echo 'The hapi targets need Maven. Install it: mvn is not on the PATH.' >&2; exit 1; }

$(HAPI)/target/built: $(HAPI)/pom.xml $(shell find $(HAPI)/src -type f) | java
	mvn --batch-mode --quiet --file $(HAPI)/pom.xml compile dependency:copy-dependencies \
	  -DincludeScope=runtime -DoutputDirectory=target/lib
	@touch $@

$(HAPI_CLIENT)/target/%/built: $(HAPI_CLIENT)/pom.xml $(shell find $(HAPI_CLIENT)/src -type f) | java
	mvn --batch-mode --quiet --file $(HAPI_CLIENT)/pom.xml -Dhapi.version=$* compile dependency:copy-dependencies \
	  -DincludeScope=runtime -DoutputDirectory=target/$*/lib
	@touch $@

hapi: java $(HAPI)/target/built ## Start a HAPI FHIR server on a free loopback port, for experiments
	java -Xmx2g -XX:TieredStopAtLevel=1 -cp "$(HAPI)/target/classes:$(HAPI)/target/lib/*" peer.FhirServer

test-hapi: java install $(HAPI)/target/built $(HAPI_CLIENT_VERSIONS:%=$(HAPI_CLIENT)/target/%/built) ## Run the tests against a real HAPI FHIR server
	$(BIN)/python -m pytest -rs -m "hapi and not postgres" tests/hapi

node:
	@command -v npm >/dev/null || { echo 'test-node needs Node 20 with npm. Install it: npm is not on the PATH.' >&2; exit 1; }

$(SECOND)/node_modules/filled: $(SECOND)/package-lock.json | node
	npm ci --prefix $(SECOND) --no-audit --no-fund --loglevel=error
	@touch $@

$(NODE_CLIENTS)/node_modules/filled: $(NODE_CLIENTS)/package-lock.json | node
	npm ci --prefix $(NODE_CLIENTS) --no-audit --no-fund --loglevel=error
	@touch $@

$(MEASURE)/node_modules/filled: $(MEASURE)/package-lock.json | node
	npm ci --prefix $(MEASURE) --no-audit --no-fund --loglevel=error
	@touch $@

elm: java $(HAPI)/target/built ## Compile the CQL of the measure in tests/node/measure, after a change of it
	java -cp "$(HAPI)/target/classes:$(HAPI)/target/lib/*" peer.Translate $(MEASURE)/SuralDepressionScore.cql \
	  > $(MEASURE)/SuralDepressionScore.json

test-node: install $(SECOND)/node_modules/filled $(NODE_CLIENTS)/node_modules/filled $(MEASURE)/node_modules/filled ## Check our resources with another FHIR implementation, use JavaScript clients, count totals with a CQL engine
	$(BIN)/python -m pytest -m "node and not postgres" tests/node
