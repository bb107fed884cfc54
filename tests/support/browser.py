"""Headless Chromium on the playground's page, and a small bot that answers there."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.constants import ParseMode
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    MessageReactionHandler,
    filters,
)

from tests.support.limits import HANG
from tests.support.photos import SAMPLES
from tests.support.playground import patient

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
Context = ContextTypes.DEFAULT_TYPE


def keys(*rows: str) -> InlineKeyboardMarkup:
    """Return a keyboard; each row is labels separated by bars, and every button carries its label as data."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=label) for label in row.split("|")] for row in rows]
    )


async def start(update: Update, _: Context) -> None:
    """Answer /start with a formatted greeting."""
    await update.effective_message.reply_text(
        f"Hello <b>{update.effective_user.first_name}</b>, <tg-spoiler>surprise</tg-spoiler>", ParseMode.HTML
    )


async def panel(update: Update, _: Context) -> None:
    """Answer a photo with the same photo and buttons."""
    photo = update.message.photo[-1].file_id
    buttons = keys("Toast|Alert|Silent", "Other picture")
    await update.message.reply_photo(photo, "Which way?", reply_markup=buttons, do_quote=True)


async def tapped(update: Update, _: Context) -> None:
    """Do what the label of the tapped button says."""
    query = update.callback_query
    if query.data == "Toast":
        await query.answer("A toast")
    elif query.data == "Alert":
        await query.answer("An alert", show_alert=True)
    elif query.data == "Other picture":
        await query.answer()
        media = InputMediaPhoto((SAMPLES / "rocket.jpg").read_bytes(), "Changed")
        await query.edit_message_media(media, reply_markup=keys("Toast"))


async def title(update: Update, _: Context) -> None:
    """Answer /title with a question that forces a reply."""
    await update.message.reply_text("A title?", reply_markup=ForceReply(input_field_placeholder="Your title"))


async def echo(update: Update, _: Context) -> None:
    """Repeat a text, and the text to which it replies."""
    answered = update.message.reply_to_message
    await update.message.reply_text(f"You said {update.message.text}" + (f" to {answered.text}" if answered else ""))


async def reacted(update: Update, _: Context) -> None:
    """Tell the newest reactions."""
    emoji = "".join(one.emoji for one in update.message_reaction.new_reaction)
    await update.effective_chat.send_message(f"You feel {emoji or 'nothing'}")


@asynccontextmanager
async def talking(url: str, token: str) -> AsyncIterator[None]:
    """Run the small bot, which polls."""
    application = (
        Application.builder()
        .token(token)
        .base_url(f"{url}/bot")
        .base_file_url(f"{url}/file/bot")
        .request(patient())
        .get_updates_request(patient())
        .build()
    )
    application.add_handlers(
        [
            CommandHandler("start", start),
            CommandHandler("title", title),
            MessageHandler(filters.PHOTO, panel),
            MessageHandler(filters.TEXT, echo),
            CallbackQueryHandler(tapped),
            MessageReactionHandler(reacted),
        ]
    )
    async with application:
        await application.bot.set_my_commands([("start", "Begin"), ("title", "Name it")])
        await application.start()
        await application.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        try:
            yield
        finally:
            await application.updater.stop()
            await application.stop()


BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The commands of browsers, best first. The headless shell takes half of the CPU time, but only Debian has it."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start a browser; skip the test where none is installed."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium or Chrome on this machine: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def page_of(browser: Browser, url: str, **how: Any) -> AsyncIterator[Page]:
    """Open a page; an error in its console fails the test."""
    context = await browser.new_context(**(DESKTOP | how))
    page = await context.new_page()
    page.set_default_timeout(1000 * HANG)
    expect.set_options(timeout=1000 * HANG)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await page.goto(url)
    await page.wait_for_selector("html[data-ready]")
    yield page
    await context.close()
    assert [one for one in complaints if "ERR_CONNECTION" not in one and "ERR_INCOMPLETE" not in one] == []
