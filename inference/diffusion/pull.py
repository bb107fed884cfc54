"""Downloads a preset's files into the hub's cache: it states the cost first, takes safetensors only, and resumes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import httpx2
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._headers import build_hf_headers

from inference.diffusion.download import GB, Download, File
from inference.diffusion.listings import differences, listings
from inference.diffusion.model_spec import ModelChoice
from inference.diffusion.presets import Preset, load_presets
from inference.diffusion.selection import WEIGHTS, at_the_top, wanted
from inference.engine import EngineUnavailable
from inference.hub.model import HubModel
from inference.hub.repository import MAIN, Repository, cache_of, free_space

Wanted: TypeAlias = Callable[[Iterable[str], Repository], list[str]]
"""Selects the files of a repository that are downloaded."""


class UnknownRevision(EngineUnavailable):
    """The hub has the repository, and not the revision that the preset names."""


class Hub:
    """A Hugging Face hub. The token belongs to an account that has accepted the licences of gated models."""

    def __init__(self, token: str = "", endpoint: str = constants.ENDPOINT) -> None:
        self._token = token or False
        self._endpoint = endpoint
        self._api = HfApi(endpoint=endpoint, token=self._token)

    def plan(self, choice: ModelChoice) -> Download:
        """Return what a choice costs. Raises EngineUnavailable when a repository is unknown, gated or unreachable."""
        name, preset = _preset(choice)
        cache = cache_of(choice.cache)
        remote = [repository for repository in preset.repositories if not Path(repository.repo).expanduser().is_dir()]
        chosen = partial(wanted, preset=preset)
        files = [file for repository in remote for file in self._files(repository, chosen, cache)]
        return Download(name, preset.title, f"{preset.licence}; {preset.permits}", tuple(files), cache)

    def check(self, choice: ModelChoice) -> list[str]:
        """Compare a preset's repositories with their listings without downloading anything.

        Returns a line with each repository's newest commit, and the preset's where it names another one, then the
        differences at the commit that `plan` downloads. Raises as `plan`, but not when the hub lacks a preset's commit.
        """
        _, preset = _preset(choice)
        lines = list[str]()
        for repository in preset.repositories:
            if not Path(repository.repo).expanduser().is_dir():
                newest, _ = self._tree(repository.model_copy(update={"revision": MAIN}))
                lines.append(f"{repository.repo} is at {newest}{_beside(repository, newest)}")
                lines += [f"  {line}" for line in self._differences(repository, preset)]
        return lines

    def _differences(self, repository: Repository, preset: Preset) -> list[str]:
        """Return how a repository differs from its listing at the preset's revision."""
        try:
            commit, entries = self._tree(repository)
        except UnknownRevision as reason:
            return [str(reason)]
        listing = listings().get(repository.repo)
        if listing is None:
            return ["nothing is known of it here"]
        config = self._config(repository, commit) if listing.config else {}
        return list(differences(listing, wanted(entries, repository, preset), config)) or ["as expected"]

    def _config(self, repository: Repository, commit: str) -> dict[str, Any]:
        """Return a model's own config.json."""
        url = hf_hub_url(repository.repo, "config.json", revision=commit, endpoint=self._endpoint)
        content = BytesIO()
        try:
            http_get(url, content, headers=build_hf_headers(token=self._token))
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            raise _said(error, repository.repo) from error
        return dict(json.loads(content.getvalue()))

    def plan_beside(self, model: HubModel) -> Download:
        """Find out what a secondary model costs. Raises EngineUnavailable as `plan` does."""
        name, cache = model.model, cache_of(model.cache)
        remote = not Path(name).expanduser().is_dir()
        files = list(self._files(model.repository, at_the_top, cache)) if remote else []
        if remote and not any(file.name.endswith(".safetensors") for file in files):
            raise EngineUnavailable(
                f"{name} has no {WEIGHTS} at {model.revision}, and Kuotu loads no pickles; name another model, or "
                f"one of its revisions that has it: '{name}?revision=…'"
            )
        terms = f"read it at {self._endpoint}/{name} before you use it"
        return Download(name, model.purpose, terms, tuple(files), cache)

    def pull(self, download: Download) -> None:
        """Download the missing files and show each file's progress on stderr.

        A second call resumes an interrupted one.
        """
        missing, free = sum(file.missing for file in download.files), free_space(download.cache)
        if missing > free:
            raise EngineUnavailable(
                f"{missing / GB:.1f} GB are needed and {free / GB:.1f} GB are free in {download.cache}"
            )
        for file in download.files:
            if file.name.endswith(".safetensors") and not file.blob.exists():
                self._fetch(file)
        for repository in dict.fromkeys(file.repository.repo for file in download.files):
            own = [file for file in download.files if file.repository.repo == repository]
            self._link(own, download.cache)

    def _files(self, repository: Repository, wanted: Wanted, cache: Path) -> Iterable[File]:
        commit, sizes = self._tree(repository)
        blobs = cache / repo_folder_name(repo_id=repository.repo, repo_type="model") / "blobs"
        for name in wanted(sizes, repository):
            entry = sizes[name]
            etag = entry.lfs.sha256 if entry.lfs else entry.blob_id
            yield File(repository, commit, name, entry.lfs.size if entry.lfs else entry.size, blobs / etag)

    def _tree(self, repository: Repository) -> tuple[str, dict[str, RepoFile]]:
        """Return a repository's commit and its files by name."""
        try:
            info = self._api.repo_info(repository.repo, revision=repository.revision)
            tree = self._api.list_repo_tree(repository.repo, recursive=True, revision=str(info.sha))
            return str(info.sha), {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            raise _said(error, repository.repo) from error

    def _fetch(self, file: File) -> None:
        """Download one file, resuming it.

        The hub library would restart an interrupted file, but weights are too large.
        """
        url = hf_hub_url(file.repository.repo, file.name, revision=file.commit, endpoint=self._endpoint)
        file.blob.parent.mkdir(parents=True, exist_ok=True)
        headers = build_hf_headers(token=self._token)
        try:
            location = get_hf_file_metadata(url, token=self._token, endpoint=self._endpoint).location
            with file.part.open("ab") as sink:
                http_get(
                    location,
                    sink,
                    resume_size=sink.tell(),
                    headers=headers if location == url else None,
                    expected_size=file.size,
                    displayed_filename=file.name,
                )
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            raise _said(error, file.repository.repo) from error
        _verify(file)
        file.part.replace(file.blob)

    def _link(self, files: list[File], cache: Path) -> None:
        """Register downloaded blobs in the hub's cache, as a snapshot of the commit."""
        try:
            snapshot_download(
                files[0].repository.repo,
                revision=files[0].repository.revision,
                allow_patterns=[file.name for file in files],
                cache_dir=cache,
                token=self._token,
                endpoint=self._endpoint,
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError) as error:
            raise _said(error, files[0].repository.repo) from error


def _preset(choice: ModelChoice) -> tuple[str, Preset]:
    """Return the name and preset of a choice, which need not be downloaded yet."""
    presets = load_presets(choice.presets)
    if choice.model in presets:
        return choice.model, presets[choice.model]
    if choice.like not in presets:
        raise EngineUnavailable(
            f"{choice.model} is not a preset ({', '.join(presets)}); for another model of the hub say which one it is "
            f"like: '{choice.model}?like=sdxl'"
        )
    return choice.model, presets[choice.like].of(choice.model)


def _beside(repository: Repository, newest: str) -> str:
    """Return what to say of the preset's revision next to the newest commit."""
    if repository.revision == MAIN:
        return ", and the preset names no commit"
    return "" if repository.revision == newest else f", and the preset names {repository.revision}"


def _verify(file: File) -> None:
    """Check a file against its SHA-256, which is the name of a large file's blob."""
    if len(file.blob.name) != 64:
        return
    with file.part.open("rb") as source:
        found = hashlib.file_digest(source, "sha256").hexdigest()
    if found != file.blob.name:
        file.part.unlink()
        raise EngineUnavailable(f"{file.repository.repo}/{file.name} arrived damaged; run the same command again")


def _said(error: Exception, repo: str) -> EngineUnavailable:
    """Return the hub's refusal as one sentence with the remedy."""
    if isinstance(error, GatedRepoError):
        return EngineUnavailable(
            f"{repo} is gated: accept its licence at https://huggingface.co/{repo}, then set KUOTU_HUB_TOKEN to a "
            "token of the account that did"
        )
    if isinstance(error, RevisionNotFoundError):
        return UnknownRevision(
            f"the hub has {repo}, and not the revision that is asked for; in a preset of your own, "
            f'revision = "{MAIN}" takes the newest one'
        )
    if isinstance(error, RepositoryNotFoundError):
        return EngineUnavailable(f"the hub knows no {repo}, or shows it only with another KUOTU_HUB_TOKEN")
    if isinstance(error, HfHubHTTPError):
        return EngineUnavailable(f"the hub answered {error.response.status_code} for {repo}; try again later")
    return EngineUnavailable(f"the connection to the hub failed ({error}); run the same command again to go on")
