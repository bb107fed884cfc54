"""`kuotu backup` and `kuotu restore` move an installation into an empty folder, while it runs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.bootstrap import Kuotu, running
from bot.cli.backup import back_up_into, restore_from
from bot.errors import CannotRun
from bot.keys import key_file
from bot.playground import Person
from inference.image.mosaic import Mosaic
from storage.models import Expansion
from tests.support.command import Run
from tests.support.scenes import expansion_of, result_in
from tests.support.settings import settings_in


async def pictures(kuotu: Kuotu, expansion_id: int) -> tuple[Expansion, bytes, Mosaic]:
    """Return an expansion, the JPEG that chats see, and the pieces of its master."""
    found = await kuotu.services.store.expansion(expansion_id)
    assert found is not None
    assert found.result is not None
    return found, await kuotu.services.picture(found), (await kuotu.services.pictures.of(found.result)).mosaic


async def test_a_running_kuotu_is_backed_up_and_starts_in_another_folder(
    fresh: Kuotu, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there, file = settings_in(tmp_path / "data"), settings_in(tmp_path / "restored"), tmp_path / "kuotu.zip"
    async with Person(fresh.address, 1, name="Ann", language="en") as ann:
        number = expansion_of(await result_in(ann))
        await back_up_into(file, here)
        await result_in(ann)  # it goes on
    told = capsys.readouterr().out
    assert f"{file}: " in told
    assert " rows, 9 pictures and 1 keys" in told
    with pytest.raises(CannotRun, match="another Kuotu uses the folder"):
        await restore_from(file, here)
    await restore_from(file, there)
    assert key_file(there).read_bytes() == key_file(here).read_bytes()
    assert stat.S_IMODE(key_file(there).stat().st_mode) == 0o600
    async with running(there) as again:
        (was, preview, master), (now, *same) = await pictures(fresh, number), await pictures(again, number)
        assert (now.seed, now.finished_at, now.recipe) == (was.seed, was.finished_at, was.recipe)
        assert same == [preview, master]
        assert await again.services.store.expansion(number + 1) is None
    with pytest.raises(CannotRun, match="restore into an empty one"):
        await restore_from(file, there)


def test_what_cannot_be_backed_up_or_restored_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUOTU_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "kuotu.zip"
    code, told, complaint = run("backup", file)
    assert (code, told) == (1, "")
    assert complaint.startswith(
        f"kuotu: there is no {tmp_path / 'data' / 'kuotu.db'}, so there is nothing to back up; "
    )
    assert list(tmp_path.iterdir()) == []  # not even an empty installation
    nowhere = tmp_path / "nowhere" / "kuotu.zip"
    assert run("backup", nowhere) == (2, "", f"kuotu: {nowhere.parent}: there is no such folder\n")
    assert run("restore", file) == (2, "", f"kuotu: {file}: No such file or directory\n")
    file.write_text("hello", "utf-8")
    code, told, complaint = run("restore", file)
    assert (code, complaint.count("\n")) == (2, 1)
    assert complaint.startswith(f"kuotu: {file}: it is no backup of Kuotu, or not a whole one")
    code, told, complaint = run("backup", file)
    assert (code, complaint) == (2, f"kuotu: {file}: exists already; a backup replaces no file\n")
    monkeypatch.setenv("KUOTU_BLOBS_URL", "memory://")
    assert "cannot be backed up" in run("backup", tmp_path / "other.zip")[2]
