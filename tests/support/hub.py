"""A model hub on 127.0.0.1 that serves a folder by the routes of the Hugging Face hub which downloads use."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0de"


class Hub:
    """Serves `folder`/org/name as the repository org/name; every file but JSON is served as a large (LFS) file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gated: set[str] = set()  # repositories that answer only to the token
        self.older: set[str] = set()  # commits that every repository has besides COMMIT, which main is at
        self.token = "hf_accepted"
        self.asked: list[tuple[str, str, str]] = []  # method, path, range
        self.address = ""

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield self
        server.shutdown()
        server.server_close()
        thread.join()

    def fetched(self) -> set[str]:
        """Return the names of the files whose content was requested."""
        return {path.rsplit("/", 1)[-1] for method, path, _ in self.asked if method == "GET" and "/resolve/" in path}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *given: object) -> None:
        self.hub = hub
        super().__init__(*given)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_words: object) -> None:
        pass

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        parts = path.strip("/").split("/")
        repo = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        if not (self.hub.folder / repo).is_dir():
            return self._refuse(404, "RepoNotFound")
        if parts[0] != "api":
            return self._file(repo, parts[3], "/".join(parts[4:]))
        if parts[4] == "revision":
            return self._revision(repo, parts[5])
        return self._json([self._entry(path) for path in self._files(repo)])

    def _revision(self, repo: str, revision: str) -> None:
        if revision not in {"main", COMMIT, *self.hub.older}:
            return self._refuse(404, "RevisionNotFound")
        commit = COMMIT if revision == "main" else revision
        return self._json({"id": repo, "sha": commit, "siblings": [], "tags": []})

    def _files(self, repo: str) -> list[Path]:
        return sorted(path for path in (self.hub.folder / repo).rglob("*") if path.is_file())

    def _entry(self, path: Path) -> dict[str, object]:
        content = path.read_bytes()
        name = "/".join(path.relative_to(self.hub.folder).parts[2:])
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": _oid(path)}
        if path.suffix != ".json":
            entry["lfs"] = {"oid": _etag(path), "size": len(content), "pointerSize": 134}
        return entry

    def _file(self, repo: str, revision: str, name: str) -> None:
        if repo in self.hub.gated and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            return self._refuse(403, "GatedRepo")
        path = self.hub.folder / repo / name
        if not path.is_file():
            return self._refuse(404, "EntryNotFound")
        content, start = path.read_bytes(), 0
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", f'"{_etag(path)}"')
        self.send_header("X-Repo-Commit", COMMIT if revision == "main" else revision)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:])
        return None

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _etag(path: Path) -> str:
    return _oid(path) if path.suffix == ".json" else hashlib.sha256(path.read_bytes()).hexdigest()


def _oid(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
