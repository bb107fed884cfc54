"""Make posts searchable by their titles and drawn words, and give every person a name of their page"""

import json
from secrets import token_hex

import sqlalchemy as sa
from alembic import op

from storage.gallery.search import fold, keys_of

revision = "0021"
down_revision = "0020"

LOT = 500  # rows that are read and written at once
PEOPLE = sa.table("people", sa.column("id", sa.BigInteger), sa.column("page", sa.String))
POSTS = sa.table("posts", *(sa.column(name) for name in ("id", "expansion_id", "title", "folded_title")))
EXPANSIONS = sa.table("expansions", sa.column("id"), sa.column("words", sa.JSON))
KEYS = sa.table("search_keys", sa.column("key", sa.String), sa.column("post_id", sa.BigInteger))


def upgrade() -> None:
    op.add_column("people", sa.Column("page", sa.String(length=16), nullable=True))
    op.create_index("uq_people_page", "people", ["page"], unique=True)
    op.add_column("posts", sa.Column("folded_title", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "search_keys",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_search_keys_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "post_id", name=op.f("pk_search_keys")),
    )
    op.create_index(op.f("ix_search_keys_post_id"), "search_keys", ["post_id"])
    connection = op.get_bind()
    _name_pages(connection)
    _index_posts(connection)


def _name_pages(connection: sa.Connection) -> None:
    unnamed = sa.select(PEOPLE.c.id).where(PEOPLE.c.page.is_(None)).limit(LOT)
    named = sa.update(PEOPLE).where(PEOPLE.c.id == sa.bindparam("this")).values(page=sa.bindparam("name"))
    while ids := connection.scalars(unnamed).all():
        connection.execute(named, [{"this": number, "name": token_hex(8)} for number in ids])


def _index_posts(connection: sa.Connection) -> None:
    joined = sa.select(POSTS.c.id, POSTS.c.title, EXPANSIONS.c.words).join(
        EXPANSIONS, EXPANSIONS.c.id == POSTS.c.expansion_id
    )
    folded = sa.update(POSTS).where(POSTS.c.id == sa.bindparam("this")).values(folded_title=sa.bindparam("text"))
    last: int | None = None
    while rows := connection.execute(_after(joined, last).order_by(POSTS.c.id).limit(LOT)).all():
        last = rows[-1].id
        connection.execute(folded, [{"this": row.id, "text": fold(row.title)} for row in rows])
        keys = [
            {"key": key, "post_id": row.id}
            for row in rows
            for key in sorted(keys_of(fold(row.title), _words(row.words)))
        ]
        if keys:
            connection.execute(sa.insert(KEYS), keys)


def _after(rows: sa.Select[tuple[object, ...]], last: int | None) -> sa.Select[tuple[object, ...]]:
    return rows if last is None else rows.where(POSTS.c.id > last)


def _words(stored: object) -> list[str]:
    """Return the ids of drawn words, however the database gives its JSON."""
    found = json.loads(stored) if isinstance(stored, str) else stored
    return [str(word) for word in found] if isinstance(found, list) else []


def downgrade() -> None:
    op.drop_table("search_keys")
    op.drop_column("posts", "folded_title")
    op.drop_index("uq_people_page", table_name="people")
    op.drop_column("people", "page")
