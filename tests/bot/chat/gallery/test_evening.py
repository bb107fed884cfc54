"""A long session of five people in a group, checked against every database row."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from bot.bootstrap import Kuotu
from bot.jobs.retention import Keeper
from bot.playground import Message, Person
from inference.marks.manifest import State, read
from storage import models
from storage.database import open_database, transactions
from storage.models import Act, AuditEntry, Base, Feeling, Post, PostStatus, Report
from tests.support.databases import sqlite_in
from tests.support.messages import is_result
from tests.support.scenes import card_at, details, expansion_of, felt, group_of, now, post_by, result_in, taps

MODERATOR = 700
HOUSEKEEPING = {
    "inbox",
    "blob_notes",
    "blob_sweeps",
    "spent_quota",
    "workers",
    "turns",
    "marks",
    "buckets",
    "search_keys",
}
"""Tables that tell nothing of what people made or did: ids, notes of files to delete, and counts."""


@pytest.fixture
async def kuotu(fresh_with: Any) -> Kuotu:
    """A Kuotu for one test, so that the test can account for every row in its database."""
    return await fresh_with(admins=(MODERATOR,), reports=2, films=True)


async def rows(tmp_path: Path, *tables: type[Base]) -> list[list[dict[str, Any]]]:
    """Return every row of some tables."""
    engine = await open_database(sqlite_in(tmp_path / "data"))
    async with transactions(engine).read() as session:
        found = [[dict(row) for row in (await session.execute(select(_table(t)))).mappings()] for t in tables]
    await engine.dispose()
    return found


async def counted(tmp_path: Path) -> dict[str, int]:
    """Return the number of rows in each table."""
    engine = await open_database(sqlite_in(tmp_path / "data"))
    async with transactions(engine).read() as session:
        numbers = {
            t.name: await session.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables
        }
    await engine.dispose()
    return {name: number or 0 for name, number in numbers.items()}


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


async def titled(chat: Person, result: Message, title: str) -> None:
    """Publish a result in a group and answer the question for a title."""
    mark = chat.now
    await chat.tap(result, "Publish")
    asked = await chat.wait_for(lambda m: {"Not now", "No title"} & set(m.labels), after=mark)
    if "Not now" in asked.labels:
        await chat.tap(asked, "Publish")
    asked = await chat.wait_for(lambda m: m.id == asked.id and "No title" in m.labels)
    await chat.say(title, reply_to=asked)
    await chat.wait_for(lambda m: f"“{title}”\nIt's in" in m.text)


async def fork_of(chat: Person, post: Post) -> Message:
    mark = chat.now
    await chat.tap(await card_at(chat, post.id), "Expand this too")
    panel = await chat.wait_for(lambda m: "✨ Expand" in m.labels, after=mark)
    await chat.tap(panel, "Expand")
    return await chat.wait_for(lambda m: is_result(m) and m.id > panel.id)


async def the_post(kuotu: Kuotu, result: Message) -> Post:
    post = await kuotu.services.gallery.post_of(expansion_of(result))
    assert post is not None
    return post


async def test_an_evening_in_a_group_of_five(kuotu: Kuotu, newcomer: Any, tmp_path: Path) -> None:
    ann, bob, cat, dan = await group_of(newcomer, "Ann", "Bob", "Cat", "Dan")
    alone = {
        one.user: await newcomer(user=one.user, name=name)
        for one, name in zip((ann, bob, cat, dan), "ABCD", strict=True)
    }
    mo = await newcomer("Mo", user=MODERATOR)
    await ann.set_standing("administrator")  # Telegram sends reactions only to administrators

    # Ann publishes; everybody reacts, some twice and in two places
    first = await result_in(ann)
    await titled(ann, first, "The evening")
    post = await the_post(kuotu, first)
    await bob.react(now(bob, first), "🤣")
    await cat.tap(first.id, "🤣")
    await dan.tap(first.id, "🤯")
    card = await card_at(alone[dan.user], post.id)
    await alone[dan.user].react(card, "🤯")
    for _ in range(4):
        await cat.tap(first.id, "🤣")  # on, off, on, off: only her first reaction is left
    await bob.wait_for(lambda m: m.id == first.id and {"🤣 2", "🤯 1"} <= set(m.labels))
    assert await kuotu.services.gallery.counts(expansion_of(first)) == {
        feeling: {Feeling.LAUGHING: 2, Feeling.MIND_BLOWN: 1}.get(feeling, 0) for feeling in Feeling
    }

    # Ann shares it in her channel: its readers' reactions are counted apart, Bob keeps one vote, and no score changes
    channel = await alone[ann.user].new_channel("Ann's", [bob.user])
    owner, reader = [await newcomer(user=one.user, chat=channel) for one in (ann, bob)]
    before = await the_post(kuotu, first)
    shared = await owner.choose(await owner.inline(f"p{post.id}"))
    await reader.react(await reader.wait_for(lambda m: m.id == shared.id), "🤣")
    await owner.react(shared, "👍")
    await ann.wait_for(lambda m: m.id == first.id and "in channels: 👍 1 · 🤣 1" in m.text and "🤣 2" in m.labels)
    after = await the_post(kuotu, first)
    assert (after.laughing, after.impressions, after.top) == (before.laughing, before.impressions, before.top)

    # a chain: Bob expands Ann's result, and Cat expands Bob's
    second = await fork_of(bob, post)
    assert "going on from “The evening” by A" in second.text
    await titled(bob, second, "Wider")
    theirs = await the_post(kuotu, second)
    third = await fork_of(cat, theirs)
    assert "Zoom-out no. 3" in await details(cat, third)
    chain = await kuotu.services.store.ancestry(expansion_of(third))
    assert [step.person_id for step in chain] == [ann.user, bob.user, cat.user]
    assert await cat.tap(third, "🎬") == "🎬 The film is coming…"
    film = await cat.wait_for(lambda m: m.kind == "animation")

    # two people report Bob's post, which is hidden until Mo decides to keep it; Dan's post is removed
    for person in (cat, dan):
        shown = await taps(alone[person.user], await card_at(alone[person.user], theirs.id), "⋯", "Report")
        await alone[person.user].tap(shown, "Something else")
    assert (await the_post(kuotu, second)).status is PostStatus.REPORTED
    await mo.say("/review")
    review = await mo.wait_for(lambda m: "to review" in m.text)
    await mo.tap(review, "Keep")
    assert (await the_post(kuotu, second)).status is PostStatus.LIVE
    _result, bad = await post_by(kuotu, alone[dan.user])
    for person in (bob, cat):
        shown = await taps(alone[person.user], await card_at(alone[person.user], bad.id), "⋯", "Report")
        await alone[person.user].tap(shown, "Sexual")
    mark = mo.now
    await mo.say("/review")
    review = await mo.wait_for(lambda m: "to review" in m.text, after=mark)
    asked = await taps(mo, review, "Take out")
    await mo.tap(asked, "Yes")
    await alone[dan.user].wait_for(lambda m: "A moderator has taken" in m.text)

    # Bob hides his post, and Ann asks to be forgotten: her pictures and what was made from them are deleted
    own = await taps(alone[bob.user], await card_at(alone[bob.user], theirs.id), "⋯")
    await alone[bob.user].tap(own, "Take it back")
    assert (await the_post(kuotu, second)).status is PostStatus.HIDDEN
    await alone[ann.user].say("/forget")
    asked = await alone[ann.user].wait_for(lambda m: "🗑 Yes, everything" in m.labels)
    await alone[ann.user].tap(asked, "Yes, everything")
    await alone[ann.user].wait_for(lambda m: "Everything about you is gone" in m.text)
    for person in (bob, cat):
        await alone[person.user].wait_for(lambda m: "one of your expansions contained a picture of theirs" in m.text)
        for gone in (first, second, third, film):
            await person.wait_gone(gone)
    await reader.wait_gone(shared)

    # every remaining row belongs to Dan's post
    posts, expansions, photos, people, reports, log = await rows(
        tmp_path, Post, models.Expansion, models.Photo, models.Person, Report, AuditEntry
    )
    assert [(row["id"], row["person_id"], row["status"]) for row in posts] == [(bad.id, dan.user, PostStatus.WITHHELD)]
    assert [row["id"] for row in expansions] == [bad.expansion_id]
    assert [row["person_id"] for row in photos] == [dan.user, dan.user]
    assert {row["id"] for row in people} == {bob.user, cat.user, dan.user, MODERATOR}
    assert {(row["person_id"], row["settled_at"] is None) for row in reports} == {(bob.user, False), (cat.user, False)}
    assert [(row["actor"], row["act"], row["target"]) for row in log] == [
        (None, Act.WITHHOLD, f"post {theirs.id}"),
        (MODERATOR, Act.KEEP, f"post {theirs.id}"),
        (None, Act.WITHHOLD, f"post {bad.id}"),
        (MODERATOR, Act.HIDE, f"post {bad.id}"),
    ]
    numbers = await counted(tmp_path)
    numbers = {table: number for table, number in numbers.items() if table not in HOUSEKEEPING}
    (messages,) = await rows(tmp_path, models.Message)
    assert {row["expansion_id"] for row in messages} <= {bad.expansion_id, None}
    assert {row["person_id"] for row in messages} <= {bob.user, cat.user, dan.user, MODERATOR}
    assert numbers.pop("messages") == len(messages) == 6  # the last tells the moderator of a report
    assert numbers.pop("jobs") <= numbers["people"]  # the newest job of each person stays: turns are computed from it
    assert numbers == {
        "anonymous_counts": 0,
        "appearances": 0,
        "applause": 0,
        "audit_log": 4,
        "bans": 0,
        "chat_guests": 0,
        "chats": 6,  # of Bob, Cat, Dan and Mo, the group, and Ann's channel
        "expansions": 1,
        "films": 1,  # of what Dan published
        "galleries": 8,  # of Bob, Cat and Dan: every card that they opened
        "impressions": 2,  # Bob and Cat were shown Dan's before they reported it
        "panels": 1,
        "people": 4,
        "photos": 2,
        "pieces": 5,  # of the master of that post
        "posts": 1,
        "reactions": 0,
        "recipe_panels": 0,
        "recipe_uses": 0,
        "recipe_wishes": 0,
        "reports": 2,
        "web_reports": 0,
    }


async def test_everything_kept_is_handed_out_and_goes_when_its_time_is_over(kuotu: Kuotu, newcomer: Any) -> None:
    ann = await newcomer("Ann")
    result, post = await post_by(kuotu, ann)
    other = await result_in(ann)
    await felt(ann, result, "🤣")
    await ann.say("/mydata")
    rows_file = await ann.wait_for(lambda m: m.file and m.file.get("file_name") == "kuotu-mydata.json")
    kept = json.loads(await ann.download(rows_file))
    assert {name: len(found) for name, found in kept.items() if found} == {
        "chats": 1,
        "people": 1,
        "photos": 4,
        "panels": 2,
        "expansions": 2,
        "jobs": 1,  # the newest: turns are computed from it
        "marks": 2,  # what the register knows of both
        "messages": len(kept["messages"]),
        "posts": 1,
        "reactions": 1,
        "impressions": 1,
    }
    assert kept["people"][0]["name"] == "Ann"
    pictures = await ann.wait_for(lambda m: m.file and m.file.get("file_name") == "kuotu-pictures.zip")
    with zipfile.ZipFile(BytesIO(await ann.download(pictures))) as archive:
        assert Counter(Path(name).suffix for name in archive.namelist()) == {"": 1, ".webp": 2, ".jpg": 2}
        for name in archive.namelist():  # what was made here is signed, and what she sent stays as it is
            signed = read(archive.read(name), kuotu.services.marks.keys).state
            assert signed is (State.OURS if Path(name).suffix else State.NONE)

    later = Keeper(kuotu.services, lambda: models.now() + timedelta(days=91))
    assert await later.sweep() > 0
    assert await kuotu.services.store.expansion(expansion_of(other)) is None
    assert await kuotu.services.store.expansion(post.expansion_id) is not None
    assert await ann.tap(other, "Zoom out more") == "That is not there any more."
    assert await ann.tap(result, "Adjust") == "It's below 👇"
    assert await later.sweep() == 0
