// The message list. Only changed messages are redrawn, and it stays at the end or at the reader's position.

import { h, avatar, icon } from "./dom.js";
import { attempt, authorOf, get, inCharge, isChannel, loadHistory, messagesOf, on, sendForm, world } from "./world.js";
import { day, say } from "./words.js";
import { bubble } from "./bubble.js";
import { serviceText, summary } from "./text.js";

const log = document.getElementById("log"), scroll = document.getElementById("scroll"), down = document.getElementById("down");
let drawn = new Map(), shown = null, atEnd = true, loading = false, missed = 0, extent = "";

down.append(icon("down"));
down.title = say("toEnd");
down.setAttribute("aria-label", say("toEnd"));
down.addEventListener("click", () => scroll.scrollTo({ top: scroll.scrollHeight, behavior: "smooth" }));
scroll.addEventListener("scroll", () => {
  // A change of the layout moves the list, too. Only the reader leaves the end.
  const now = `${scroll.scrollHeight} ${scroll.clientHeight}`, moved = now !== extent;
  extent = now;
  if (moved && atEnd) return toEnd();
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  if (atEnd) missed = 0;
  badge();
  dates();
  if (scroll.scrollTop < 400) older();
}, { passive: true });
const stay = new ResizeObserver(() => { if (atEnd) toEnd(); });
stay.observe(log);
stay.observe(scroll);

function toEnd() {
  if (messagesOf(world.chat).size) scroll.scrollTop = scroll.scrollHeight;
}

// The floating date shows while the list scrolls, then fades.
let rest;
function dates() {
  for (const one of log.querySelectorAll(".day.resting")) one.classList.remove("resting");
  clearTimeout(rest);
  rest = setTimeout(() => {
    const top = scroll.getBoundingClientRect().top + 8;
    for (const one of log.querySelectorAll(".day")) one.classList.toggle("resting", scroll.scrollTop > 20 && one.getBoundingClientRect().top <= top);
  }, 900);
}

function badge() {
  down.hidden = atEnd;
  const counter = down.querySelector(".badge");
  counter.hidden = !missed;
  counter.textContent = missed;
}

export async function showChat() {
  const key = `${world.me} ${world.chat}`;
  if (shown !== key) {
    [shown, drawn, atEnd, missed] = [key, new Map(), true, 0];
    log.replaceChildren();
    try {
      await attempt(loadHistory(world.chat));
    } catch {
      if (shown === key) shown = null; // The toast says so, and the next visit tries again.
      return;
    }
    if (shown !== key) return;
  }
  draw();
  scroll.scrollTop = 0;
  toEnd();
}

async function older() {
  if (loading || world.whole.has(world.chat) || !messagesOf(world.chat).size) return;
  loading = true;
  const chat = world.chat, height = scroll.scrollHeight;
  try {
    await attempt(loadHistory(chat, Math.min(...messagesOf(chat).keys())));
  } catch {
    return; // The toast says so, and the next scroll tries again.
  } finally {
    loading = false;
  }
  if (chat !== world.chat) return;
  draw();
  scroll.scrollTop += scroll.scrollHeight - height;
}

// Groups messages in order, with each album as one group.
function runs() {
  const sorted = [...messagesOf(world.chat).values()].sort((a, b) => a.message_id - b.message_id), out = [];
  for (const message of sorted) {
    const previous = out.at(-1);
    if (message.media_group_id && previous?.[0].media_group_id === message.media_group_id) previous.push(message);
    else out.push([message]);
  }
  return out;
}

const together = (a, b) => a && b && authorOf(a).id === authorOf(b).id && !serviceText(a) && !serviceText(b) && Math.abs(a.date - b.date) < 600 && day(a.date) === day(b.date);

function draw() {
  const next = new Map(), elements = [], all = runs();
  let today = "";
  all.forEach((messages, index) => {
    const date = day(messages[0].date);
    if (date !== today) elements.push(entry(next, `day ${date}`, date, () => h("div", { className: "day" }, date)));
    today = date;
    const place = { first: !together(all[index - 1]?.[0], messages[0]), last: !together(messages[0], all[index + 1]?.[0]) };
    elements.push(entry(next, messages[0].message_id, [...messages, place.first, place.last], (old) => bubble(messages, place, old?.querySelector(".bubble > .media > img"))));
  });
  if (!all.length) elements.push(entry(next, "empty", world.bot.first_name + world.me, empty));
  else if (wantsPhoto()) elements.push(entry(next, "samples", world.me, samples));
  for (const [key, { element }] of drawn) if (next.get(key)?.element !== element) element.remove();
  elements.forEach((element, index) => { if (log.children[index] !== element) log.insertBefore(element, log.children[index] ?? null); });
  drawn = next;
}

function entry(next, key, content, make) {
  const old = drawn.get(key), parts = [content].flat();
  const same = old && old.parts.length === parts.length && parts.every((part, index) => part === old.parts[index]);
  const element = same ? old.element : make(old?.element);
  next.set(key, { parts, element });
  return element;
}

function empty() {
  const box = h("div", { className: "empty" }, avatar(world.bot), h("h2", {}, world.bot.first_name), h("p", {}, say("hello", { name: world.bot.first_name })));
  const isPrivate = world.chat > 0;
  get(`/playground/menu?user=${world.me}&chat=${world.chat}`).then(({ description, commands: [first] }) => {
    if (isPrivate && description) box.querySelector("p").textContent = description;
    if (!isPrivate && first) box.querySelector("p").textContent = say("helloAll", { name: world.bot.first_name, ...first });
  });
  if (!isChannel(world.chat) || inCharge(world.chat, world.me)) box.append(h("p", {}, say("trySample")), tray());
  return box;
}

// The samples stay in the private chat until the person has sent a photo, or the bot a second one: a result is at the end then.
function wantsPhoto() {
  const pictures = [...messagesOf(world.chat).values()].filter((message) => message.photo || message.document);
  return world.chat > 0 && world.whole.has(world.chat) && pictures.length < 2 && !pictures.some((message) => message.from.id === world.me);
}

function samples() {
  return h("div", { className: "empty samples" }, h("p", {}, say("trySample")), tray());
}

export function tray(done = () => {}) {
  const pick = (sample) => { done(); attempt(sendForm({ sample })); };
  return h("div", { className: "tray" }, ...world.samples.map((name) => h("button", { type: "button", title: name, "aria-label": name.replace(".jpg", ""), onclick: () => pick(name) },
    h("img", { src: `/playground/samples/${name}`, alt: "", loading: "lazy" }), name.includes("12mp") ? h("span", { className: "tag" }, say("megapixels")) : null)));
}

on("message", ({ chat, message, fresh }) => {
  if (chat !== world.chat) return;
  draw();
  if (!fresh) return;
  const mine = message.from.id === world.me;
  document.querySelector(`.message[data-id="${message.message_id}"]`)?.classList.add("new");
  if (mine) atEnd = true;
  else {
    document.getElementById("spoken").textContent = `${authorOf(message).first_name}: ${summary(message)}`;
    if (!atEnd) missed += 1;
  }
  if (atEnd) toEnd();
  badge();
});
on("people", () => { if (world.chat) draw(); });
