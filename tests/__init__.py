"""The tests. Two of them at once use two cores: each process keeps the threads of its libraries to one core.

This file is imported before NumPy and torch, and the processes that tests start inherit the environment.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
