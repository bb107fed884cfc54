// The chat page: connects the parts and keeps the address in step with what is shown.

import { attempt, chatsOf, connect, emit, load, on, present, select, sendForm, world } from "./world.js";
import { showChat } from "./log.js";
import { showComposer } from "./composer.js";
import { showHead } from "./head.js";
import { showSide } from "./side.js";

const app = document.getElementById("app");
const phone = matchMedia("(max-width: 720px)");

async function show() {
  app.classList.toggle("open", Boolean(world.chat));
  showSide();
  if (!world.chat) return;
  showHead();
  await Promise.all([showChat(), showComposer()]);
}

function address(push) {
  const url = `?user=${world.me}${world.chat ? `&chat=${world.chat}` : ""}`;
  if (push) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}

on("go", async ({ me = world.me, chat, words }) => {
  if (select(me, chat)) {
    address(phone.matches);
    await show();
  }
  if (words) emit("compose", words);
});
on("be", (me) => {
  const stays = world.chat < 0 && present(world.chat, me);
  select(me, stays ? world.chat : phone.matches ? null : chatsOf(me)[0].id);
  address(false);
  show();
});
on("back", () => {
  select(world.me, null);
  address(false);
  show();
});
addEventListener("popstate", () => {
  const query = new URLSearchParams(location.search);
  select(Number(query.get("user")) || world.me, Number(query.get("chat")) || null);
  show();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && world.chat) { select(world.me, world.chat); showSide(); }
});

// A link with ?start=<payload> opens the chat with the bot and starts it, as t.me/<bot>?start=<payload> does.
const payload = new URLSearchParams(location.search).get("start");
await load();
if (payload !== null) world.chat = world.me;
if (world.chat && world.chat > 0) world.chat = world.me;
if (!world.chat && !phone.matches) world.chat = world.me;
select(world.me, world.chat);
address(false);
connect();
await show();
if (payload !== null) attempt(sendForm({ text: `/start ${payload}`.trim() }));
document.documentElement.dataset.ready = "yes";
