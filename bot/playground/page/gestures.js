// Gestures on a message: right click, long press, double click, swipe to reply, and keys.

import { emit } from "./world.js";
import { openMenu } from "./menu.js";

const LONG = 450, SWIPE = 60; // ms, px

export function gestures(element, message) {
  element.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    openMenu(message, event.clientX, event.clientY);
  });
  element.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button, a, .media")) emit("reply", message);
  });
  element.addEventListener("keydown", (event) => keys(event, element, message));
  element.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") touch(event, element, message); });
}

function keys(event, element, message) {
  if (event.target !== element) return;
  const box = element.getBoundingClientRect();
  if (event.key === "Enter" || event.key === "ContextMenu") openMenu(message, box.left + 20, box.top + 20);
  else if (event.key === "r") emit("reply", message);
  else if (event.key === "ArrowUp" || event.key === "ArrowDown") neighbour(element, event.key)?.focus();
  else return;
  event.preventDefault();
}

function neighbour(element, key) {
  const all = [...document.querySelectorAll("#log .message")];
  return all[all.indexOf(element) + (key === "ArrowUp" ? -1 : 1)];
}

function touch(start, element, message) {
  const timer = setTimeout(() => { stop(); openMenu(message, start.clientX, start.clientY); }, LONG);
  const shift = (event) => Math.max(-SWIPE * 1.4, Math.min(0, event.clientX - start.clientX));
  const move = (event) => {
    if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > 10) clearTimeout(timer);
    element.style.translate = `${shift(event)}px 0`;
  };
  const end = (event) => {
    if (event.type === "pointerup" && shift(event) <= -SWIPE) emit("reply", message);
    stop();
  };
  const stop = () => {
    clearTimeout(timer);
    element.style.translate = "";
    for (const kind of ["pointerup", "pointercancel"]) removeEventListener(kind, end);
    removeEventListener("pointermove", move);
  };
  addEventListener("pointermove", move);
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, end);
}
