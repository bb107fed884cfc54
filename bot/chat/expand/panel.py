"""The panel: a live preview of the canvas and the buttons that choose how a photo is expanded."""

from __future__ import annotations

from dataclasses import replace

from telegram import Message

from bot.chat.buttons.panel import (
    Choices,
    Explain,
    PickDirection,
    PickEngine,
    PickPhoto,
    PickRatio,
    PickScale,
    PickStyle,
)
from bot.chat.cards.panel import caption, keyboard, preview
from bot.chat.choice import Choice, extent_of, first_choice
from bot.chat.telegram.media import put_picture, remember, send_picture
from bot.chat.telegram.seat import Seat, answer_to
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.canvas import NoSuchCanvas
from inference.engine import Style
from inference.growth import Direction, RatioAcross, RatioReached
from storage import models
from storage.models import MessageKind, Panel, Photo


async def open_panel(
    services: Services,
    visit: Visit,
    photo: Photo,
    key: str,
    prompt: str = "",
    wish: Choice | None = None,
    *,
    like: int | None = None,
    unfolded: bool = False,
) -> None:
    """Show the panel of a photo in answer to the visitor's message. The same key opens the same panel again.

    `wish` replaces the settings, and its prompt counts where there is no other; `like` is the post that it comes from.
    `unfolded` shows all choices, as it does for those who have used them before.
    """
    wish = wish or default_choice(visit)
    choice = first_choice(replace(wish, prompt=prompt or wish.prompt), extent_of(photo), services.limits.max_megapixels)
    if choice is None:
        await visit.reply("photo.no_room", limit=f"{services.limits.max_megapixels:g}")
        return
    panel = await services.store.panels.open(
        Panel(
            key=key,
            photo_id=photo.id,
            person_id=visit.person.id,
            chat_id=visit.chat.id,
            thread_id=visit.message.message_thread_id if visit.message and visit.message.is_topic_message else None,
            direction=choice.direction,
            scale=choice.scale,
            ratio=choice.ratio,
            style=choice.style,
            prompt=choice.prompt,
            chosen_engine=choice.engine,
            unfolded=unfolded or visit.person.adjusts,
        )
    )
    if like is not None:
        await services.recipes.follow(panel.id, like)
    if not await refresh(services, visit, panel):
        await _send(services, visit, panel)


async def pick_photo(services: Services, visit: Visit, tap: PickPhoto) -> None:
    """Select the photo of an album that the panel is for."""
    panel, photo = await _own(services, visit, tap.panel), await services.store.photos.photo(tap.photo)
    if panel is None:
        return
    if photo is None or not photo.media_group or photo.media_group != panel.photo.media_group:
        await visit.toast("tap.stale")
        return
    await services.store.panels.change(panel.id, photo_id=photo.id)
    await _change(services, visit, panel.id, Choice.of(panel))


async def pick_direction(services: Services, visit: Visit, tap: PickDirection) -> None:
    """Change the direction of a panel."""
    if panel := await _adjusted(services, visit, tap.panel):
        await _change(services, visit, panel.id, replace(Choice.of(panel), direction=tap.direction))


async def pick_scale(services: Services, visit: Visit, tap: PickScale) -> None:
    """Change the scale of a panel. This clears its ratio."""
    if panel := await _adjusted(services, visit, tap.panel):
        await _change(services, visit, panel.id, Choice.of(panel).with_scale(tap.percent / 100))


async def pick_ratio(services: Services, visit: Visit, tap: PickRatio) -> None:
    """Change the target ratio of a panel. This clears its scale."""
    if panel := await _adjusted(services, visit, tap.panel):
        await _change(services, visit, panel.id, Choice.of(panel).with_ratio(tap.ratio))


async def pick_style(services: Services, visit: Visit, tap: PickStyle) -> None:
    """Change the style of a panel. Whoever has picked one knows the styles, and gets that one."""
    if panel := await _own(services, visit, tap.panel):
        if not visit.person.met_styles:
            await services.people.learn(visit.person.id, met_styles=True)
        await _change(services, visit, panel.id, replace(Choice.of(panel), style=tap.style))


async def pick_engine(services: Services, visit: Visit, tap: PickEngine) -> None:
    """Change the engine of a panel to another one that is on offer."""
    if tap.engine not in services.painting.offered:
        await visit.toast("tap.stale")
    elif panel := await _adjusted(services, visit, tap.panel):
        await _change(services, visit, panel.id, replace(Choice.of(panel), engine=tap.engine))


