"""The files for many machines follow their schemas, agree with the settings and metrics, and ask a query that runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from prometheus_client import REGISTRY
from ruamel.yaml import YAML
from sqlalchemy import text
from typer.main import get_command

import bot.metrics  # noqa: F401  registers the metrics
from bot.__main__ import cli
from bot.environment import FIELDS
from bot.settings import Settings
from storage.database import open_database
from tests.support.photos import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE, RULES = DEPLOY / "compose.scale.yaml", DEPLOY / "monitoring" / "alerts.yaml"
KUBERNETES = "1.33"


def documents(name: str) -> list[dict[str, Any]]:
    return [dict(found) for found in YAML(typ="safe").load_all(DEPLOY / "kubernetes" / name)]


def services() -> dict[str, dict[str, Any]]:
    return dict(YAML(typ="safe").load(COMPOSE)["services"])


def ours() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, service) for name, service in services().items() if "build" in service)


def test_the_compose_file_follows_the_schema() -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_every_setting_and_command_of_the_compose_file_exists() -> None:
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    for _, service in ours():
        named = {name for name in service["environment"] if name.startswith("KUOTU_")}
        assert named - set(FIELDS) == set()
        assert service["command"][0] in commands
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True


def test_workers_may_finish_the_job_in_hand() -> None:
    limit = Settings().time_limit
    painting = [service for _, service in ours() if service["command"] == ["worker"]]
    assert len(painting) == 2
    assert all(int(service["stop_grace_period"].removesuffix("s")) > limit for service in painting)
    (worker,) = [one for one in documents("kuotu.yaml") if one["metadata"]["name"] == "kuotu-worker"]
    assert worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > limit


def test_the_manifests_follow_the_schema_of_kubernetes() -> None:
    for manifest in documents("kuotu.yaml"):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    wrong = documents("kuotu.yaml")[-1] | {"spec": {"replicas": "two"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_every_setting_and_command_of_the_manifests_exists() -> None:
    written = (DEPLOY / "kubernetes" / "kuotu.yaml").read_text("utf-8")
    assert set(re.findall(r"KUOTU_[A-Z_]+", written)) - {*FIELDS, "KUOTU_TIME_LIMIT"} == set()
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    assert {args.split(",")[0] for args in re.findall(r"args: \[([^\]]+)\]", written)} <= set(commands)


async def test_the_scaler_asks_a_query_that_runs(empty_postgres: str) -> None:
    scaled = documents("keda.yaml")[-1]["spec"]
    assert scaled["scaleTargetRef"]["name"] in {one["metadata"]["name"] for one in documents("kuotu.yaml")}
    (trigger,) = scaled["triggers"]
    engine = await open_database(empty_postgres)
    async with engine.connect() as connection:
        assert await connection.scalar(text(trigger["metadata"]["query"])) == 0
    await engine.dispose()


def metrics() -> set[str]:
    return {sample for family in REGISTRY.collect() for sample in _samples(family.name, family.type)}


def _samples(name: str, kind: str) -> list[str]:
    several = {"counter": [f"{name}_total"], "histogram": [f"{name}_bucket", f"{name}_sum", f"{name}_count"]}
    return several.get(kind, [name])


@pytest.mark.parametrize("file", ["alerts.yaml", "grafana.json"])
def test_alerts_and_panels_use_metrics_that_exist(file: str) -> None:
    named = set(re.findall(r"kuotu_\w+", (DEPLOY / "monitoring" / file).read_text("utf-8")))
    assert len(named) >= 3
    assert named - metrics() == set()


def test_the_dashboard_is_complete() -> None:
    dashboard = json.loads((DEPLOY / "monitoring" / "grafana.json").read_text("utf-8"))
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    shown = {
        name for panel in panels for target in panel["targets"] for name in re.findall(r"kuotu_\w+", target["expr"])
    }
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("kuotu_")}
    assert {name for name in ours if not any(one.startswith(name) for one in shown)} == set()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is in Debian's package prometheus")
def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    assert subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, check=False).returncode == 0
    wrong = tmp_path / "alerts.yaml"
    wrong.write_text(RULES.read_text("utf-8").replace("sum(rate(", "sum(rat(", 1), "utf-8")
    assert subprocess.run(["promtool", "check", "rules", wrong], capture_output=True, check=False).returncode != 0
