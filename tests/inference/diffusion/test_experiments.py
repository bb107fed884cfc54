"""Experiments besides the presets change arguments of a call, but nothing that is loaded."""

from __future__ import annotations

import pytest

from inference.diffusion.experiments import experiments, experiments_for
from inference.diffusion.presets import load_presets

LOADED = ("repo", "revision", "variant", "pipeline", "parts", "dtype", "scheduler", "quantized", "skip")


@pytest.mark.parametrize("name", experiments())
def test_an_experiment_changes_how_a_preset_is_asked_and_not_what_is_loaded(name: str) -> None:
    experiment = experiments()[name]
    fitting = [preset for preset in load_presets().values() if name in experiments_for(preset)]
    assert fitting
    for preset in fitting:
        changed = experiment.applied(preset)
        assert changed != preset
        assert all(getattr(changed, field) == getattr(preset, field) for field in LOADED)
        assert (changed.lora and changed.lora.repo) == (preset.lora and preset.lora.repo)


def test_a_changed_call_keeps_what_it_does_not_name() -> None:
    sdxl = load_presets()["sdxl"]
    changed = experiments()["TCD with eta 0.3"].applied(sdxl)
    assert changed.call == {"control_mode": [7], "eta": 0.3}
