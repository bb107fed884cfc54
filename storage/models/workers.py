"""Workers: which programs paint now, and with what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base
from storage.models.moment import Moment, now


class Worker(Base):
    """A program that paints. It renews `seen_at` while it lives, and deletes its row when it stops."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)  # host and process
    engine: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(255), default="")  # a preset, a hub id or a folder
    devices: Mapped[int]  # how many jobs it runs at once
    presets: Mapped[list[str]] = mapped_column(JSON, default=list)  # besides jobs that name none
    memory: Mapped[int] = mapped_column(BigInteger, default=0)  # bytes, of the program and its engines; 0 if unknown
    seen_at: Mapped[datetime] = mapped_column(Moment, default=now)
