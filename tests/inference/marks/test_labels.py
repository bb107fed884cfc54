"""Labels in XMP: IPTC's source type and China's AIGC element, in every format of pictures."""

from __future__ import annotations

import json
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from inference.marks.labels import labelled
from tests.support.marks import FORMATS, NUMBER, ORIGIN, decoded, encoded, noise

AIGC = "{http://www.tc260.org.cn/ns/AIGC/1.0/}AIGC"
SOURCE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


@pytest.mark.parametrize("size", [(160, 120), (161, 119)])
@pytest.mark.parametrize("kind", FORMATS)
def test_the_labels_stand_in_the_file_and_the_pixels_stay(kind: str, size: tuple[int, int]) -> None:
    plain = encoded(noise(*size), kind)
    file = labelled(plain, ORIGIN, "扩图 <A&B>")
    assert np.array_equal(decoded(file), decoded(plain))
    assert Image.open(BytesIO(file)).size == size
    packet = Image.open(BytesIO(file)).info["xmp"]
    tree = ElementTree.fromstring(packet)
    (aigc,) = tree.iter(AIGC)
    fields = json.loads(aigc.text or "")
    assert list(fields) == [
        "Label",
        "ContentProducer",
        "ProduceID",
        "ReservedCode1",
        "ContentPropagator",
        "PropagateID",
        "ReservedCode2",
    ]
    assert (fields["Label"], fields["ContentProducer"], fields["ProduceID"]) == ("1", "扩图 <A&B>", NUMBER)
    (source,) = {element.attrib[SOURCE] for element in tree.iter() if SOURCE in element.attrib}
    assert source.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_an_extended_webp_keeps_what_it_had() -> None:
    file, out = labelled(encoded(noise(), "webp"), ORIGIN, "Kuotu"), BytesIO()
    Image.open(BytesIO(file)).save(out, "WEBP", lossless=True, icc_profile=b"profile of a screen")
    again = Image.open(BytesIO(labelled(out.getvalue(), ORIGIN, "Kuotu")))
    assert again.info["icc_profile"] == b"profile of a screen"
    assert b"TC260" in again.info["xmp"]


def test_a_file_of_another_format_stays_as_it_is() -> None:
    assert labelled(b"\0\0\0\x20ftypisom", ORIGIN, "Kuotu") == b"\0\0\0\x20ftypisom"
