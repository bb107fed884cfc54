// The menu of a message (right click, long press, ⋯ or the menu key): reactions above, actions below.

import { h, icon } from "./dom.js";
import { act, attempt, emit, inCharge, isChannel, world } from "./world.js";
import { copy } from "./text.js";
import { forwardTo } from "./dialogs.js";
import { say } from "./words.js";
import { source } from "./media.js";

const FIRST = ["🤣", "🤯", "😍", "😱", "🥱", "❤", "👍"];

export function openMenu(message, x, y) {
  const strip = reactions(message, () => dialog.close());
  const items = h("div", { className: "items", role: "menu" }, ...entries(message).map(([label, glyph, run, look]) => h("button", { type: "button", role: "menuitem", className: look ?? "", onclick: () => { dialog.close(); run(); } }, icon(glyph), label)));
  const dialog = popover([strip, items], x, y);
  items.querySelector("button").focus({ preventScroll: true });
}

// A modal dialog without a backdrop. It closes on an outside click or Esc and returns the focus.
export function popover(content, x, y) {
  const dialog = h("dialog", { className: "context" }, ...content);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("contextmenu", (event) => event.preventDefault());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", arrows);
  document.body.append(dialog);
  dialog.showModal();
  const box = dialog.getBoundingClientRect();
  dialog.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
  dialog.style.top = `${Math.max(8, Math.min(y, innerHeight - box.height - 8))}px`;
  return dialog;
}

function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll(".items button")];
  buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length]?.focus();
}

function reactions(message, done) {
  const mine = message.reactions[world.me] ?? [];
  const face = (emoji) => h("button", { type: "button", "aria-label": emoji, "aria-pressed": mine.includes(emoji), onclick: () => { done(); toggle(message, emoji); } }, emoji);
  const strip = h("div", { className: "strip", role: "group", "aria-label": say("react") }, ...FIRST.map(face));
  const more = h("button", { type: "button", className: "more", "aria-label": say("more"), onclick: () => { strip.classList.add("all"); strip.replaceChildren(...world.emoji.map(face)); } }, icon("down"));
  strip.append(more);
  return strip;
}

export function toggle(message, emoji) {
  const mine = message.reactions[world.me] ?? [];
  return attempt(act("react", { chat: message.chat.id, message_id: message.message_id, emoji: mine.includes(emoji) ? [] : [emoji] }));
}

function entries(message) {
  const file = message.document ?? message.video ?? message.animation ?? message.photo?.at(-1) ?? message.sticker;
  const text = message.text ?? message.caption, mine = message.from.id === world.me;
  const remove = () => attempt(act("delete", { chat: message.chat.id, message_id: message.message_id }));
  const reads = isChannel(message.chat.id) && !inCharge(message.chat.id, world.me);
  return [
    !reads && [say("reply"), "reply", () => emit("reply", message)],
    mine && text && [say("edit"), "edit", () => emit("edit", message)],
    text && [say("copy"), "copy", () => copy(text)],
    [say("forward"), "forward", () => forwardTo(message)],
    file && [say("save"), "save", () => h("a", { href: source(file.file_id), download: file.file_name ?? "photo.jpg" }).click()],
    (mine || message.chat.id > 0) && [say("delete"), "trash", remove, "danger"],
  ].filter(Boolean);
}
