// Formatted text: turns entities into elements, and summarizes messages.

import { h } from "./dom.js";
import { attempt, authorOf, emit, nameOf, sendForm, world } from "./world.js";
import { shareTo } from "./dialogs.js";
import { say } from "./words.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote" };

export function words(text, entities = []) {
  return h("div", { className: "words", dir: "auto" }, ...spans(text, 0, text.length, entities));
}

// JavaScript strings count UTF-16 units, as the entities do.
function spans(text, start, end, entities) {
  const out = [];
  let position = start;
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index], from = entity.offset, to = from + entity.length;
    if (from < position || to > end) continue;
    if (from > position) out.push(text.slice(position, from));
    const inner = entities.slice(index + 1).filter((other) => other.offset >= from && other.offset + other.length <= to);
    out.push(span(entity, text.slice(from, to), spans(text, from, to, inner)));
    position = to;
  }
  if (position < end) out.push(text.slice(position, end));
  return out;
}

function span(entity, covered, children) {
  const kind = entity.type;
  if (kind === "spoiler") return h("span", { className: "spoiler", tabIndex: 0, role: "button", onclick: (event) => event.currentTarget.classList.add("shown") }, ...children);
  if (kind === "url" || kind === "text_link") return anchor(entity.url ?? covered, children);
  if (kind === "bot_command") return h("a", { className: "command", role: "button", tabIndex: 0, onclick: () => attempt(sendText(covered)) }, ...children);
  if (["mention", "hashtag", "text_mention", "cashtag"].includes(kind)) return h("span", { className: "tag" }, ...children);
  const element = h(TAGS[kind] ?? "span", {}, ...children);
  if (kind === "code") element.addEventListener("click", () => copy(covered));
  return element;
}

function anchor(address, children) {
  const url = /^[a-z]+:/i.test(address) ? address : `https://${address}`;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", onclick: (event) => { if (follow(url)) event.preventDefault(); } }, ...children);
}

export async function copy(text) {
  await navigator.clipboard?.writeText(text);
  emit("toast", say("copied"));
}

const sendText = (text) => sendForm({ text });

// A link to this bot (t.me/<bot>?start=<payload>) stays in the page and starts the bot, as in Telegram.
export function follow(url) {
  const found = URL.canParse(url) ? new URL(url) : null;
  if (found?.hostname === "t.me" && found.pathname === "/share/url") {
    shareTo(found.searchParams.get("url"), found.searchParams.get("text"));
    return true;
  }
  if (!found || found.hostname !== "t.me" || found.pathname.slice(1).toLowerCase() !== world.bot.username.toLowerCase()) return false;
  emit("go", { chat: world.me });
  const payload = found.searchParams.get("start");
  if (found.searchParams.has("start")) attempt(sendText(`/start ${payload}`.trim()));
  return true;
}

export function summary(message) {
  if (!message) return "";
  const service = serviceText(message);
  if (service) return service;
  const text = message.text ?? message.caption;
  if (text && !message.photo) return text;
  const kind = ["photo", "animation", "video", "sticker", "document", "audio", "voice"].find((one) => message[one]);
  const label = kind === "document" ? message.document.file_name ?? say("document") : say(kind ?? "message");
  return text ? `🖼 ${text}` : label;
}

export function serviceText(message) {
  const who = authorOf(message).first_name;
  if (message.new_chat_members) {
    const whom = message.new_chat_members.map((user) => user.first_name).join(", ");
    return message.new_chat_members[0].id === message.from.id ? say("joinedSelf", { who }) : say("joined", { who, whom });
  }
  if (message.left_chat_member) return message.left_chat_member.id === message.from.id ? say("left", { who }) : say("removed", { who, whom: message.left_chat_member.first_name });
  if (message.group_chat_created) return say("created", { who });
  if (message.channel_chat_created) return say("channelCreated");
  if (message.migrate_to_chat_id || message.migrate_from_chat_id) return say("migrated");
  if (message.pinned_message) return say("pinned", { who });
  return "";
}

export const originName = (origin) => origin.chat?.title ?? origin.sender_user?.first_name ?? origin.sender_user_name ?? nameOf(origin.sender_user?.id);
