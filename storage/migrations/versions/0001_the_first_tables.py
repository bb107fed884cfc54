"""Create the first tables"""

import sqlalchemy as sa
from alembic import op

from storage.models import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("direction", sa.String(length=16), nullable=True),
        sa.Column("scale", sa.Double(), nullable=True),
        sa.Column("style", sa.String(length=16), nullable=True),
        sa.Column("gone_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("language_code", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("direction", sa.String(length=16), nullable=True),
        sa.Column("scale", sa.Double(), nullable=True),
        sa.Column("style", sa.String(length=16), nullable=True),
        sa.Column("consented_at", Moment(timezone=True), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "photos",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(length=128), nullable=False),
        sa.Column("thumb", sa.String(length=128), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("media_group", sa.String(length=64), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_photos_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photos_blob"), ["blob"], unique=False)
        batch_op.create_index("ix_photos_media_group", ["chat_id", "media_group"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_thumb"), ["thumb"], unique=False)
        batch_op.create_index("uq_photos_message", ["chat_id", "message_id"], unique=True)

    op.create_table(
        "panels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("photo_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("scale", sa.Double(), nullable=True),
        sa.Column("ratio", sa.String(length=16), nullable=True),
        sa.Column("style", sa.String(length=16), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_panels_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_panels_photo_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panels")),
        sa.UniqueConstraint("key", name=op.f("uq_panels_key")),
    )
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_panels_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_panels_photo_id"), ["photo_id"], unique=False)

    op.create_table(
        "expansions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("panel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("batch", sa.String(length=96), nullable=True),
        sa.Column("variant", sa.Integer(), nullable=False),
        sa.Column("rerolls", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("scale", sa.Double(), nullable=True),
        sa.Column("ratio", sa.String(length=16), nullable=True),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("bottom", sa.Integer(), nullable=False),
        sa.Column("style", sa.String(length=16), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("waiting", "running", "done", "failed", "cancelled", name="status", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", Moment(timezone=True), nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("started_at", Moment(timezone=True), nullable=True),
        sa.Column("finished_at", Moment(timezone=True), nullable=True),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("delivered_at", Moment(timezone=True), nullable=True),
        sa.Column("announced_at", Moment(timezone=True), nullable=True),
        sa.Column("file_id", sa.String(length=256), nullable=True),
        sa.Column("before_file_id", sa.String(length=256), nullable=True),
        sa.Column("preview", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["panel_id"], ["panels.id"], name=op.f("fk_expansions_panel_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_expansions_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["result_id"], ["photos.id"], name=op.f("fk_expansions_result_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["photos.id"], name=op.f("fk_expansions_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expansions")),
        sa.UniqueConstraint("key", name=op.f("uq_expansions_key")),
        sa.UniqueConstraint("result_id", name=op.f("uq_expansions_result_id")),
    )
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_expansions_batch"), ["batch"], unique=False)
        batch_op.create_index(
            "ix_expansions_engine",
            ["engine", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'done'"),
            postgresql_where=sa.text("status = 'done'"),
        )
        batch_op.create_index(
            "ix_expansions_mine",
            ["person_id", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'done'"),
            postgresql_where=sa.text("status = 'done'"),
        )
        batch_op.create_index(batch_op.f("ix_expansions_panel_id"), ["panel_id"], unique=False)
        batch_op.create_index("ix_expansions_person", ["person_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_expansions_preview"), ["preview"], unique=False)
        batch_op.create_index(
            "ix_expansions_running",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )
        batch_op.create_index(batch_op.f("ix_expansions_source_id"), ["source_id"], unique=False)
        batch_op.create_index(
            "ix_expansions_started",
            ["priority", "turn"],
            unique=False,
            sqlite_where=sa.text("started_at IS NOT NULL"),
            postgresql_where=sa.text("started_at IS NOT NULL"),
        )
        batch_op.create_index("ix_expansions_turn", ["person_id", "turn"], unique=False)
        batch_op.create_index(
            "ix_expansions_undelivered",
            ["id"],
            unique=False,
            sqlite_where=sa.text("delivered_at IS NULL"),
            postgresql_where=sa.text("delivered_at IS NULL"),
        )
        batch_op.create_index(
            "ix_expansions_waiting",
            [sa.literal_column("priority DESC"), "turn", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.create_index(
            "uq_expansions_running",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )

    op.create_table(
        "messages",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("expansion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sent_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_messages_expansion_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_expansion_id"), ["expansion_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_person_id"), ["person_id"], unique=False)

    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expansion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column(
            "status",
            sa.Enum("live", "hidden", "withheld", name="poststatus", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("impressions", sa.Integer(), nullable=False),
        sa.Column("laughing", sa.Integer(), nullable=False),
        sa.Column("mind_blown", sa.Integer(), nullable=False),
        sa.Column("loving", sa.Integer(), nullable=False),
        sa.Column("screaming", sa.Integer(), nullable=False),
        sa.Column("yawning", sa.Integer(), nullable=False),
        sa.Column("prior", sa.Double(), nullable=False),
        sa.Column("surprise", sa.Double(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_posts_expansion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_posts_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("expansion_id", name=op.f("uq_posts_expansion_id")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_posts_newest",
            ["id"],
            unique=False,
            sqlite_where=sa.text("status = 'live'"),
            postgresql_where=sa.text("status = 'live'"),
        )
        batch_op.create_index(batch_op.f("ix_posts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_posts_surprise",
            ["surprise", "id"],
            unique=False,
            sqlite_where=sa.text("status = 'live'"),
            postgresql_where=sa.text("status = 'live'"),
        )

    op.create_table(
        "reactions",
        sa.Column("expansion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "feeling",
            sa.Enum("🤣", "🤯", "😍", "😱", "🥱", name="feeling", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("native_in", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expansion_id"], ["expansions.id"], name=op.f("fk_reactions_expansion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_reactions_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("expansion_id", "person_id", name=op.f("pk_reactions")),
    )
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reactions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "galleries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("sort", sa.String(length=16), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("steps_back", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_galleries_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_galleries_post_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galleries")),
    )
    with op.batch_alter_table("galleries", schema=None) as batch_op:
        batch_op.create_index("ix_galleries_message", ["chat_id", "message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_galleries_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_galleries_post_id"), ["post_id"], unique=False)

    op.create_table(
        "impressions",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_impressions_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_impressions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "person_id", name=op.f("pk_impressions")),
    )
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.create_index("uq_impressions_number", ["person_id", "number"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("impressions", schema=None) as batch_op:
        batch_op.drop_index("uq_impressions_number")

    op.drop_table("impressions")
    with op.batch_alter_table("galleries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_galleries_post_id"))
        batch_op.drop_index(batch_op.f("ix_galleries_person_id"))
        batch_op.drop_index("ix_galleries_message")

    op.drop_table("galleries")
    with op.batch_alter_table("reactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reactions_person_id"))

    op.drop_table("reactions")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_posts_surprise", sqlite_where=sa.text("status = 'live'"), postgresql_where=sa.text("status = 'live'")
        )
        batch_op.drop_index(batch_op.f("ix_posts_person_id"))
        batch_op.drop_index(
            "ix_posts_newest", sqlite_where=sa.text("status = 'live'"), postgresql_where=sa.text("status = 'live'")
        )

    op.drop_table("posts")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_person_id"))
        batch_op.drop_index(batch_op.f("ix_messages_expansion_id"))

    op.drop_table("messages")
    with op.batch_alter_table("expansions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_expansions_running",
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )
        batch_op.drop_index(
            "ix_expansions_waiting",
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        )
        batch_op.drop_index(
            "ix_expansions_undelivered",
            sqlite_where=sa.text("delivered_at IS NULL"),
            postgresql_where=sa.text("delivered_at IS NULL"),
        )
        batch_op.drop_index("ix_expansions_turn")
        batch_op.drop_index(
            "ix_expansions_started",
            sqlite_where=sa.text("started_at IS NOT NULL"),
            postgresql_where=sa.text("started_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_expansions_source_id"))
        batch_op.drop_index(
            "ix_expansions_running",
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )
        batch_op.drop_index(batch_op.f("ix_expansions_preview"))
        batch_op.drop_index("ix_expansions_person")
        batch_op.drop_index(batch_op.f("ix_expansions_panel_id"))
        batch_op.drop_index(
            "ix_expansions_mine", sqlite_where=sa.text("status = 'done'"), postgresql_where=sa.text("status = 'done'")
        )
        batch_op.drop_index(
            "ix_expansions_engine", sqlite_where=sa.text("status = 'done'"), postgresql_where=sa.text("status = 'done'")
        )
        batch_op.drop_index(batch_op.f("ix_expansions_batch"))

    op.drop_table("expansions")
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_panels_photo_id"))
        batch_op.drop_index(batch_op.f("ix_panels_person_id"))

    op.drop_table("panels")
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.drop_index("uq_photos_message")
        batch_op.drop_index(batch_op.f("ix_photos_thumb"))
        batch_op.drop_index(batch_op.f("ix_photos_person_id"))
        batch_op.drop_index("ix_photos_media_group")
        batch_op.drop_index(batch_op.f("ix_photos_blob"))

    op.drop_table("photos")
    op.drop_table("people")
    op.drop_table("inbox")
    op.drop_table("chats")
