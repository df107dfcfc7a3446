# Two commands for a newcomer (demo, test), two for a developer (check, bench).
PYTHON ?= $(shell for v in python3.11 python3.12 python3.13 python3; do command -v $$v >/dev/null 2>&1 && $$v -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$v && break; done)
BIN := .venv/bin
PORT ?= 8080

.PHONY: demo test check check-code bench screenshots lock clean

demo: .venv/ready
	$(BIN)/firstline demo --port $(PORT)

test: .venv/ready-test
	$(BIN)/python -m pytest -n 2

check: check-code
	$(BIN)/firstline kb check
	$(BIN)/python -m pytest -q -m "not slow" -n 2

check-code: .venv/ready-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/ready-test
	$(BIN)/python -m benchmarks

screenshots: .venv/ready-test
	$(BIN)/python -m docs.screenshots

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Firstline needs Python 3.11 or newer: install it, or say where it is: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-test: .venv/ready requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

# Rewrites both locks from pyproject.toml: names, versions and hashes, no addresses. Needs uv on the PATH.
lock:
	echo "setuptools>=80" | cat - > .build-needs.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml .build-needs.txt -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra test pyproject.toml .build-needs.txt -o requirements-test.lock
	rm .build-needs.txt

clean:
	rm -rf .venv build *.egg-info
