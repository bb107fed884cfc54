// Images and files inside a bubble. A frame has its final proportions before the bytes arrive, so nothing moves.

import { h, icon } from "./dom.js";
import { say, size } from "./words.js";
import { view } from "./viewer.js";

export const source = (fileId) => `/playground/files/${fileId}`;
const BOX = 420, LEAST = 130, KEYED = 260; // px; a keyboard is as wide as its bubble, and needs some room

export function photoFor(sizes, width) {
  const wanted = width * Math.min(2, devicePixelRatio);
  return sizes.find((one) => Math.max(one.width, one.height) >= wanted) ?? sizes.at(-1);
}

export function frameSize({ width, height }, least = LEAST) {
  const factor = Math.min(BOX / width, BOX / height, Math.max(1, LEAST / Math.min(width, height)));
  return [Math.max(least, Math.round(width * factor)), Math.max(64, Math.round(height * factor))];
}

const leastOf = (message) => (message.reply_markup?.inline_keyboard?.length ? KEYED : LEAST);

function frame(message, shape, tile, ...children) {
  const element = h("div", { className: "media", tabIndex: 0, role: "button", "aria-label": message.caption || say("photo") }, ...children);
  if (!tile) {
    const [width, height] = frameSize(shape, leastOf(message));
    element.style.aspectRatio = `${width} / ${height}`;
    element.style.width = `${width}px`;
    element.classList.toggle("wider", width / height > 1.1 * shape.width / shape.height);
  }
  if (message.has_media_spoiler) element.classList.add("veiled");
  const open = () => (element.classList.contains("veiled") ? element.classList.remove("veiled") : view(message));
  element.addEventListener("click", open);
  element.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.stopPropagation(); open(); } });
  return element;
}

// The previous image stays in the frame until the new one is decoded, so that an edited preview never flashes.
export function photo(message, tile = false, previous = null) {
  const sizes = message.photo, chosen = photoFor(sizes, BOX);
  const image = h("img", { alt: message.caption || say("photo"), decoding: "async", draggable: false });
  const element = frame(message, sizes.at(-1), tile);
  if (previous) element.append(previous.cloneNode());
  else if (sizes.length > 1) element.style.backgroundImage = `url("${source(sizes[0].file_id)}")`;
  image.src = source(chosen.file_id);
  if (previous) image.decode().catch(() => null).finally(() => element.replaceChildren(image));
  else element.append(image);
  return element;
}

export function moving(message, tile = false) {
  const file = message.animation ?? message.video;
  if (file.mime_type?.startsWith("image/")) return frame(message, file, tile, h("img", { src: source(file.file_id), alt: say("animation") }));
  const video = h("video", { src: source(file.file_id), muted: true, playsInline: true, loop: Boolean(message.animation), autoplay: Boolean(message.animation), controls: Boolean(message.video), preload: "metadata" });
  const element = frame(message, file, tile, video);
  // The message may lack the size; the loaded file has it.
  video.addEventListener("loadedmetadata", () => {
    if (tile) return;
    const [width, height] = frameSize({ width: video.videoWidth, height: video.videoHeight }, leastOf(message));
    Object.assign(element.style, { aspectRatio: `${width} / ${height}`, width: `${width}px` });
    element.closest(".bubble")?.style.setProperty("width", `${width}px`);
  });
  return element;
}

export function sticker(message) {
  return h("img", { className: "sticker", src: source(message.sticker.file_id), alt: message.sticker.emoji ?? say("sticker"), width: message.sticker.width, height: message.sticker.height });
}

export function documentCard(message) {
  const file = message.document ?? message.audio ?? message.voice, small = file.thumbnail;
  const face = h("span", { className: small ? "face pictured" : "face" }, icon("save"));
  if (small) face.style.backgroundImage = `url("${source(small.file_id)}")`;
  const label = h("span", { className: "label" }, h("b", {}, file.file_name ?? say("document")), h("span", {}, size(file.file_size)));
  return h("a", { className: "document", href: source(file.file_id), download: file.file_name ?? "file", "aria-label": `${say("download")} ${file.file_name ?? ""}` }, face, label);
}

export function album(messages) {
  const count = messages.length;
  const tiles = messages.map((message, index) => {
    const tile = message.photo ? photo(message, true) : moving(message, true);
    if (count % 2 === 1 && index === 0) tile.classList.add("wide");
    return tile;
  });
  const box = h("div", { className: "album" }, ...tiles);
  box.dataset.count = count;
  return box;
}
