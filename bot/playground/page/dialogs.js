// Dialogs: alerts, confirmations, a new person, a new group, the target of a forward, and files before they are sent.

import { avatar, h } from "./dom.js";
import { act, attempt, chatsOf, emit, inCharge, isChannel, on, sendForm, world } from "./world.js";
import { say } from "./words.js";

function show(title, content, actions, className = "") {
  return new Promise((resolve) => {
    const buttons = actions.map(([label, value, look]) => h("button", { type: look === "main" ? "submit" : "button", className: look ?? "", onclick: look === "main" ? undefined : () => end(value) }, label));
    const form = h("form", { method: "dialog", onsubmit: (event) => { event.preventDefault(); end(actions.find((one) => one[2] === "main")?.[1]); } }, title ? h("h2", {}, title) : "", ...content, h("div", { className: "actions" }, ...buttons));
    const dialog = h("dialog", { className, "aria-label": title || undefined }, form);
    const end = (value) => { dialog.close(); resolve(typeof value === "function" ? value() : value); };
    dialog.addEventListener("close", () => { dialog.remove(); resolve(null); });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export const alertBox = (text) => show(world.bot.first_name, [h("p", {}, text)], [[say("ok"), true, "main"]]);
export const confirmBox = (title, text, yes) => show(title, [h("p", {}, text)], [[say("cancel"), false], [yes, true, "main"]]);

export async function newPerson() {
  const name = h("input", { type: "text", placeholder: say("name"), required: true, maxLength: 64, autofocus: true });
  const languages = [["en", "English"], ["zh-hans", "中文"]].map(([code, label], index) => h("label", {}, h("input", { type: "radio", name: "language", value: code, checked: index === 0 }), label));
  const created = await show(say("newPerson"), [name, h("div", { className: "seg" }, ...languages)], [[say("cancel"), null], [say("add"), () => ({ first_name: name.value.trim(), language_code: languages.find((label) => label.firstChild.checked).firstChild.value }), "main"]]);
  if (!created?.first_name) return;
  const person = await attempt(act("person", created));
  world.people.set(person.id, person);
  emit("people");
  emit("go", { me: person.id, chat: person.id });
}

export async function newGroup() {
  const title = h("input", { type: "text", placeholder: say("groupName"), required: true, maxLength: 128, autofocus: true });
  const others = [...world.people.values()].filter((person) => person.id !== world.me);
  const picks = [...others, world.bot].map((who) => [who, h("input", { type: "checkbox", checked: true })]);
  const list = picks.map(([who, box]) => h("label", {}, box, avatar(who), who.first_name));
  const kinds = ["group", "channel"].map((kind, index) => h("label", {}, h("input", { type: "radio", name: "kind", value: kind, checked: index === 0 }), say(kind)));
  const done = await show(say("newGroup"), [title, h("div", { className: "seg" }, ...kinds), ...list], [[say("cancel"), null], [say("create"), () => picks.filter(([, box]) => box.checked).map(([who]) => who.id), "main"]]);
  if (!done || !title.value.trim()) return;
  const chat = await attempt(act(kinds.find((label) => label.firstChild.checked).firstChild.value, { title: title.value, members: done.filter((id) => id !== world.bot.id), bot: done.includes(world.bot.id) }));
  emit("go", { chat });
}

export async function groupMembers(chat) {
  const entry = world.chats.get(chat);
  const inside = (id) => ["creator", "administrator", "member"].includes(entry.members[id]);
  const picks = [...world.people.values(), world.bot].map((who) => [who, h("input", { type: "checkbox", checked: inside(who.id), disabled: entry.members[who.id] === "creator" })]);
  const list = picks.map(([who, box]) => h("label", {}, box, avatar(who), who.first_name, h("small", {}, { creator: say("owner"), administrator: say("admin") }[entry.members[who.id]] ?? "")));
  const done = await show(say("addPeople"), list, [[say("cancel"), null], [say("ok"), true, "main"]]);
  if (!done) return;
  for (const [who, box] of picks) if (box.checked !== inside(who.id)) await attempt(act("standing", { chat, member: who.id, status: box.checked ? (who.is_bot && isChannel(chat) ? "administrator" : "member") : who.is_bot ? "kicked" : "left" }));
}

// Asks for one of the person's chats in which they may write. Returns its id, or null.
async function pickChat() {
  const open = chatsOf(world.me).filter((chat) => !isChannel(chat.id) || inCharge(chat.id, world.me));
  const options = open.map((chat) => h("label", {}, h("input", { type: "radio", name: "chat", value: chat.id }), avatar(chat.id > 0 ? world.bot : chat), chat.title ?? world.bot.first_name));
  options[0].firstChild.checked = true;
  return show(say("forwardTo"), options, [[say("cancel"), null], [say("send"), () => Number(options.find((label) => label.firstChild.checked).firstChild.value), "main"]]);
}

export async function forwardTo(message) {
  const chat = await pickChat();
  if (!chat) return;
  await attempt(act("forward", { chat, from_chat: message.chat.id, message_id: message.message_id }));
  emit("go", { chat });
}

// What t.me/share/url?url=…&text=… does in Telegram: the address and the words go to a chat of the person's choice.
export async function shareTo(url, text) {
  const chat = await pickChat();
  if (!chat) return;
  await attempt(sendForm({ chat, text: [url, text].filter(Boolean).join("\n") }));
  emit("go", { chat });
}

// What a switch_inline_query button does: the person chooses a chat, and the query stands in its field.
export async function inlineIn(query) {
  const chat = await pickChat();
  if (!chat) return;
  emit("go", { chat, words: `@${world.bot.username} ${query}` });
}

// What shareMessage does in a Mini App: a prepared message goes to a chat of the person's choice. Returns Telegram's error, or null.
export async function sendPrepared(id) {
  const chat = await pickChat();
  if (!chat) return "USER_DECLINED";
  try { await attempt(act("prepared", { chat, id })); } catch { return "MESSAGE_SEND_FAILED"; }
  return null;
}

export async function sendFiles(files, words, replyTo) {
  const pictures = files.every((file) => /^(image|video)\//.test(file.type));
  const urls = files.map((file) => (file.type.startsWith("image/") ? URL.createObjectURL(file) : null));
  const preview = h("div", { className: "preview" }, ...files.map((file, index) => (urls[index] ? h("img", { src: urls[index], alt: file.name }) : h("div", { className: "name" }, file.name))));
  const caption = h("textarea", { placeholder: say("caption"), rows: 1, value: words, maxLength: 1024, autofocus: true, "aria-label": say("caption") });
  caption.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); caption.form.requestSubmit(); } });
  const asFile = h("input", { type: "radio", name: "as", checked: !pictures });
  const choice = pictures ? [h("div", { className: "seg" }, h("label", {}, h("input", { type: "radio", name: "as", checked: true }), say("asPhoto")), h("label", {}, asFile, say("asFile")))] : [];
  const spoiler = h("input", { type: "checkbox" });
  if (pictures) choice.push(h("label", {}, spoiler, say("spoiler")));
  const n = files.length, title = pictures ? (n > 1 ? say("sendPhotos", { n }) : say("sendPhoto")) : n > 1 ? say("sendFiles", { n }) : say("sendFile");
  const done = await show(title, [preview, caption, ...choice], [[say("cancel"), null], [say("send"), true, "main"]], "sending");
  urls.forEach((url) => url && URL.revokeObjectURL(url));
  if (!done) return false;
  await attempt(sendForm({ text: caption.value, reply_to: replyTo, as: asFile.checked ? "document" : "", spoiler: spoiler.checked ? "1" : "" }, files));
  return true;
}

let timer;
on("toast", (text) => {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  toast.classList.add("on");
  clearTimeout(timer);
  timer = setTimeout(() => toast.classList.remove("on"), Math.min(7000, 2200 + 45 * text.length));
});
