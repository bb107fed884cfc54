// One bubble: a message, or an album of several.

import { avatar, button, h, hue, ticks } from "./dom.js";
import { fullTime, say, time } from "./words.js";
import { authorOf, isChannel, world } from "./world.js";
import { album, documentCard, moving, photo, sticker } from "./media.js";
import { keyboard } from "./keyboard.js";
import { openMenu, toggle } from "./menu.js";
import { originName, serviceText, summary, words } from "./text.js";
import { gestures } from "./gestures.js";

// `messages` holds one message or an album. `place` says whether it starts or ends a run of one author's messages.
export function bubble(messages, place, previous) {
  const message = messages[0], service = serviceText(message);
  if (service) return h("div", { className: "service", role: "listitem" }, service);
  const channel = isChannel(message.chat.id), mine = message.from.id === world.me && !channel, group = message.chat.id < 0;
  const flags = ["message", mine && "mine", group && "group", place.first && "first", place.last && "last", keyboard(message) && "keyed"];
  const element = h("div", { className: flags.filter(Boolean).join(" "), role: "listitem", tabIndex: -1 }, content(messages, mine, group, place, previous), keyboard(message));
  element.dataset.id = message.message_id;
  if (group && !mine && place.last) element.append(avatar(authorOf(message)));
  element.append(h("div", { className: "tools" }, button(say("actions"), "more", (event) => openMenu(message, event.clientX, event.clientY), "")));
  gestures(element, message);
  return element;
}

function content(messages, mine, group, place, previous) {
  const message = messages[0], captioned = messages.find((one) => one.caption) ?? message;
  const text = message.text ?? captioned.caption, entities = message.entities ?? captioned.caption_entities;
  const media = medium(messages, previous), bare = Boolean(message.sticker);
  const above = [group && !mine && place.first && author(message), message.forward_origin && forwarded(message), message.reply_to_message && quote(message)].filter(Boolean);
  const chips = reactions(message);
  const box = h("div", { className: "bubble" }, ...above, media);
  if (isFramed(message)) box.classList.add("framed");
  if (bare) box.classList.add("bare");
  if (text || chips) box.classList.add("captioned");
  if (above.length) box.classList.add("under");
  if (isFramed(message)) fit(box, message, messages.length);
  const meta = stamp(message, mine);
  if (text) {
    const paragraph = words(text, entities);
    if (!chips) paragraph.append(meta);
    box.append(paragraph);
  }
  if (chips) {
    chips.append(meta);
    box.append(chips);
  }
  if (!text && !chips) {
    if (isFramed(message) || bare) meta.classList.add("over");
    box.append(meta);
  }
  return box;
}

const isFramed = (message) => Boolean(message.photo || message.animation || message.video);

// A caption is as wide as its image, as in Telegram.
function fit(box, message, count) {
  const width = count > 1 ? "420px" : box.querySelector(".media").style.width;
  box.style.width = width;
  box.style.maxWidth = "100%";
}

function medium(messages, previous) {
  const message = messages[0];
  if (messages.length > 1 && isFramed(message)) return album(messages);
  if (messages.length > 1) return h("div", {}, ...messages.map(documentCard));
  if (message.photo) return photo(message, false, previous);
  if (message.animation || message.video) return moving(message);
  if (message.sticker) return sticker(message);
  if (message.document || message.audio || message.voice) return documentCard(message);
  return null;
}

const author = (message) => h("div", { className: `author ink-${hue(authorOf(message).id)}` }, authorOf(message).first_name);
function forwarded(message) {
  return h("div", { className: "from" }, say("forwardedFrom", { name: originName(message.forward_origin) }));
}

function quote(message) {
  const original = message.reply_to_message;
  return h("button", { type: "button", className: "quote", onclick: () => jump(original.message_id) }, h("b", {}, authorOf(original).first_name), h("span", {}, summary(original)));
}

function jump(id) {
  const target = document.querySelector(`.message[data-id="${id}"]`);
  target?.scrollIntoView({ block: "center", behavior: "smooth" });
  target?.classList.add("found");
  setTimeout(() => target?.classList.remove("found"), 1500);
}

function stamp(message, mine) {
  const edited = message.edit_date ? `${say("edited")} ` : "";
  const via = message.via_bot ? `${say("via", { name: message.via_bot.username })} ` : "";
  return h("span", { className: "meta", title: fullTime(message.date) }, via + edited + time(message.date), mine ? ticks() : null);
}

function reactions(message) {
  const byEmoji = new Map();
  for (const [user, all] of Object.entries(message.reactions ?? {})) for (const emoji of all) byEmoji.set(emoji, [...(byEmoji.get(emoji) ?? []), Number(user)]);
  if (!byEmoji.size) return null;
  const chip = ([emoji, users]) => {
    const faces = users.length < 4 && !isChannel(message.chat.id) ? users.map((id) => avatar(id === world.bot.id ? world.bot : world.people.get(id) ?? { id })) : [`${users.length}`];
    const mine = users.includes(world.me);
    return h("button", { type: "button", "aria-pressed": mine, "aria-label": `${emoji} ${users.length}`, onclick: () => toggle(message, emoji) }, h("span", { className: "emoji" }, emoji), ...faces);
  };
  return h("div", { className: "chips" }, ...[...byEmoji].sort((a, b) => b[1].length - a[1].length).map(chip));
}
