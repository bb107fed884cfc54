// The composer: text, commands, photos (picked, dropped or pasted), replies, edits, inline queries, and the sender.

import { avatar, button, h, icon } from "./dom.js";
import { act, attempt, emit, get, inCharge, isChannel, on, present, sendForm, world } from "./world.js";
import { say } from "./words.js";
import { sendFiles } from "./dialogs.js";
import { popover } from "./menu.js";
import { summary } from "./text.js";
import { tray } from "./log.js";
import { askInline } from "./inline.js";
import { openMiniApp } from "./keyboard.js";

const foot = document.getElementById("foot"), drop = document.getElementById("drop"), main = document.getElementById("chat");
const drafts = new Map();
let input, popup, answering, context = {}, menu = { commands: [], button: { type: "commands" } };

export async function showComposer() {
  context = {};
  await readMenu();
  draw();
}

async function readMenu() {
  menu = await get(`/playground/menu?user=${world.me}&chat=${world.chat}`);
}

function draw() {
  const entry = world.chats.get(world.chat);
  if (entry?.migrated_to) return foot.replaceChildren(starter(say("openGroup"), () => emit("go", { chat: entry.migrated_to })));
  if (world.chat > 0 && entry?.members[world.bot.id] === "kicked") return foot.replaceChildren(starter(say("restart"), () => attempt(act("standing", { status: "member" }).then(() => sendForm({ text: "/start" })))));
  if (world.chat > 0 && !entry?.newest) return foot.replaceChildren(starter(say("start"), () => attempt(sendForm({ text: "/start" }))));
  if (isChannel(world.chat) && !inCharge(world.chat, world.me)) return foot.replaceChildren(reader());
  foot.replaceChildren(composer());
  if (matchMedia("(hover: hover)").matches) input.focus({ preventScroll: true });
}

// A reader of a channel can only react. This button switches to a person who may post.
function reader() {
  const poster = [...world.people.values()].find((person) => inCharge(world.chat, person.id));
  return starter(say("postAs", { name: poster.first_name }), () => emit("go", { me: poster.id, chat: world.chat }));
}

const starter = (label, onclick) => h("button", { type: "button", className: "start", onclick }, label);

function composer() {
  input = h("textarea", { rows: 1, placeholder: say("message"), "aria-label": say("message"), value: drafts.get(draftKey()) ?? "", oninput: typed, onkeydown: keys, onpaste: paste });
  answering = h("div", { className: "answering", hidden: true });
  popup = h("div", { className: "popup", hidden: true, role: "listbox" });
  const hasMenu = menu.button.type === "web_app" || menu.commands.length > 0;
  const left = hasMenu && world.chat > 0 ? h("button", { type: "button", className: "menu", onclick: openMenuButton }, icon("menu"), menu.button.text ?? say("menu")) : null;
  const line = h("div", { className: "line" }, left, world.chat < 0 ? self() : null, input, button(say("attach"), "attach", attachMenu));
  return h("div", { className: "composer" }, popup, h("div", { className: "field" }, answering, line), button(say("send"), "send", submit, "round send"));
}

const draftKey = () => `${world.me} ${world.chat}`;

// In a group the user can write as any of its people. The avatar beside the field shows as whom.
function self() {
  const members = [...world.people.values()].filter((person) => present(world.chat, person.id));
  return h("button", { type: "button", className: "round self", title: say("asWhom"), "aria-label": say("asWhom"), onclick: (event) => {
    const items = h("div", { className: "items" }, ...members.map((person) => h("button", { type: "button", onclick: () => { dialog.close(); emit("go", { me: person.id, chat: world.chat }); } }, avatar(person), person.first_name)));
    const dialog = popover([items], event.clientX - 20, event.clientY - 60 - 40 * members.length);
  } }, avatar(world.people.get(world.me)));
}

function openMenuButton() {
  if (menu.button.type === "web_app") return openMiniApp(menu.button.web_app.url);
  if (!popup.hidden) return closePopup();
  showCommands("");
}

function attachMenu(event) {
  const pick = (accept, as) => () => { dialog.close(); choose(accept, as); };
  const items = [[say("photoOrVideo"), "photo", pick("image/*,video/*")], [say("file"), "file", pick("", "document")], [say("samples"), "samples", () => { dialog.close(); openPopup(tray(closePopup)); }]];
  const list = h("div", { className: "items", role: "menu" }, ...items.map(([label, glyph, run]) => h("button", { type: "button", role: "menuitem", onclick: run }, icon(glyph), label)));
  const box = event.currentTarget.getBoundingClientRect();
  const dialog = popover([list], box.right - 190, box.top - 130);
}

function choose(accept, as) {
  const picker = h("input", { type: "file", multiple: true, accept, hidden: true });
  picker.addEventListener("change", () => { offer([...picker.files], as); picker.remove(); });
  document.body.append(picker);
  picker.click();
}

