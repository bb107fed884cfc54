"""The buttons as a table: which tap leads to which function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from bot.chat import welcome
from bot.chat.account import forget, mine, preferences
from bot.chat.admin import moderation, reports
from bot.chat.buttons.applause import Hear
from bot.chat.buttons.base import BadTap, Tap, unpack
from bot.chat.buttons.forget import ForgetMe, RememberMe
from bot.chat.buttons.gallery import NextPost, Orders, PickPeriod, PreviousPost, SortGallery
from bot.chat.buttons.mine import Newer, Older
from bot.chat.buttons.moderation import Judge, NextCase, ReallyJudge, Report, ReportFor
from bot.chat.buttons.panel import (
    Choices,
    Expand,
    Explain,
    PickDirection,
    PickEngine,
    PickPhoto,
    PickRatio,
    PickScale,
    PickStyle,
    Roll,
)
from bot.chat.buttons.post import DoLikeThis, FilmOfPost, FlipPost, Fork, HidePost, Less, More, OpenPost
from bot.chat.buttons.preferences import ExplainSetting, ResetDefaults, SetDirection, SetLanguage, SetScale, SetStyle
from bot.chat.buttons.publish import AgreeToPublish, LetWalk, NoTitle, NotNow, OwnTitle, SuggestedTitle, Unpublish
from bot.chat.buttons.result import (
    Adjust,
    BackOneStep,
    BackToStart,
    Cancel,
    Delete,
    Double,
    ExpandYours,
    Film,
    FullSize,
    Further,
    InStyle,
    Journey,
    Keep,
    Loop,
    PickVariant,
    Publish,
    React,
    ReallyDelete,
    Reroll,
    ShowAfter,
    ShowBefore,
    Tools,
    Variants,
    ZoomOut,
)
from bot.chat.buttons.welcome import OpenGallery, TryExample
from bot.chat.expand import cancel, journey, panel, result, start
from bot.chat.film import request as movie
from bot.chat.gallery import applause, channel, deletion, guests, post, publish, reactions, recipe
from bot.chat.gallery import browse as gallery
from bot.chat.origin import believed
from bot.chat.telegram.visit import Visit
from bot.services import Services
from storage.models import Status

OnTap: TypeAlias = Callable[[Services, Visit, Any], Awaitable[None]]

TAPS: dict[type[Tap], OnTap] = {
    PickPhoto: panel.pick_photo,
    PickDirection: panel.pick_direction,
    PickScale: panel.pick_scale,
    PickRatio: panel.pick_ratio,
    PickStyle: panel.pick_style,
    PickEngine: panel.pick_engine,
    Choices: panel.show_choices,
    Explain: panel.explain,
    Expand: start.expand,
    Roll: start.roll,
    Reroll: start.reroll,
    InStyle: start.in_style,
    Variants: start.four_variants,
    Double: start.double,
    Cancel: cancel.cancel_button,
    PickVariant: result.pick_variant,
    ZoomOut: start.zoom_out,
    Further: start.further,
    Journey: journey.go,
    Adjust: result.adjust,
    ExpandYours: result.expand_yours,
    BackOneStep: result.back_one_step,
    BackToStart: result.back_to_start,
    ShowBefore: result.show_before,
    ShowAfter: result.show_after,
    Tools: result.tools,
    FullSize: result.full_size,
    Film: movie.film,
    Loop: movie.loop,
    Delete: deletion.ask_delete,
    ReallyDelete: deletion.really_delete,
    Keep: deletion.keep,
    React: reactions.react_button,
    Publish: publish.publish,
    AgreeToPublish: publish.agree,
    NotNow: publish.not_now,
    SuggestedTitle: publish.suggested_title,
    OwnTitle: publish.own_title,
    NoTitle: publish.no_title,
    Unpublish: publish.unpublish,
    LetWalk: guests.let_walk,
    NextPost: gallery.next_post,
    PreviousPost: gallery.previous_post,
    SortGallery: gallery.sort_gallery,
    Orders: gallery.orders,
    PickPeriod: gallery.pick_period,
    FlipPost: post.flip,
    Fork: post.fork,
    DoLikeThis: recipe.do_like_this,
    More: post.more,
    Less: post.less,
    HidePost: post.hide,
    OpenPost: post.open_listed,
    FilmOfPost: movie.of_post,
    Report: reports.report,
    ReportFor: reports.report_for,
    Judge: moderation.judge,
    ReallyJudge: moderation.really_judge,
    NextCase: moderation.next_case,
    Older: mine.older,
    Newer: mine.newer,
    Hear: applause.hear,
    SetLanguage: preferences.set_language,
    SetDirection: preferences.set_direction,
    SetScale: preferences.set_scale,
    SetStyle: preferences.set_style,
    ExplainSetting: preferences.explain,
    ResetDefaults: preferences.reset_defaults,
    OpenGallery: welcome.open_gallery,
    TryExample: welcome.try_example,
    ForgetMe: forget.forget_me,
    RememberMe: forget.remember_me,
}


async def _on_old_message(services: Services, visit: Visit, tap: Tap) -> None:
    """Answer a tap on a message that Telegram no longer shows to the bot, by sending its result anew."""
    number = getattr(tap, "expansion", None)
    expansion = await services.store.expansion(number) if number is not None else None
    if expansion is None or expansion.status is not Status.DONE or expansion.person_id != visit.person.id:
        await visit.toast("tap.stale")
        return
    await visit.toast("tap.old")
    await result.send_result(services, visit, expansion)


async def on_tap(services: Services, visit: Visit) -> None:
    """Call the function that handles a tap, unless it is forged, out of date, or the visitor is banned."""
    try:
        tap = unpack((visit.query and visit.query.data) or "")
    except BadTap:
        await visit.toast("tap.stale")
        return
    if not isinstance(tap, React):  # a vote is a person's, whoever they are
        visit = await channel.in_its_name(services, visit)
    if not isinstance(tap, ForgetMe | RememberMe) and await moderation.refused(services, visit):
        return
    if visit.message is None:
        await _on_old_message(services, visit, tap)
    elif await believed(services, visit, tap):
        await TAPS[type(tap)](services, visit, tap)
