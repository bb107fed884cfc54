"""The labels that every reader of metadata finds: IPTC's digital source type, and the label of China's GB 45438-2025.

Both stand in one XMP packet, which goes into PNG (iTXt), JPEG (APP1) and WebP (an `XMP ` chunk).
Sources: IPTC Photo Metadata Standard 2025.1; TC260, «AI-generated content: metadata implicit labels», 2025.
"""

from __future__ import annotations

import json
import zlib
from struct import pack, unpack
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from inference.marks.origin import Origin

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_APP1: Final = b"http://ns.adobe.com/xap/1.0/\0"
_TEXT: Final = b"XML:com.adobe.xmp\0\0\0\0\0"  # keyword, uncompressed, no language, no translation
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10  # of a WebP header
_PACKET: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" Iptc4xmpExt:DigitalSourceType={nature}>
<TC260:AIGC>{aigc}</TC260:AIGC>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def labelled(data: bytes, origin: Origin, producer: str) -> bytes:
    """Return the file with its labels. A file of another format, such as a film, is returned unchanged."""
    packet = xmp(origin, producer).encode()
    if data.startswith(_PNG):
        return _in_png(data, packet)
    if data.startswith(_JPEG):
        return _in_jpeg(data, packet)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _in_webp(data, packet)
    return data


def xmp(origin: Origin, producer: str) -> str:
    """Return the XMP packet."""
    aigc = json.dumps(
        {
            "Label": "1",  # it is generated; 2 and 3 are for what a propagator suspects
            "ContentProducer": producer,
            "ProduceID": origin.number,
            "ReservedCode1": "",
            "ContentPropagator": producer,
            "PropagateID": origin.number,
            "ReservedCode2": "",
        },
        ensure_ascii=False,
    )
    return _PACKET.format(nature=quoteattr(str(origin.nature)), aigc=escape(aigc))


def _in_png(data: bytes, packet: bytes) -> bytes:
    head = len(_PNG) + 12 + int.from_bytes(data[8:12])  # IHDR comes first
    body = _TEXT + packet
    chunk = pack(">I4s", len(body), b"iTXt") + body + pack(">I", zlib.crc32(b"iTXt" + body))
    return data[:head] + chunk + data[head:]


def _in_jpeg(data: bytes, packet: bytes) -> bytes:
    head = 2
    if data[2:4] == b"\xff\xe0":  # JFIF wants to come first
        head = 4 + int.from_bytes(data[4:6])
    body = _APP1 + packet
    return data[:head] + b"\xff\xe1" + pack(">H", 2 + len(body)) + body + data[head:]


def _in_webp(data: bytes, packet: bytes) -> bytes:
    """Add the chunk, and the extended header that announces it (RFC 9649, section 2.7)."""
    body = data[12:]
    if body[:4] == b"VP8X":
        flags, size, rest = body[8] | _XMP_FLAG, body[12:18], body[18:]
    else:
        width, height, flags = _webp_header(body)
        size, rest = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"), body
        flags |= _XMP_FLAG
    header = b"VP8X" + pack("<IB3x", 10, flags) + size
    whole = header + rest + b"XMP " + pack("<I", len(packet)) + packet + b"\0" * (len(packet) % 2)
    return b"RIFF" + pack("<I", 4 + len(whole)) + b"WEBP" + whole


def _webp_header(body: bytes) -> tuple[int, int, int]:
    """Return width, height and flags of a simple file, lossless (VP8L) or lossy (VP8)."""
    if body[:4] == b"VP8L":
        bits = int.from_bytes(body[9:13], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _ALPHA_FLAG if bits >> 28 & 1 else 0
    width, height = unpack("<HH", body[14:18])
    return width & 0x3FFF, height & 0x3FFF, 0
