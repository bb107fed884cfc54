// Elements and icons, built without markup strings, so that people's text can never become code.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || (value === false && !key.startsWith("aria"))) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") Object.assign(element.style, value);
    else if (key in element && !key.startsWith("aria") && key !== "list" && key !== "role") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  back: "M15 5l-7 7 7 7", down: "M5 9l7 7 7-7", close: "M6 6l12 12M18 6L6 18", more: "M12 5v.1M12 12v.1M12 19v.1",
  send: "M5 12V5l16 7-16 7v-7zm0 0h8", attach: "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.400 3.400 0 0 1 4.800 4.800L9.500 17a1.700 1.700 0 0 1-2.400-2.400L14.500 7",
  reply: "M10 6L4 12l6 6v-4c5 0 8 1.500 10 5 0-6-3-10-10-10z", copy: "M9 9h11v11H9zM5 15H4V4h11v1", edit: "M4 20l1-5L16 4l4 4L9 19z",
  forward: "M14 6l6 6-6 6v-4c-5 0-8 1.500-10 5 0-6 3-10 10-10z", save: "M12 4v11m-5-4l5 5 5-5M5 20h14", trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  photo: "M4 5h16v14H4zM4 16l5-5 5 5 2.500-2.500L20 17M15.500 9v.1", file: "M6 3h8l5 5v13H6zM14 3v5h5", samples: "M8 4h12v12H8zM4 8v12h12M8 14l4-4 4 4",
  menu: "M5 7h14M5 12h14M5 17h9", check: "M5 12l5 5 9-10", link: "M8 16L17 7M9 7h8v8", plus: "M12 5v14M5 12h14", members: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3 20c0-4 2.500-6 6-6s6 2 6 6M16 5a3 3 0 0 1 0 6M18 14.500c2 .8 3 2.700 3 5.500",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14.500c2 2.500 5 2.500 7 0M9 9.500v.1M15 9.500v.1", stop: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM6 6l12 12", up: "M12 20V5M6 11l6-6 6 6",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function ticks() {
  const svg = icon("check");
  svg.setAttribute("class", "ticks");
  svg.setAttribute("viewBox", "0 0 17 12");
  svg.firstChild.setAttribute("d", "M1 6.500l3.500 3.500L11 2M7 9l1 1L15.500 2");
  return svg;
}

export function avatar(who) {
  const title = who.title || who.first_name || "?";
  const letters = title.split(/\s+/).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  const kind = who.is_bot ? "bot" : `hue-${hue(who.id)}`;
  return h("span", { className: `avatar ${kind}`, "aria-hidden": "true" }, who.is_bot ? "" : letters);
}

export const hue = (id) => Math.abs(Number(id) * 5 + 2) % 7;

export function button(label, glyph, onclick, className = "round") {
  return h("button", { type: "button", className, title: label, "aria-label": label, onclick }, icon(glyph));
}
