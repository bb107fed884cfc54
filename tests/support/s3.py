"""A local S3 server as a fixture; tests/conftest.py imports it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a bucket on a local S3 server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    urlopen(Request(f"{address}/kuotu", method="PUT")).close()
    yield f"s3://kuotu/pictures?endpoint={address}&region=us-east-1&access_key_id=k&secret_access_key=s"
    server.stop()
