"""What a setting names: a model, and options after a question mark, as in `sdxl?memory=fp8&batch=2`."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from inference.engine import EngineUnavailable

Named = TypeVar("Named", bound=BaseModel)


def named(kind: type[Named], setting: str, text: str, example: str, default: str = "") -> Named:
    """Read what a setting says into a value of `kind`, which has a field `model`. `example` shows options.

    Raises EngineUnavailable naming the option that is wrong.
    """
    model, _, query = text.partition("?")
    try:
        return kind.model_validate({"model": model or default, **dict(parse_qsl(query, strict_parsing=bool(query)))})
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(name for name in kind.model_fields if name != "model")
        wrong = f"option {first['loc'][0]}: {first['msg']} (the options are {known})"
        raise EngineUnavailable(f"{setting}={text}: {wrong}") from None
    except ValueError:
        raise EngineUnavailable(f"{setting}={text}: options are written {example}") from None
