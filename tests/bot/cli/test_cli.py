"""The command line expands a photo, and reports every failure in one clear sentence."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.bootstrap import Kuotu, running
from bot.cli.bench import FOLDER, benchmarks, measure
from bot.errors import CannotRun, Refused
from bot.hosting import cannot_listen, claim_folder, free_port, reachable
from bot.keys import open_keys
from inference.marks.manifest import State, read
from tests.support.command import Run
from tests.support.photos import SAMPLES, pixels
from tests.support.settings import settings_in


@pytest.fixture
def picture(tmp_path: Path, photo: bytes) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(photo)
    return path


def test_expand_tells_what_it_made_and_keeps_the_photo(run: Run, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    options = ("--margins", "10,0,21,16", "--style", "playful", "--seed", "7", "--engine", "patchmatch", "--json")
    code, told, complaints = run("expand", picture, "-o", out, *options)
    assert (code, complaints) == (0, "")
    facts = json.loads(told)
    assert list(facts) == ["width", "height", "margins", "seed", "engine", "style", "seconds", "recipe"]
    assert facts["recipe"]["key"].startswith("patchmatch kuotu=")
    canvas, photo = pixels(out), pixels(picture)
    assert (facts["height"], facts["width"]) == canvas.shape[:2] == (photo.shape[0] + 16, photo.shape[1] + 31)
    assert facts["margins"] == [10, 0, 21, 16]
    assert (facts["seed"], facts["engine"], facts["style"]) == (7, "patchmatch", "playful")
    assert facts["seconds"] > 0
    assert np.array_equal(canvas[: photo.shape[0], 10 : 10 + photo.shape[1]], photo)


def test_upscale_doubles_a_picture_that_halves_to_itself(run: Run, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "large.png"
    code, told, complaints = run("upscale", picture, "-o", out, "--json")
    assert (code, complaints) == (0, "")
    facts, small, large = json.loads(told), pixels(picture), pixels(out)
    assert list(facts) == ["width", "height", "seconds"]
    assert large.shape == (facts["height"], facts["width"], 3) == (2 * small.shape[0], 2 * small.shape[1], 3)
    assert np.array_equal(np.asarray(Image.fromarray(large).reduce(2)), small)
    found = read(out.read_bytes(), open_keys(settings_in(Path("data"))))
    assert (found.state, found.origin and [step.engine for step in found.origin.steps]) == (State.OURS, ["upscale"])


@pytest.mark.parametrize(
    ("source", "out", "said"),
    [
        pytest.param("picos-12mp.jpg", "large.png", "the limit is 40 MP", id="too-large"),
        pytest.param("chelsea.jpg", "large.gif", "the name must end with the kind of file", id="kind"),
        pytest.param("nowhere.jpg", "large.png", "No such file or directory", id="missing"),
    ],
)
def test_what_cannot_be_doubled_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, out: str, said: str
) -> None:
    monkeypatch.setenv("KUOTU_MAX_MEGAPIXELS", "40")
    code, told, complaint = run("upscale", SAMPLES / source, "-o", tmp_path / out)
    assert (code, told, complaint.count("\n")) == (2, "", 1)
    assert said in complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "size"),
    [
        pytest.param((), (240, 162), id="all-at-1.5"),
        pytest.param(("--direction", "left", "--scale", "1.25"), (200, 108), id="left-at-1.25"),
        pytest.param(("--ratio", "16:9"), (192, 108), id="ratio"),
        pytest.param(("--ratio", "1:1", "--direction", "up"), (160, 160), id="ratio-upwards"),
    ],
)
def test_options_choose_the_canvas(run: Run, tmp_path: Path, options: tuple[str, ...], size: tuple[int, int]) -> None:
    picture, out = tmp_path / "plain.png", tmp_path / "out.webp"
    Image.open(SAMPLES / "chelsea.jpg").resize((160, 108)).save(picture)
    code, told, complaints = run("expand", picture, "-o", out, "--engine", "patchmatch", *options)
    assert (code, complaints) == (0, "")
    assert f"{size[0]}x{size[1]}" in told
    with Image.open(out) as made:
        assert made.size == size


def test_words_for_an_engine_that_reads_none_are_answered_with_a_warning(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    options = ("--engine", "patchmatch", "--scale", "1.25", "--json")
    code, told, warning = run("expand", picture, "-o", tmp_path / "out.png", "--prompt", "a whale", *options)
    assert (code, warning.count("\n")) == (0, 1)
    assert json.loads(told)["engine"] == "patchmatch"
    assert "reads no words, so --prompt changes nothing; --engine diffusion does" in warning


def test_two_runs_with_one_seed_paint_the_same_pixels(run: Run, picture: Path, tmp_path: Path) -> None:
    files = [tmp_path / "first.png", tmp_path / "second.png"]
    for out in files:
        assert run("expand", picture, "-o", out, "--seed", "3", "--scale", "1.25")[0] == 0
    assert np.array_equal(pixels(files[0]), pixels(files[1]))  # the manifests of the files tell when each was signed


BAD = {
    "empty": b"",
    "text": b"not a picture at all",
    "cut-off": (SAMPLES / "coffee.jpg").read_bytes()[:9000],
    "missing": None,
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line_and_leaves_no_output(run: Run, tmp_path: Path, kind: str) -> None:
    source, out = tmp_path / "in.jpg", tmp_path / "out.png"
    if (data := BAD[kind]) is not None:
        source.write_bytes(data)
    code, told, complaints = run("expand", source, "-o", out, "--json")
    assert (code, told) == (2, "")
    assert complaints.count("\n") == 1
    assert complaints.startswith("kuotu: ")
    assert "in.jpg" in complaints
    assert {path.name for path in tmp_path.iterdir()} <= {"in.jpg"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(("-o", "out.txt"), "out.txt", id="kind-of-file"),
        pytest.param(("-o", "nowhere/out.png"), "not a folder", id="folder"),
        pytest.param(("-o", "out.png", "--scale", "9"), "9", id="scale-too-large"),
        pytest.param(("-o", "out.png", "--scale", "1"), "1", id="scale-too-small"),
        pytest.param(("-o", "out.png", "--ratio", "16x9"), "16x9", id="ratio-malformed"),
        pytest.param(("-o", "out.png", "--margins", "1,2,3"), "1,2,3", id="margins-malformed"),
        pytest.param(("-o", "out.png", "--margins=-1,0,0,0"), "-1", id="margins-negative"),
        pytest.param(("-o", "out.png", "--margins", "20000,0,0,0"), "16", id="side-too-long"),
        pytest.param(("-o", "out.png", "--scale", "2", "--ratio", "1:1"), "exclude", id="scale-and-ratio"),
        pytest.param(("-o", "out.png", "--engine", "diffusion", "--model", "nonsense"), "nonsense", id="model"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    run: Run, picture: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    where = [str(tmp_path / option) if option.startswith(("out.", "nowhere")) else option for option in options]
    code, told, complaints = run("expand", picture, *where)
    assert (code, told, complaints.count("\n")) == (2, "", 1)
    assert words in complaints
    assert [path.name for path in tmp_path.iterdir()] == ["cat.png"]


# errors that prevent Kuotu from starting


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        pytest.param({"queue_url": "nope"}, "KUOTU_QUEUE_URL=local", id="queue"),
        pytest.param({"database_url": "nope"}, "'nope' is not a database URL", id="database-nonsense"),
        pytest.param({"database_url": "postgresql+psycopg://me:geheim@h:x/kuotu"}, "h:x/kuotu", id="database-port"),
        pytest.param({"database_url": "mysql://me:geheim@h/kuotu"}, "postgresql+psycopg", id="database-driver"),
        pytest.param({"database_url": "sqlite+aiosqlite:////proc/kuotu.db"}, "/proc/kuotu.db", id="database-read-only"),
        pytest.param({"blobs_url": "ftp://me:geheim@h/x"}, "s3://bucket/prefix", id="blobs"),
        pytest.param({"blobs_url": "s3://?secret_access_key=geheim"}, "s3://bucket/prefix", id="blobs-bucket"),
        pytest.param({"telegram_api": "http://127.0.0.1:9", "telegram_token": "1:a"}, "KUOTU_TELEGRAM_API", id="api"),
    ],
)
async def test_a_setting_that_cannot_work_is_one_sentence(tmp_path: Path, knobs: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotRun) as problem:
        async with running(settings_in(tmp_path, **knobs), work=False):
            pass
    assert words in str(problem.value)
    assert "\n" not in str(problem.value)
    assert "geheim" not in str(problem.value)


@pytest.mark.parametrize("port", [0, 8080])
async def test_a_wrong_address_is_told_before_anything_is_opened(tmp_path: Path, port: int) -> None:
    with pytest.raises(CannotRun, match=r"KUOTU_HOST=192\.0\.2\.1 is no address of this machine"):
        async with running(settings_in(tmp_path, host="192.0.2.1", port=port)):
            pass
    assert not (tmp_path / "kuotu.db").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_port_is_free_at_an_address_and_at_a_name(host: str) -> None:
    port = free_port(host)
    assert free_port(host, port) == port > 0
    with socket.create_server(("0.0.0.0", port)), pytest.raises(CannotRun, match="set KUOTU_PORT to a free port"):
        free_port(host, port)


async def test_a_token_that_telegram_does_not_know_is_one_sentence(tmp_path: Path, kuotu: Kuotu) -> None:
    wrong = settings_in(tmp_path, telegram_token="7000000001:not-this-one", telegram_api=kuotu.address)
    with pytest.raises(CannotRun, match="does not know this token") as problem:
        async with running(wrong, work=False):
            pass
    assert "not-this-one" not in str(problem.value)


async def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        pytest.raises(CannotRun, match="set KUOTU_PORT to a free port"),
    ):
        async with running(settings_in(tmp_path, port=server.getsockname()[1])):
            pass


async def test_two_programs_do_not_share_a_folder(tmp_path: Path) -> None:
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        claim_folder(tmp_path, first)
        with pytest.raises(CannotRun, match="another Kuotu uses the folder"):
            claim_folder(tmp_path, second)


@pytest.mark.parametrize("place", ["a-file/data", "/proc/kuotu"])
async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").touch()
    async with AsyncExitStack() as stack:
        with pytest.raises(CannotRun, match="set KUOTU_DATA_DIR to a folder that can be written"):
            claim_folder(tmp_path / place, stack)


@pytest.mark.parametrize(
    ("command", "knobs", "code", "words"),
    [
        pytest.param("run", {"DATABASE_URL": "nope"}, 1, "is not a database URL", id="run"),
        pytest.param("worker", {"PORT": "http"}, 78, "KUOTU_PORT='http'", id="worker"),
        pytest.param("run", {"PRUT": "9000"}, 78, "did you mean KUOTU_PORT?", id="misspelt"),
        pytest.param("run", {"HOST": "192.0.2.1"}, 1, "set KUOTU_HOST to one, such as 127.0.0.1", id="host-of-another"),
        pytest.param("run", {"HOST": "192.0.2.1", "PORT": "0"}, 1, "set KUOTU_HOST to one", id="host-any-port"),
        pytest.param("pull", {"MODEL": "sdxl"}, 1, "connection to the hub failed", id="pull-without-a-network"),
    ],
)
def test_the_program_ends_with_one_line(
    tmp_path: Path, command: str, knobs: dict[str, str], code: int, words: str
) -> None:
    environment = {f"KUOTU_{name}": value for name, value in knobs.items()} | {"KUOTU_DATA_DIR": str(tmp_path)}
    environment |= {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_CACHE": str(tmp_path)}
    program = (sys.executable, "-m", "bot", command)
    here = os.environ | environment
    ended = subprocess.run(program, cwd=tmp_path, env=here, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr


@pytest.mark.parametrize("number", [errno.EACCES, errno.EADDRINUSE])
def test_a_port_that_is_not_ours_is_told_as_a_port(number: int) -> None:
    assert "set KUOTU_PORT to a" in cannot_listen("127.0.0.1", 80, OSError(number, os.strerror(number)))


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), OSError(errno.EADDRNOTAVAIL, "not ours")])
def test_a_host_that_is_not_ours_is_told_as_a_host(error: OSError) -> None:
    told = cannot_listen("nowhere.example", 8080, error)
    assert told.startswith("KUOTU_HOST=nowhere.example is no address of this machine")
    assert "KUOTU_PORT" not in told


@pytest.mark.parametrize(
    ("host", "part"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("box", "box")]
)
def test_where_a_host_is_reached(host: str, part: str) -> None:
    assert reachable(host) == part


def test_an_unknown_setting_without_a_likely_meaning_is_a_word_on_the_way(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUOTU_SERVICE_HOST", "10.0.0.1")
    code, _, complaints = run("pull", "--safety")
    assert (code, complaints) == (0, "kuotu: KUOTU_SERVICE_HOST is no setting of Kuotu; the README lists them\n")


def test_a_file_beside_the_program_is_read(run: Run) -> None:
    Path(".env").write_text("KUOTU_SAFETY=none\n", "utf-8")
    assert run("pull", "--safety") == (0, "KUOTU_SAFETY=none needs no download\n", "")


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version(run: Run, option: str) -> None:
    assert run(option) == (0, f"kuotu {version('kuotu')}\n", "")


@pytest.mark.parametrize("words", [["-h"], ["expand", "-h"]])
def test_help_is_short_for_help(run: Run, words: list[str]) -> None:
    assert run(*words) == run(*[word.replace("-h", "--help") for word in words])
    assert "Usage: " in run(*words)[1]


# downloads and measurements


def test_a_model_that_nobody_knows_is_one_line(run: Run) -> None:
    code, told, complaints = run("pull", "nonsense")
    assert (code, told, complaints.count("\n")) == (1, "", 1)
    assert "sdxl" in complaints


def test_what_ships_needs_no_download(run: Run) -> None:
    classifier, guesser = (
        f"KUOTU_{words} needs no download\n" for words in ("SAFETY=mobilenet", "SURPRISE=statistics")
    )
    assert run("pull", "--safety") == (0, classifier, "")
    assert run("pull", "--surprise") == (0, guesser, "")
    assert run("pull", "--safety", "--surprise") == (0, classifier + guesser, "")


def test_a_clip_in_a_folder_is_here_already(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUOTU_SURPRISE", str(tmp_path))
    code, told, _ = run("pull", "--surprise")
    assert code == 0
    assert told.startswith(f"{tmp_path}: sees what pictures are about")
    assert told.endswith(f"{tmp_path} is here; KUOTU_SURPRISE={tmp_path} uses it\n")


@pytest.fixture
def benches(tmp_path: Path) -> Path:
    folder = tmp_path / "benches"
    folder.mkdir()
    (folder / "good.py").write_text('"""A good one. More."""\ndef main(): print("measured")\nmain()\n')
    (folder / "broken.py").write_text('"""Broken."""\ndef main(): raise SystemExit(3)\nmain()\n')
    (folder / "parts.py").write_text('"""Not a benchmark."""\ndef helper(): pass\n')
    return folder


def test_benchmarks_run_one_after_another_and_failures_are_told(
    benches: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert measure([], benches) == 1
    told = capfd.readouterr().out
    assert told.index("broken") < told.index("A good one") < told.index("measured") < told.index("failed: broken")
    assert "parts" not in told


def test_benchmarks_are_chosen_by_name(benches: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert measure(["good"], benches) == 0
    assert "broken" not in capfd.readouterr().out
    with pytest.raises(Refused, match="no benchmark parts; there are broken, good"):
        measure(["parts"], benches)


def test_every_file_of_benchmarks_is_one_or_serves_one() -> None:
    found = benchmarks(FOLDER)
    told = [(FOLDER / f"{name}.py").read_text("utf-8") for name in found]
    others = {path.stem for path in FOLDER.glob("*.py")} - set(found)
    assert [name for name in others if not any(f"benchmarks.{name} import" in text for text in told)] == []


def test_without_a_checkout_bench_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="in the checkout"):
        benchmarks(tmp_path)
