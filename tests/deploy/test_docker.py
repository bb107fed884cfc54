"""The image and the compose file, as far as they can be tested without a Docker daemon."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from ruamel.yaml import YAML

from bot.bootstrap import Kuotu
from bot.environment import FIELDS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def dockerfile() -> list[str]:
    """Return the instructions of the Dockerfile, each on one line."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def compose() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(DEPLOY / "compose.yaml"))


def service() -> dict[str, Any]:
    return dict(compose()["services"]["kuotu"])


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path))
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_schema(tmp_path: Path) -> None:
    assert check(DEPLOY / "compose.yaml").returncode == 0
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DEPLOY / "compose.yaml").read_text("utf-8").replace("read_only: true", "read_only: [1]"), "utf-8")
    assert check(wrong).returncode != 0


def test_the_container_has_no_rights_and_no_end_of_memory() -> None:
    kuotu = service()
    assert kuotu["cap_drop"] == ["ALL"]
    assert kuotu["read_only"] is True
    assert kuotu["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit", "ulimits", "tmpfs", "logging"} <= set(kuotu)
    assert not {"cap_add", "privileged", "network_mode", "user"} & set(kuotu)


def test_nothing_but_this_machine_reaches_the_port() -> None:
    (port,) = service()["ports"]
    host, _outside, inside = port.split(":")
    assert (host, int(inside)) == ("127.0.0.1", service()["environment"]["KUOTU_PORT"])


def test_every_folder_that_is_written_outlives_the_container() -> None:
    (last,) = (line for line in dockerfile() if line.startswith("VOLUME"))
    written = re.findall(r'"(/[^"]+)"', last)
    assert {volume.partition(":")[2] for volume in service()["volumes"]} == set(written)
    named = dict(re.findall(r"(\w+)=(/\S+)", next(line for line in dockerfile() if line.startswith("ENV"))))
    for variable in ("KUOTU_DATA_DIR", "NUMBA_CACHE_DIR", "HF_HOME"):
        assert any(Path(named[variable]).is_relative_to(folder) for folder in written)


def test_the_code_belongs_to_root_and_another_runs_it() -> None:
    lines = dockerfile()
    code = [line for line in lines if line.startswith("COPY --from")]
    assert code == ["COPY --from=build /opt/kuotu /opt/kuotu"]
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users == ["kuotu"]
    assert lines.index("USER kuotu") > lines.index(code[0])


def test_the_tested_versions_are_installed() -> None:
    (install,) = (line for line in dockerfile() if "pip install" in line)
    assert "-c constraints.txt" in install


def test_what_is_copied_reaches_the_builder_and_secrets_do_not() -> None:
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    lines = [line for line in dockerfile() if line.startswith("COPY ") and "--from" not in line]
    copied = {word for line in lines for word in line.split()[1:-1]}
    assert let_in == copied
    assert [word for word in copied if not (ROOT / word).exists()] == []
    assert "*" in rules


def healthy(port: int | str) -> bool:
    """Return whether the image's health check passes, run as Docker runs it: by a shell in the container."""
    (line,) = (line for line in dockerfile() if line.startswith("HEALTHCHECK"))
    command = line.partition("CMD ")[2]
    here = os.environ | {"KUOTU_PORT": str(port), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, shell=True, env=here, capture_output=True, check=False).returncode == 0


async def test_the_health_check_follows_the_port(kuotu: Kuotu) -> None:
    port = kuotu.address.rpartition(":")[2].strip("/")
    assert await asyncio.to_thread(healthy, port)


class _Unwell(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def test_the_health_check_notices_what_is_wrong() -> None:
    with HTTPServer(("127.0.0.1", 0), _Unwell) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert not healthy(server.server_port)
        server.shutdown()
    assert not healthy(server.server_port)


def test_the_example_names_only_settings() -> None:
    lines = (DEPLOY / "env.example").read_text("utf-8").splitlines()
    names = [line.removeprefix("# ").partition("=")[0] for line in lines if "=" in line]
    assert len(names) > 3
    assert [name for name in names if name not in FIELDS] == []
    assert [line for line in lines if "#" in line and not line.startswith("#")] == []
