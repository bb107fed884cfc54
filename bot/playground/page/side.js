// The side bar: the current person, and that person's chats.

import { avatar, h, icon } from "./dom.js";
import { chatsOf, emit, isChannel, nameOf, on, world } from "./world.js";
import { say, when } from "./words.js";
import { newGroup, newPerson } from "./dialogs.js";
import { summary } from "./text.js";

const people = document.getElementById("people"), list = document.getElementById("chats"), create = document.getElementById("new-group");
people.setAttribute("aria-label", say("whoAmI"));
document.getElementById("side").setAttribute("aria-label", say("chats"));
create.textContent = `+ ${say("newGroup")}`;
create.addEventListener("click", newGroup);

const count = (user, chat) => [...world.unread].filter(([key]) => key.startsWith(`${user} `) && (chat === undefined || key === `${user} ${chat}`)).reduce((sum, [, n]) => sum + n, 0);
const badge = (n) => (n ? h("span", { className: "badge" }, `${n}`) : null);

function drawPeople() {
  const faces = [...world.people.values()].map((person) => {
    const face = avatar(person), unread = person.id === world.me ? 0 : count(person.id);
    if (unread) face.append(badge(unread));
    return h("button", { type: "button", role: "radio", "aria-checked": person.id === world.me, onclick: () => emit("be", person.id) }, face, h("span", { className: "name" }, person.first_name));
  });
  const more = h("button", { type: "button", "aria-label": say("newPerson"), onclick: newPerson }, h("span", { className: "avatar more" }, icon("plus")), h("span", { className: "name" }, say("newPerson")));
  people.replaceChildren(...faces, more);
}

function drawChats() {
  list.replaceChildren(...chatsOf(world.me).map((chat) => {
    const title = chat.id > 0 ? world.bot.first_name : chat.title;
    const current = chat.id === world.chat, newest = chat.newest;
    const by = newest && !isChannel(chat.id) && (newest.from.id === world.me ? say("you") : chat.id < 0 ? nameOf(newest.from.id) : "");
    const last = h("span", { className: "last" }, by ? h("b", {}, `${by}: `) : "", summary(newest) || say(chat.id > 0 ? "bot" : isChannel(chat.id) ? "subscribers" : "members", { n: Object.keys(chat.members).filter((id) => !isChannel(chat.id) || Number(id) !== world.bot.id).length }));
    return h("li", {}, h("button", { type: "button", "aria-current": current, onclick: () => emit("go", { chat: chat.id }) },
      avatar(chat.id > 0 ? world.bot : chat), h("span", { className: "title" }, title), h("span", { className: "when" }, newest ? when(newest.date) : ""), last, badge(current ? 0 : count(world.me, chat.id))));
  }));
}

export function showSide() {
  drawPeople();
  drawChats();
}
let planned = false;
on("message people loaded", () => {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; showSide(); });
});
