// The page's state and its connection to the playground. Views subscribe to events that say what changed.

import { say } from "./words.js";

const address = new URLSearchParams(location.search);

export const world = {
  me: Number(address.get("user")) || Number(localStorage.getItem("me")) || 1,
  chat: Number(address.get("chat")) || null,
  bot: null, people: new Map(), chats: new Map(), messages: new Map(), unread: new Map(), actions: new Map(),
  emoji: [], samples: [], online: true, whole: new Set(),
};
const listeners = new Map();
let stream = null, cursor = "";

export function on(kinds, listener) {
  for (const kind of kinds.split(" ")) listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}
export function emit(kind, detail) {
  for (const listener of listeners.get(kind) ?? []) listener(detail);
}

async function answer(response) {
  const body = response.headers.get("Content-Type")?.includes("json") ? await response.json() : { description: response.statusText };
  if (!response.ok) throw new Error(body.description);
  return body;
}
export const get = async (path) => answer(await fetch(path));
export async function act(name, details) {
  const body = JSON.stringify({ user: world.me, chat: world.chat, ...details });
  return answer(await fetch(`/playground/${name}`, { method: "POST", body, headers: { "Content-Type": "application/json" } }));
}
export async function sendForm(fields, files = []) {
  const form = new FormData();
  for (const [key, value] of Object.entries({ user: world.me, chat: world.chat, ...fields })) if (value) form.set(key, value);
  for (const file of files) form.append("file", file, file.name);
  return answer(await fetch("/playground/send", { method: "POST", body: form }));
}
export function attempt(promise) {
  promise.catch((error) => emit("toast", say("failed", { why: error.message.replace("Bad Request: ", "") })));
  return promise;
}

export const isBotChat = (chat) => chat > 0;
export const nameOf = (id) => (id === world.bot.id ? world.bot.first_name : world.people.get(id)?.first_name ?? `${id}`);
export const isChannel = (chat) => world.chats.get(chat)?.type === "channel";
export const inCharge = (chat, user) => ["creator", "administrator"].includes(world.chats.get(chat)?.members[user]);
// A post in a channel belongs to the channel, whoever wrote it.
export const authorOf = (message) => (message.sender_chat ? { id: message.sender_chat.id, first_name: message.sender_chat.title, title: message.sender_chat.title } : message.from);
export const messagesOf = (chat) => world.messages.get(chat) ?? world.messages.set(chat, new Map()).get(chat);
export const present = (chat, user) => ["creator", "administrator", "member"].includes(world.chats.get(chat)?.members[user]);
export function chatsOf(user) {
  const groups = [...world.chats.values()].filter((chat) => chat.id < 0 && present(chat.id, user) && !chat.migrated_to);
  const own = world.chats.get(user) ?? { id: user, type: "private", members: {}, newest: null };
  return [own, ...groups].sort((a, b) => (b.newest?.date ?? 0) - (a.newest?.date ?? 0) || b.id - a.id);
}

export async function load() {
  const state = await get("/playground/state");
  cursor = state.cursor;
  Object.assign(world, { bot: state.bot, emoji: state.emoji, samples: state.samples });
  world.people = new Map(state.people.map((person) => [person.id, person]));
  world.chats = new Map(state.chats.map((chat) => [chat.id, chat]));
  if (!world.people.has(world.me)) world.me = state.people[0].id;
  emit("loaded");
}

export async function loadHistory(chat, before) {
  const page = await get(`/playground/chats/${chat}${before ? `?before=${before}` : ""}`);
  const known = messagesOf(chat);
  if (!before) {
    const oldest = page.messages[0]?.message_id ?? 0;
    const fresh = new Set(page.messages.map((message) => message.message_id));
    for (const id of [...known.keys()]) if (id >= oldest && !fresh.has(id)) known.delete(id);
  }
  for (const message of page.messages) keep(known, message);
  if (page.messages.length < 60) world.whole.add(chat);
  return page.messages.length;
}

// An unchanged message keeps its identity, so that its bubble is not redrawn.
function keep(known, message) {
  const before = known.get(message.message_id);
  if (!equal(before, message)) known.set(message.message_id, message);
}

function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], b[key]));
}

export function select(me, chat) {
  const moved = world.me !== me || world.chat !== chat;
  Object.assign(world, { me, chat });
  localStorage.setItem("me", me);
  world.unread.delete(`${me} ${chat}`);
  return moved;
}

const EVENTS = {
  message({ chat, message }) {
    const known = messagesOf(chat), fresh = !known.has(message.message_id);
    keep(known, message);
    const entry = world.chats.get(chat);
    if (entry && (!entry.newest || entry.newest.message_id <= message.message_id)) {
      if (fresh && entry.newest?.message_id !== message.message_id) arrived(chat, message);
      entry.newest = message;
    }
    if (fresh) world.actions.delete(chat);
    emit("message", { chat, message, fresh });
  },
  deleted({ chat, message_id }) {
    messagesOf(chat).delete(message_id);
    const entry = world.chats.get(chat);
    if (entry?.newest?.message_id === message_id) entry.newest = [...messagesOf(chat).values()].sort((a, b) => a.message_id - b.message_id).at(-1) ?? null;
    emit("message", { chat, message_id });
  },
  action({ chat, action }) {
    world.actions.set(chat, action);
    emit("action", chat);
    setTimeout(() => { if (world.actions.get(chat) === action) { world.actions.delete(chat); emit("action", chat); } }, 5000);
  },
  answer: (data) => emit("answer", data),
  results: (data) => emit("results", data),
  commands: () => emit("commands"),
  person: ({ person }) => { world.people.set(person.id, person); emit("people"); },
  chat: () => attempt(load()),
  bot: () => attempt(load()),
};

function arrived(chat, message) {
  const audience = chat > 0 ? [chat] : Object.keys(world.chats.get(chat)?.members ?? {}).map(Number).filter((user) => present(chat, user));
  for (const user of audience) {
    const watching = user === world.me && chat === world.chat && document.visibilityState === "visible";
    if (user === message.from.id || user === world.bot.id || watching) continue;
    const key = `${user} ${chat}`;
    world.unread.set(key, (world.unread.get(key) ?? 0) + 1);
  }
}

export function connect() {
  stream?.close();
  stream = new EventSource(`/playground/events?after=${cursor}`);
  stream.onopen = () => online(true);
  stream.onerror = () => {
    online(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  };
  for (const [kind, handle] of Object.entries(EVENTS)) stream.addEventListener(kind, (event) => {
    cursor = event.lastEventId;
    handle(JSON.parse(event.data));
  });
  // The playground restarted, or the page missed too much: reload everything and redraw only what differs.
  const here = stream, before = cursor;
  here.addEventListener("reset", async () => {
    try {
      await load();
      if (world.chat) await loadHistory(world.chat);
      emit("message", { chat: world.chat });
    } catch {
      // From the old place, the next connection begins with a reset again.
      here.close();
      cursor = before;
      online(false);
      setTimeout(connect, 1000);
    }
  });
}

function online(now) {
  if (world.online === now) return;
  world.online = now;
  emit("online");
}
