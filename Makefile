.PHONY: run demo test lint bench

run: ; @scripts/setup && exec .venv/bin/kuotu run
demo: ; @scripts/setup && exec .venv/bin/kuotu demo
test: ; @scripts/setup dev && scripts/browser && .venv/bin/pytest
lint: ; @scripts/setup dev && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy && .venv/bin/lint-imports
bench: ; @scripts/setup dev,bench && .venv/bin/kuotu bench
