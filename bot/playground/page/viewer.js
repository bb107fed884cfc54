// The photo viewer: fits the image to the window. A click shows it at 1:1 if it is larger, and Esc or a click closes it.

import { avatar, button, h } from "./dom.js";
import { fullTime, say } from "./words.js";
import { words } from "./text.js";

const source = (fileId) => `/playground/files/${fileId}`;

export function view(message) {
  const file = message.photo?.at(-1) ?? message.animation ?? message.video;
  const isVideo = !message.photo && !file.mime_type?.startsWith("image/");
  if (isVideo && message.video) return;
  const picture = isVideo ? h("video", { src: source(file.file_id), loop: true, autoplay: true, muted: true }) : h("img", { src: source(file.file_id), alt: message.caption || say("photo") });
  const stage = h("div", { className: "stage", onclick: (event) => (event.target === picture && !isVideo && picture.naturalWidth > stage.clientWidth ? stage.classList.toggle("actual") : dialog.close()) }, picture);
  const save = () => h("a", { href: picture.src, download: `photo-${message.message_id}.jpg` }).click();
  const about = h("div", { className: "grow" }, message.from.first_name, h("small", {}, fullTime(message.date)));
  const head = h("header", {}, avatar(message.from), about, button(say("save"), "save", save), button(say("close"), "close", () => dialog.close()));
  const dialog = h("dialog", { className: "viewer", "aria-label": message.caption || say("photo") }, head, stage, message.caption ? words(message.caption, message.caption_entities) : "");
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
