# What a contributor types. Every target makes what it needs under .venv/, .tox/ and dist/, and nothing anywhere else.
# It needs make and one Python of 3.10 or newer; `make PYTHON=/path/to/python3.12 demo` says which.

SHELL := /bin/sh
.SHELLFLAGS := -euc
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

TOOLS := .venv/tools
DEMO := .venv/demo
PIP := -m pip --quiet --disable-pip-version-check
DISTRIBUTIONS := . $(patsubst %/src,%,$(wildcard plugins/*/src))
SOURCES := $(shell find LICENSE setup.cfg pyproject.toml README.md core plugins/*/setup.cfg plugins/*/pyproject.toml \
	plugins/*/README.md plugins/*/LICENSE plugins/*/src -name __pycache__ -prune -o -name '*.egg-info' -prune -o -type f -print 2>/dev/null)

# One interpreter per minor version of pyenv, whose shims fail for a version that is not active.
TOX = TOX_DISCOVER="$${TOX_DISCOVER:-$$($(TOOLS)/bin/python tools/pythons.py)}" $(TOOLS)/bin/tox

# The first Python that really runs (a pyenv shim may be on PATH and fail), is new enough and can make virtual environments.
define find-python
	python=; \
	for name in $(or $(PYTHON),python3.11 python3.12 python3.13 python3.10 python3); do \
	  if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "no Python of 3.10 or newer with venv and ensurepip found (tried: $(or $(PYTHON),python3.11 python3.12 python3.13 python3.10 python3))." >&2; \
	  echo "Install one (on Debian and Ubuntu also the package python3-venv), or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)" >&2; \
	  exit 1; \
	fi
endef

.PHONY: help demo test test-images image-wheels lint bench wheels clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO)/.ready ## train XGBoost on real data through the contract, serve it, predict, print the confusion matrix
	@$(DEMO)/bin/python examples/demo.py

test: $(TOOLS)/.ready dist/.built ## run all tests, the linters and the checks of the docs, on every Python found
	@sh tools/apt.sh
	@sh tools/docker.sh
	@echo "test: tox runs every environment but bench"
	@$(TOX) run

test-images: $(TOOLS)/.ready dist/.built ## run the tests that need Docker, and those with the SageMaker SDK as the client
	@sh tools/docker.sh
	@$(TOX) run -e sdk,sdk3,images

image-wheels: dist/.built ## lay into dockerfiles/ the wheels that its images are built from
	@$(TOOLS)/bin/python tools/image_wheels.py

lint: $(TOOLS)/.ready dist/.built ## check style, format and types of all source
	@echo "lint: ruff and mypy in tox's environment lint"
	@$(TOX) run -e lint

bench: $(TOOLS)/.ready dist/.built ## measure byoml against its peers, side by side
	@echo "bench: the benchmarks in tox's environment bench"
	@$(TOX) run -e bench

wheels: dist/.built ## build the wheels and sdists of core and plugins into dist/

clean: ## remove everything that these targets made
	@echo "clean: removing .venv, .tox, dist, build folders and caches"
	@rm -rf dockerfiles/byoml/*.whl dockerfiles/wheels/*.whl dockerfiles/wheels/ca.crt
	@rm -rf .venv .tox dist build plugins/*/build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -path ./.git -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -prune -exec rm -rf {} +

$(TOOLS)/.ready: Makefile
	@$(find-python); echo "tools: making $(TOOLS) with $$($$python -V) for build and tox"; \
	$$python -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python $(PIP) install 'build>=1.2' 'setuptools>=77' 'tox>=4.30'
	@touch $@

$(DEMO)/.ready: dist/.built tools/install.py
	@$(find-python); echo "demo: making $(DEMO) with $$($$python -V) and byoml[xgboost,sklearn] from dist/"; \
	[ -x $(DEMO)/bin/python ] || $$python -m venv --clear $(DEMO)
	@$(DEMO)/bin/python tools/install.py xgboost sklearn
	@touch $@

# From the sdist, not from the tree: a build/ left over from earlier would put deleted modules into the wheel.
dist/.built: dist/.sources $(SOURCES) | $(TOOLS)/.ready
	@echo "wheels: building $(words $(DISTRIBUTIONS)) distributions into dist/"
	@rm -f dist/*.whl dist/*.tar.gz
	@for folder in $(DISTRIBUTIONS); do \
	  $(TOOLS)/bin/python -m build --no-isolation --outdir dist $$folder >dist/build.log 2>&1 || { cat dist/build.log >&2; exit 1; }; \
	done
	@touch $@

# Rewritten only when a file came or went, which no file's own date tells.
dist/.sources: FORCE
	@mkdir -p dist
	@echo '$(sort $(SOURCES))' | cmp -s - $@ || echo '$(sort $(SOURCES))' > $@
FORCE:
