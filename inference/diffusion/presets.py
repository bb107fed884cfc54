"""Reads what is known about each model from `presets.toml` and from an operator's own file of the same format."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from inference.diffusion.likeness import FOREIGN
from inference.diffusion.offload import Mode
from inference.engine import EngineUnavailable, Reads, Style
from inference.hub.repository import MAIN, Fact, Repository

SHIPPED: Final = Path(__file__).with_name("presets.toml")
DEFAULT: Final = "sdxl"
CAPTIONER: Final = Repository(
    repo="florence-community/Florence-2-base",
    revision="00921df66db728a9ceb750f5eca43e5c203a2051",
    stated="ten public projects name it, one with the size and the SHA-256 of its weights",
)


class Kind(StrEnum):
    """The way a pipeline learns where to paint."""

    MASK = "mask"
    CONTROL = "control"
    CONTROL_MASK = "control and mask"
    MASK_CONTROL = "mask and control"
    EDIT = "edit"


class Fill(StrEnum):
    """The init image's content in the new part."""

    PATCHMATCH = "patchmatch"
    BLACK = "black"
    GRAY = "gray"
    GREEN = "green"


class Part(Repository):
    """A model that is loaded separately and passed to the pipeline."""

    kind: str = Field(alias="class")
    weights: str = ""  # the name of a single file that holds the model; empty: diffusers' layout
    config: Mapping[str, Any] = {}  # the architecture of a single file, which does not name it


class Lora(Repository):
    """LoRA weights that are loaded into a pipeline."""

    weights: str = ""  # the file's name; empty: the repository's only file
    scale: float = 1.0


class Manner(Fact):
    """What a style changes in a preset; None keeps the preset's value."""

    guidance: float | None = None
    negative: str = ""
    lora: float | None = None  # scale


class Preset(Repository):
    """How a model is loaded and called to outpaint. The top of `presets.toml` explains the fields."""

    title: str
    pipeline: str = Field(alias="class")
    serves: tuple[str, ...] = ()  # other pipeline classes that this preset can run
    kind: Kind
    parts: Mapping[str, Part] = {}
    lora: Lora | None = None
    skip: tuple[str, ...] = ()  # components that are not loaded
    quantized: tuple[str, ...] = ()  # components loaded in 4 bits (nf4)
    dtype: str = "bfloat16"
    licence: str
    permits: str
    commercial: bool = True
    gated: bool = False
    disk: float  # approximate download size in GB
    budget: Annotated[int, Field(ge=64 * 64)]
    multiple: Annotated[int, Field(ge=8)] = 32
    grid: Annotated[int, Field(ge=1)] = 8
    overlap: Annotated[int, Field(ge=0)] = 0
    fill: Fill
    registers: bool = False
    foreign: float = FOREIGN
    steps: Annotated[int, Field(ge=1)]
    guidance: float
    guided_by: str = "guidance_scale"  # the name of the pipeline's argument
    guided: Annotated[float, Field(gt=0, le=1)] = 1.0
    reads: Reads = Reads.ENGLISH
    scheduler: str = ""  # empty: the repository's own scheduler
    scheduler_options: Mapping[str, Any] = {}
    prompt: str
    captions: bool = False  # whether the prompt names the photo's scenery, which `captioner` finds
    captioner: Repository = CAPTIONER
    call: Mapping[str, Any] = {}
    memory: Annotated[Mapping[Mode, float], Field(min_length=1)]
    styles: Mapping[Style, Manner] = {}

    @property
    def repositories(self) -> list[Repository]:
        """Return all repositories to download; the pipeline's own is the first."""
        captioner = [self.captioner] if self.captions else []
        return [self, *self.parts.values(), *([self.lora] if self.lora else []), *captioner]

    @property
    def together(self) -> bool:
        """Whether several pictures can share a call without affecting each other.

        An edit pipeline takes a list of images for references of one result. Qwen-Image's pads the prompts of a call to
        the longest one, which moves the positions of the image's tokens.
        """
        return self.kind in (Kind.MASK, Kind.CONTROL, Kind.MASK_CONTROL)

    def of(self, model: str) -> Preset:
        """Return this preset for another model: a hub id at its newest commit, or a folder."""
        return self.model_copy(update={"repo": model, "revision": MAIN, "stated": "", "title": model})

    def manner(self, style: Style) -> Manner:
        """Return the changes of a style, which are empty by default."""
        return self.styles.get(style, Manner())


@cache
def shipped() -> Mapping[str, Preset]:
    """Return the shipped presets by name."""
    return _validated(_read(SHIPPED), SHIPPED)


def load_presets(own: Path | None = None) -> Mapping[str, Preset]:
    """Return the shipped presets and an operator's own, which may extend others with `like`.

    Raises EngineUnavailable, which names the invalid entry.
    """
    if own is None:
        return shipped()
    try:
        tables = _read(own)
    except FileNotFoundError:
        raise EngineUnavailable(f"there is no presets file {own}") from None
    except tomllib.TOMLDecodeError as error:
        raise EngineUnavailable(f"{own} is not TOML: {error}") from None
    return _validated(_read(SHIPPED) | tables, own)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text("utf-8"))


def _validated(tables: dict[str, dict[str, Any]], path: Path) -> Mapping[str, Preset]:
    presets = {}
    for name in tables:
        try:
            presets[name] = Preset.model_validate(_whole(name, tables))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, (name, *first["loc"])))
            raise EngineUnavailable(f"{path}: {place}: {first['msg']}") from None
        except KeyError as error:
            raise EngineUnavailable(f"{path}: [{name}] is like {error}, which is not a preset") from None
        except RecursionError:
            raise EngineUnavailable(f"{path}: [{name}] is like itself") from None
    return presets


def _whole(name: str, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    table = dict(tables[name])
    like = table.pop("like", None)
    return merged(_whole(like, tables), table) if like else table


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge tables recursively, except scheduler options, because one scheduler does not understand another's.

    Another repository does not inherit the revision, which names a commit of the first one.
    """
    if over.get("repo", under.get("repo")) != under.get("repo"):
        under = {key: value for key, value in under.items() if key not in ("revision", "stated")}
    whole = under | over
    for key in under.keys() & over.keys() - {"scheduler_options", "memory"}:
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            whole[key] = merged(under[key], over[key])
    return whole
