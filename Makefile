.PHONY: run demo test lint bench soak
comma := ,

run: ; @scripts/setup && exec .venv/bin/kuotu run
demo: ; @scripts/setup && exec .venv/bin/kuotu demo
test: ; @scripts/setup dev,diffusion,nf4,video && scripts/programs && .venv/bin/pytest -n auto --dist worksteal
lint: ; @scripts/setup dev,diffusion,nf4,video && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy && .venv/bin/lint-imports && .venv/bin/python scripts/audit.py
bench: ; @scripts/setup dev,diffusion,video,bench && .venv/bin/kuotu bench $(subst $(comma), ,$(ONLY))
soak: ; @scripts/setup dev && .venv/bin/python -m tests.soak kills 60 45 && .venv/bin/python -m tests.soak faults 500 && .venv/bin/python -m tests.soak crowd 50 180 && .venv/bin/python -m tests.soak webhook 50 && .venv/bin/python -m tests.soak cluster 4 200 45
