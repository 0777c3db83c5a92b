# `make run` and `make test` set up everything themselves; they need Python 3.11 or newer only.
# PYTHON=/path/to/python chooses one; else the first on PATH that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	{ echo "$$python"; break; }; done)
set-up = @$(if $(PYTHON),"$(PYTHON)",$(error Quadrant needs Python 3.11 or newer, found none: \
	install it, or name it: make PYTHON=/path/to/python3)) config/local/install.py
python = .venv/bin/python
# Linters read the settings, but nothing connects to these addresses.
lint = QUADRANT_LOCAL=1 REDIS_URL=redis://nowhere \
	DATABASE_URL=postgresql://quadrant@/quadrant?host=/nowhere $(python)

.DEFAULT_GOAL := help
.PHONY: help run test lint check format

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run:  ## Set up and start the site with its demo review; Ctrl-C stops it (PORT=8000)
	$(set-up) run
	@$(python) -m config.local.run

test:  ## Set up and run all tests, browser journeys included (ARGS="-k word" for some)
	$(set-up) test
	@CHROMIUM="$$($(python) -m config.local.chromium)" && export CHROMIUM && \
	$(python) -m config.local.tests $(ARGS)

lint:  ## Check style, layers, templates, types and migrations
	$(set-up) test
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	.venv/bin/lint-imports
	git ls-files '*.html' | xargs -r .venv/bin/djade --check --target-version 5.2
	git ls-files '*.html' | xargs -r $(python) -m djhtml --check --tabwidth 2
	$(lint) -m mypy --follow-imports=silent analysis config/local
	$(lint) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

check: lint test  ## lint and test

format:  ## Rewrite code and templates in the house style
	$(set-up) test
	$(python) -m ruff check --fix .
	$(python) -m ruff format .
	git ls-files '*.html' | xargs -r .venv/bin/djade --target-version 5.2
	git ls-files '*.html' | xargs -r $(python) -m djhtml --tabwidth 2
