"""The people and chats of a new playground."""

from bot.playground import people
from bot.playground.world import World

PEOPLE = (("Ann", "ann", "en"), ("Ben", "ben", "en"), ("小梅", "xiaomei", "zh-hans"))
GROUP = -5
CHANNEL = -1_001_000_000_000


def plant(world: World) -> None:
    """Create three people, a group of them with the bot, and a channel that Ann owns and the others read."""
    for number, (name, username, language) in enumerate(PEOPLE, start=1):
        people.save_user(world, number, first_name=name, username=username, language_code=language)
    people.save_chat(world, GROUP, type="group", title="Weekend 周末")
    people.set_status(world, GROUP, 1, "creator")
    for user_id in (2, 3, world.bot_id):
        people.set_status(world, GROUP, user_id, "member")
    people.save_chat(world, CHANNEL, type="channel", title="Outrageous 离谱")
    for user_id, status in ((1, "creator"), (2, "member"), (3, "member"), (world.bot_id, "administrator")):
        people.set_status(world, CHANNEL, user_id, status)
