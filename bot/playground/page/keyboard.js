// Inline keyboards: what each button does, and its spinner until the bot answers.

import { avatar, button, h, icon } from "./dom.js";
import { act, attempt, emit, get, on, world } from "./world.js";
import { alertBox, confirmBox, inlineIn, sendPrepared } from "./dialogs.js";
import { copy, follow } from "./text.js";
import { say } from "./words.js";

const PATIENCE = 15000; // ms; Telegram's apps stop the spinner then, too
const waiting = new Map();

export function keyboard(message) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h("div", { className: "keys", role: "group" }, ...rows.map((row) => h("div", {}, ...row.map((one) => key(message, one)))));
}

function key(message, one) {
  const element = h("button", { type: "button", className: one.style ?? "", onclick: () => press(element, message, one) }, one.text);
  if (one.url || one.web_app || one.login_url) {
    const corner = icon("link");
    corner.classList.add("corner");
    element.append(corner);
  }
  for (const [query, entry] of waiting) if (entry.message === message.message_id && entry.data === one.callback_data && entry.chat === message.chat.id) waiting.set(query, { ...entry, element: busy(element) });
  return element;
}

function busy(element) {
  element.setAttribute("aria-busy", "true");
  return element;
}

function press(element, message, one) {
  if (one.callback_data) return tap(element, message, one.callback_data);
  if (one.copy_text) return copy(one.copy_text.text);
  if ("switch_inline_query_current_chat" in one) return emit("compose", `@${world.bot.username} ${one.switch_inline_query_current_chat}`);
  if ("switch_inline_query" in one) return inlineIn(one.switch_inline_query);
  if (one.switch_inline_query_chosen_chat) return inlineIn(one.switch_inline_query_chosen_chat.query ?? "");
  if (one.web_app) return openMiniApp(one.web_app.url);
  return openLink(one.url ?? one.login_url?.url);
}

async function tap(element, message, data) {
  if (element.getAttribute("aria-busy")) return;
  busy(element);
  let query;
  try {
    query = await attempt(act("tap", { chat: message.chat.id, message_id: message.message_id, data }));
  } catch {
    return element.removeAttribute("aria-busy");
  }
  if (early.has(query)) return settle(element, early.get(query), early.delete(query));
  waiting.set(query, { element, message: message.message_id, chat: message.chat.id, data });
  setTimeout(() => { waiting.get(query)?.element.removeAttribute("aria-busy"); waiting.delete(query); }, PATIENCE);
}

const early = new Map(); // answers that arrived before the response to the tap itself

on("answer", (answer) => {
  if (answer.user !== world.me) return;
  const entry = waiting.get(answer.query);
  if (!entry) return early.set(answer.query, answer);
  waiting.delete(answer.query);
  settle(entry.element, answer);
});

function settle(element, answer) {
  element.removeAttribute("aria-busy");
  if (answer.url) openLink(answer.url);
  if (!answer.text) return;
  if (answer.alert) alertBox(answer.text);
  else emit("toast", answer.text);
}

// A Mini App opens as a sheet over the chat, as in Telegram. Its address carries the signed identity of the user.
export async function openMiniApp(url) {
  const address = await attempt(get(`/playground/mini-app?${new URLSearchParams({ user: world.me, url })}`));
  const close = button(say("close"), "close", () => dialog.close());
  const head = h("header", {}, avatar(world.bot), h("span", { className: "name" }, world.bot.first_name), close);
  const frame = h("iframe", { src: address, title: world.bot.first_name });
  const dialog = h("dialog", { className: "app", "aria-label": world.bot.first_name }, head, frame);
  const hear = (said) => { if (said.source === frame.contentWindow) heed(said, new URL(address).origin); };
  addEventListener("message", hear);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => { removeEventListener("message", hear); dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
}

// What a Mini App asks of Telegram's app (core.telegram.org/api/web-events): here it sends prepared messages.
async function heed({ source, data }, origin) {
  let asked;
  try { asked = JSON.parse(data); } catch { return; }
  if (asked?.eventType !== "web_app_send_prepared_message") return;
  const error = await sendPrepared(asked.eventData.id);
  const said = error ? { eventType: "prepared_message_failed", eventData: { error } } : { eventType: "prepared_message_sent" };
  source.postMessage(JSON.stringify(said), origin);
}

async function openLink(url) {
  if (follow(url)) return;
  if (await confirmBox(say("openLink"), url, say("open"))) window.open(url, "_blank", "noopener");
}
