"""`make lint` audits the dependencies if the advisories can be reached, and otherwise says that it did not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from scripts import audit


@contextmanager
def index(answer: object) -> Iterator[str]:
    """A package index that gives the same answer to every request."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_index_with_advisories_is_asked() -> None:
    with index({"info": {}, "vulnerabilities": []}) as source:
        assert audit.answers(source)


@pytest.mark.parametrize("answer", [{"info": {}}, "no object"], ids=["mirror", "nonsense"])
def test_an_index_without_advisories_is_none(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    with index(answer) as source:
        assert audit.main(source) == 0
    assert capsys.readouterr().err.endswith("so the dependencies are NOT AUDITED\n")


def test_an_index_that_never_answers_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert audit.main(f"http://127.0.0.1:{silent.getsockname()[1]}", patience=0.2) == 0
    assert capsys.readouterr().err.count("\n") == 1