async def show_choices(services: Services, visit: Visit, tap: Choices) -> None:
    """Unfold or fold the choices of a panel. Whoever folds them finds the next panel folded, too."""
    if panel := await _own(services, visit, tap.panel):
        if not tap.shown:
            await services.people.learn(visit.person.id, adjusts=False)
        fresh = await services.store.panels.change(panel.id, unfolded=bool(tap.shown))
        await visit.toast_nothing()
        await refresh(services, visit, fresh)


async def explain(services: Services, visit: Visit, tap: Explain) -> None:
    """Say what a row of choices is for."""
    await visit.toast(f"panel.about.{tap.word}", alert=True)


async def refresh(services: Services, visit: Visit, panel: Panel) -> bool:
    """Update the panel's message from its row. Returns False if the message no longer exists."""
    if panel.message_id is None:
        return False
    where, words = (panel.chat_id, panel.message_id), await caption(services, visit.say, panel)
    markup = await keyboard(services, visit.say, panel)
    return await put_picture(services, visit.bot, where, preview(services, panel), words, markup) is not None


async def refit(services: Services, visit: Visit, panel: Panel) -> None:
    """Show a panel whose photo has changed, with a choice that fits if the old one does not."""
    choice = first_choice(Choice.of(panel), extent_of(panel.photo), services.limits.max_megapixels)
    if choice is not None:
        fresh = await services.store.panels.change(
            panel.id, direction=choice.direction, scale=choice.scale, ratio=choice.ratio
        )
        await refresh(services, visit, fresh)


def default_choice(visit: Visit) -> Choice:
    """Return the person's settings, then the chat's, then the defaults: all directions, 1.5 times, faithful."""
    rows: list[models.Person | models.Chat] = [visit.person, visit.chat]
    direction, scale, style = (
        next((v for row in rows if (v := getattr(row, name))), None) for name in ("direction", "scale", "style")
    )
    return Choice(Direction(direction or Direction.ALL), scale or 1.5, None, Style(style or Style.FAITHFUL))


async def _send(services: Services, visit: Visit, panel: Panel) -> None:
    seats = Seat(panel.chat_id, panel.thread_id, answer_to(visit.message)).and_elsewhere()
    words, markup = await caption(services, visit.say, panel), await keyboard(services, visit.say, panel)
    sent, _ = await send_picture(visit.bot, seats, preview(services, panel), words, markup)
    await settle_panel(services, panel, sent)


async def settle_panel(services: Services, panel: Panel, message: Message) -> None:
    """Record that a message shows a panel."""
    await services.store.panels.place(panel.id, message.message_id)
    await remember(services, (panel.chat_id, message.message_id), MessageKind.PANEL, panel.person_id)


async def _own(services: Services, visit: Visit, panel_id: int) -> Panel | None:
    """Return the visitor's own panel. Otherwise answer the tap with the reason and return None."""
    panel = await services.store.panels.panel(panel_id)
    if panel is None:
        await visit.toast("tap.gone")
    elif panel.person_id != visit.person.id:
        await visit.toast("panel.not_yours")
    else:
        return panel
    return None


async def _adjusted(services: Services, visit: Visit, panel_id: int) -> Panel | None:
    """Do the same, and leave the panel unfolded, and the visitor's next ones, because they adjust."""
    panel = await _own(services, visit, panel_id)
    if panel is not None and not visit.person.adjusts:
        await services.people.learn(visit.person.id, adjusts=True)
    if panel is not None and not panel.unfolded:
        return await services.store.panels.change(panel.id, unfolded=True)
    return panel


async def _change(services: Services, visit: Visit, panel_id: int, choice: Choice) -> None:
    """Store a choice and update the preview if the choice gives a valid canvas. Otherwise say why it does not."""
    panel = await services.store.panels.panel(panel_id)
    if panel is None:
        return
    try:
        choice.margins(extent_of(panel.photo), services.limits.max_megapixels)
    except RatioReached:
        await visit.toast("panel.ratio_reached", ratio=choice.ratio)
    except RatioAcross:
        await visit.toast("panel.ratio_across", ratio=choice.ratio)
    except NoSuchCanvas:
        await visit.toast("panel.too_large", limit=f"{services.limits.max_megapixels:g}")
    else:
        if choice != Choice.of(panel):
            await services.recipes.leave(panel_id)
        changed = await services.store.panels.change(
            panel_id,
            direction=choice.direction,
            scale=choice.scale,
            ratio=choice.ratio,
            style=choice.style,
            chosen_engine=choice.engine,
        )
        await visit.toast_nothing()
        await refresh(services, visit, changed)
