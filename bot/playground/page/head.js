// The header of a chat: its name, its status, and the actions on the chat.

import { avatar, button, h, icon } from "./dom.js";
import { act, attempt, emit, isChannel, nameOf, on, present, sendForm, world } from "./world.js";
import { say } from "./words.js";
import { groupMembers } from "./dialogs.js";
import { popover } from "./menu.js";

const head = document.getElementById("head");

export function showHead() {
  const chat = world.chats.get(world.chat) ?? { id: world.chat, members: {} }, isPrivate = world.chat > 0;
  const who = isPrivate ? world.bot : chat;
  document.title = who.title ?? who.first_name;
  const [text, busy] = state(chat, isPrivate);
  const about = h("div", { className: `state ${busy ? "busy" : ""}`, role: "status" }, text);
  head.replaceChildren(button(say("back"), "back", () => emit("back"), "round back"), avatar(who), h("div", { className: "who" }, h("div", { className: "name" }, who.title ?? who.first_name), about), button(say("more"), "more", (event) => options(event, chat, isPrivate)));
}

function state(chat, isPrivate) {
  if (!world.online) return [h("span", { className: "dots" }, say("connecting").replace("…", "")), false];
  const action = world.actions.get(world.chat);
  if (action) return [h("span", { className: "dots" }, (isPrivate ? "" : `${world.bot.first_name} `) + say(action)), true];
  if (isPrivate) return [say(chat.members[world.bot.id] === "kicked" ? "botStopped" : "bot"), false];
  const inside = Object.keys(chat.members).map(Number).filter((id) => present(chat.id, id));
  if (isChannel(chat.id)) return [say("subscribers", { n: inside.filter((id) => id !== world.bot.id).length }), false];
  return [`${say("members", { n: inside.length })}: ${inside.map(nameOf).join(", ")}`, false];
}

function options(event, chat, isPrivate) {
  const standing = (status) => () => attempt(act("standing", { chat: chat.id, member: world.bot.id, status }));
  const bot = chat.members[world.bot.id];
  const items = isPrivate
    ? [bot === "kicked" ? [say("unblockBot"), "check", () => attempt(sendForm({ text: "/start" }))] : [say("blockBot"), "stop", standing("kicked"), "danger"]]
    : [
      [say("addPeople"), "members", () => groupMembers(chat.id)],
      !isChannel(chat.id) && present(chat.id, world.bot.id) && (bot === "administrator" ? [say("demote"), "down", standing("member")] : [say("promote"), "up", standing("administrator")]),
      chat.type === "group" && [say("upgrade"), "forward", () => attempt(act("upgrade").then((moved) => emit("go", { chat: moved })))],
      present(chat.id, world.bot.id) ? [say("removeBot"), "trash", standing("kicked"), "danger"] : [say("addBot"), "plus", standing(isChannel(chat.id) ? "administrator" : "member")],
    ].filter(Boolean);
  const list = h("div", { className: "items", role: "menu" }, ...items.map(([label, glyph, run, look]) => h("button", { type: "button", role: "menuitem", className: look ?? "", onclick: () => { dialog.close(); run(); } }, icon(glyph), label)));
  const dialog = popover([list], event.clientX - 200, event.clientY + 12);
  list.querySelector("button").focus();
}

on("action online loaded people", () => { if (world.chat) showHead(); });
on("message", ({ chat, fresh }) => { if (fresh && chat === world.chat) showHead(); });
