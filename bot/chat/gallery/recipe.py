"""«Do mine like this»: the next photo that somebody sends opens with the choices of a post."""

from __future__ import annotations

from bot.chat.buttons.post import DoLikeThis
from bot.chat.cards.lines import drawn_lines
from bot.chat.cards.widgets import described
from bot.chat.telegram.visit import Visit
from bot.services import Services
from inference.engine import Reads
from storage.models import now


async def do_like_this(services: Services, visit: Visit, tap: DoLikeThis) -> None:
    """Do the same for a tap in a private chat. Elsewhere the button is a link to it."""
    await visit.toast_nothing()
    await ask_for_photo(services, visit, tap.post)


async def ask_for_photo(services: Services, visit: Visit, post_id: int) -> None:
    """Remember whose choices the visitor's next photo in this chat is to have, and ask for the photo."""
    post = await services.recipes.wish(visit.person.id, visit.chat.id, post_id, now())
    if post is None:
        await visit.reply("post.gone")
        return
    say, expansion = visit.say, post.expansion
    reads = services.painting.for_style(expansion.style, expansion.chosen_engine).reads
    key = "recipe.titled" if post.title else "recipe.untitled"
    lines = [
        say.html(key, title=post.title, name=post.author.name),
        described(say, expansion),
        *(drawn_lines(say, expansion) if reads is not Reads.NOTHING else []),
    ]
    await visit.write("\n".join(lines))
