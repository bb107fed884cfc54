"""The README agrees with the program: settings, commands, dependencies, pictures and licences of shipped data."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr
from typer.main import get_command

from bot.__main__ import cli
from bot.settings import Settings
from tests.support.photos import ROOT

READMES = ("README.md", "README.zh.md")
OURS = {".py", ".md", ".toml", ".po", ".js", ".css", ".html", ".mako", ".txt", ".json"}  # text, written here
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))
PACKAGES = ("bot", "inference", "storage", "tests", "docs")

both = pytest.mark.parametrize("name", READMES)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows(name: str, first: str) -> list[list[str]]:
    """Return the cells of the table rows whose first cell matches."""
    lines = [line for line in text(name).splitlines() if re.match(rf"\| {first} \|", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def shown(default: object) -> str:
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, (int, float)) else f"`{value}`"


def settings_of(name: str) -> list[tuple[str, str]]:
    pattern = re.compile(r"^\| `(KUOTU_\w+)` \|(?: (`[^`]*`))? \| .+ \|$", re.MULTILINE)
    return pattern.findall(text(name))


@both
def test_every_setting_stands_with_its_default(name: str) -> None:
    fields = Settings.model_fields.items()
    assert settings_of(name) == [(f"KUOTU_{field.upper()}", shown(info.default)) for field, info in fields]


def test_every_setting_stands_with_its_meaning() -> None:
    readme = text("README.md")
    assert [
        info.description for info in Settings.model_fields.values() if f"| {info.description} |" not in readme
    ] == []


@both
def test_every_command_is_told_and_no_other(name: str) -> None:
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    assert {cells[0].strip("`") for cells in rows(name, r"`[a-z]+`")} == set(commands)


@both
def test_every_option_of_expand_is_told(name: str) -> None:
    expand = get_command(cli).commands["expand"]  # type: ignore[attr-defined]
    told = next(cells[1] for cells in rows(name, "`expand`"))
    options = {min(parameter.opts, key=len) for parameter in expand.params if parameter.opts[0].startswith("-")}
    assert {option for option in options if option not in told} == set()


def test_every_dependency_has_its_reason_and_every_reason_a_dependency() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    asked = {"": project["dependencies"], **project["optional-dependencies"]}
    needed = {(extra, _name(requirement)) for extra, requirements in asked.items() for requirement in requirements}
    section = text("README.md").partition("## Dependencies")[2].partition("| --- | --- |")[2]
    lines = re.findall(r"^\| (?:\*(\w+)\*: )?([a-z0-9, -]+) \| .{5,} \|$", section, re.MULTILINE)
    told = {(extra, library) for extra, libraries in lines for library in libraries.split(", ")}
    assert {library for _, library in needed} - {library for _, library in told} == set()
    assert told - needed == set()


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=~ ]", requirement)[0]


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", *PAGES])
def test_every_link_inside_leads_somewhere(name: str) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text(name))
    assert name not in READMES or len(targets) > 5
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


def test_the_index_of_the_documentation_names_every_page() -> None:
    index = text("docs/README.md")
    assert [page for page in PAGES if page != "docs/README.md" and f"]({Path(page).name})" not in index] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", *PAGES])
def test_every_file_that_a_page_names_is_there(name: str) -> None:
    named = re.findall(r"`((?:bot|inference|storage|tests|scripts|deploy|benchmarks)/[\w./-]+)`", text(name))
    assert [path for path in named if not (ROOT / path).exists()] == []


@both
def test_every_make_target_is_told(name: str) -> None:
    targets = re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE)
    assert [target for target in targets if f"`make {target}`" not in text(name)] == []


@pytest.mark.parametrize("picture_name", ["before-after.jpg", "chat.jpg", "chat.zh.jpg"])
def test_each_picture_is_light_and_sharp(picture_name: str) -> None:
    path = ROOT / "docs" / picture_name
    assert path.stat().st_size < 300_000
    with Image.open(path) as picture:
        assert picture.width >= 1600


def tracked() -> list[str]:
    asked = ("git", "ls-files", "-z", "--", *PACKAGES)
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.split("\0") if name]


def test_whatever_ships_and_is_not_text_of_ours_is_in_the_notices() -> None:
    notices = text("NOTICES.md")
    assets = [name for name in tracked() if Path(name).suffix not in OURS]
    assert len(assets) > 10
    assert [name for name in assets if name not in notices and f"{Path(name).parent}/*" not in notices] == []


def test_what_the_notices_name_is_there() -> None:
    named = re.findall(r"`((?:bot|inference|docs|tests|scripts)/[\w./*-]+)`", text("NOTICES.md"))
    assert len(named) > 5
    assert [name for name in named if not list(ROOT.glob(name))] == []


def test_every_sample_photo_has_author_and_licence() -> None:
    samples = ROOT / "bot" / "playground" / "samples"
    sources = (samples / "SOURCES.md").read_text("utf-8")
    assert [photo.name for photo in samples.glob("*.jpg") if photo.name not in sources] == []


def test_the_guide_for_contributors_shows_the_layers_of_the_contracts() -> None:
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = {one["containers"][0]: " > ".join(one["layers"]) for one in contracts if one["type"] == "layers"}
    shown = {cells[0].strip("`").replace("/", "."): cells[1] for cells in rows("CONTRIBUTING.md", r"`[a-z/]+`")}
    assert layers == shown
