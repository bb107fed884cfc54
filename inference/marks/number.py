"""The number of an expansion: 64 bits that depend on the request and on the installation's secret.

The same request on the same installation has the same number, so its pixels stay the same with a watermark in them.
"""

from __future__ import annotations

import hmac
from dataclasses import astuple
from hashlib import sha256
from typing import Final

from inference.engine import Request

BITS: Final = 64


def number_of(secret: bytes, photo: str, request: Request, maker: str) -> str:
    """Return the number in 16 hexadecimal digits.

    `photo` is the hash of the photo's pixels, and `maker` names what makes the picture: an engine and its model.
    """
    asked = (photo, *astuple(request.margins), request.style, request.seed, request.prompt, maker)
    text = "\n".join(map(str, asked))
    return hmac.new(secret, text.encode(), sha256).hexdigest()[: BITS // 4]
