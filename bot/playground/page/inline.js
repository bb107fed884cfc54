// Inline queries: `@bot words` lists the bot's suggestions, and a tap sends one.

import { avatar, h } from "./dom.js";
import { act, attempt, on, world } from "./world.js";
import { source } from "./media.js";

const PAUSE = 250; // ms without typing before a query is sent
const FILES = ["photo_file_id", "gif_file_id", "mpeg4_file_id", "sticker_file_id"];
let timer, asked, show, done;

export function askInline(query, openPopup, sent) {
  clearTimeout(timer);
  [show, done] = [openPopup, sent];
  timer = setTimeout(async () => { asked = await act("inline", { query }); }, PAUSE);
}

on("results", ({ query, user, results, results_id: from }) => {
  if (user !== world.me || (asked && query !== asked)) return;
  show(...results.map((result) => tile(result, from)));
});

function tile(result, from) {
  const onclick = () => { done(); attempt(act("choose", { results_id: from, result_id: result.id })); };
  const file = FILES.map((key) => result[key]).find(Boolean);
  if (file) {
    const picture = h("button", { type: "button", role: "option", "aria-label": result.title ?? result.caption ?? "", onclick }, h("img", { src: source(file), alt: "" }));
    picture.dataset.tile = "1";
    return picture;
  }
  return h("button", { type: "button", role: "option", onclick }, avatar(world.bot), h("span", { className: "about" }, h("span", { className: "name" }, result.title ?? ""), h("br"), result.description ?? ""));
}
