"""Run the playground on its own, for any bot: `python -m bot.playground [FOLDER] [PORT]`."""

import argparse
import asyncio
import signal
from pathlib import Path

from aiohttp import web

from bot.playground.playground import DEFAULT_TOKEN, Playground


async def serve(folder: Path, port: int, token: str) -> None:
    """Serve until SIGINT or SIGTERM arrives."""
    playground = await Playground.open(folder, token=token)
    app = web.Application()
    playground.add_routes(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, bound = runner.addresses[0][:2]
    print(f"http://{host}:{bound}/  token {playground.token}", flush=True)  # noqa: T201 its purpose is this line
    done = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, done.set)
    await done.wait()
    await runner.cleanup()
    await playground.close()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("data/playground"))
    parser.add_argument("port", type=int, nargs="?", default=8080, help="0 takes a free one")
    parser.add_argument("--token", default=DEFAULT_TOKEN)
    asked = parser.parse_args()
    asyncio.run(serve(asked.folder, asked.port, asked.token))


if __name__ == "__main__":
    main()