async function offer(files, as) {
  if (!files.length) return;
  if (as === "document") files = files.map((file) => new File([file], file.name, { type: /^image|video/.test(file.type) ? "application/octet-stream" : file.type }));
  const sent = await sendFiles(files.slice(0, 10), input?.value ?? "", context.reply?.message_id);
  if (sent) clear();
}

function keys(event) {
  if (!popup.hidden && ["ArrowDown", "ArrowUp", "Enter", "Tab", "Escape"].includes(event.key)) return choosing(event);
  if (event.key === "Escape") return setContext({});
  if (event.key === "ArrowUp" && !input.value) return [...document.querySelectorAll("#log .message")].at(-1)?.focus();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return undefined;
  event.preventDefault();
  return submit();
}

function choosing(event) {
  const options = [...popup.querySelectorAll("button")], at = options.findIndex((one) => one.ariaSelected === "true");
  if (event.key === "Escape") return closePopup();
  if (event.key === "Enter" && at < 0) { closePopup(); return keys(event); }
  event.preventDefault();
  if (event.key === "Enter" || event.key === "Tab") return options[Math.max(0, at)]?.click();
  const next = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
  options.forEach((one, index) => { one.ariaSelected = index === next; });
  return options[next]?.scrollIntoView({ block: "nearest" });
}

async function submit() {
  const text = input.value.trim();
  if (!text) return;
  const { reply, edit } = context;
  clear();
  const sent = edit ? act("edit", { message_id: edit.message_id, text }) : sendForm({ text, reply_to: reply?.message_id });
  await attempt(sent).catch(() => { input.value = text; });
}

function clear() {
  if (!input) return;
  input.value = "";
  drafts.delete(draftKey());
  closePopup();
  setContext({});
}

function typed() {
  drafts.set(draftKey(), input.value);
  const command = /^\/(\w*)$/.exec(input.value), inline = new RegExp(`^@${world.bot.username}\\s(.*)$`, "i").exec(input.value);
  if (command) return showCommands(command[1]);
  if (inline) return askInline(inline[1], openPopup, clear);
  return closePopup();
}

function showCommands(prefix) {
  const found = menu.commands.filter((one) => one.command.startsWith(prefix.toLowerCase()));
  if (!found.length) return closePopup();
  return openPopup(...found.map((one) => h("button", { type: "button", role: "option", onclick: () => { clear(); attempt(sendForm({ text: world.chat < 0 ? `/${one.command}@${world.bot.username}` : `/${one.command}` })); } },
    avatar(world.bot), h("span", { className: "name" }, `/${one.command}`), h("span", { className: "about" }, one.description))));
}

function openPopup(...content) {
  popup.className = content[0]?.dataset?.tile ? "popup tiles" : "popup";
  popup.replaceChildren(...content);
  popup.hidden = false;
}
function closePopup() {
  if (popup) popup.hidden = true;
}
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".popup, .composer")) closePopup(); });

function setContext(next) {
  context = next;
  const message = next.reply ?? next.edit;
  answering.hidden = !message;
  if (!message) return;
  const label = next.edit ? say("editing") : message.from.first_name;
  answering.replaceChildren(icon(next.edit ? "edit" : "reply"), h("div", {}, h("b", {}, label), h("span", {}, summary(message))), button(say("cancel"), "close", () => setContext({})));
  if (next.edit) input.value = message.text ?? message.caption ?? "";
  input.focus();
}
on("reply", (message) => setContext({ reply: message }));
on("edit", (message) => setContext({ edit: message }));
on("compose", (text) => { input.value = `${text}`; input.focus(); typed(); });
on("message", ({ chat, message, fresh }) => {
  if (chat !== world.chat) return;
  if (!foot.querySelector("textarea") && fresh && !isChannel(chat)) draw();
  if (fresh && message.force_reply && message.from.is_bot && input && !context.edit) {
    setContext({ reply: message });
    input.placeholder = message.force_reply.placeholder || say("message");
  }
});
on("commands", async () => { if (world.chat) { await readMenu(); draw(); } });
on("loaded", () => { if (world.chat && (!input?.isConnected || world.chats.get(world.chat)?.migrated_to || world.chats.get(world.chat)?.members[world.bot.id] === "kicked")) draw(); });

function paste(event) {
  const files = [...event.clipboardData.files];
  if (!files.length) return;
  event.preventDefault();
  offer(files);
}
drop.firstElementChild.textContent = say("drop");
let depth = 0;
const carries = (event) => [...event.dataTransfer.types].includes("Files");
main.addEventListener("dragenter", (event) => { if (carries(event)) { depth += 1; drop.hidden = false; } });
main.addEventListener("dragleave", () => { depth = Math.max(0, depth - 1); drop.hidden = depth === 0; });
main.addEventListener("dragover", (event) => event.preventDefault());
main.addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  drop.hidden = true;
  offer([...event.dataTransfer.files]);
});
