/* Telegram's Mini App: the signed launch data (checked by the server), the theme colours, and the messages to Telegram. */
const KEPT = "kuotu.launch";
const COLOURS = { bg_color: "--paper", secondary_bg_color: "--wall", text_color: "--ink", hint_color: "--quiet", button_color: "--seal",
  button_text_color: "--on-seal" };
const SENDS = 8.0; /* the first version of Mini Apps that sends prepared messages */
const HOSTS = ["https://web.telegram.org", "https://webk.telegram.org", "https://weba.telegram.org"];

/* The launch parameters come once, in the fragment of the first page. They are kept as long as the tab. */
export function launch() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has("tgWebAppData")) {
    keep({ data: given.get("tgWebAppData"), theme: given.get("tgWebAppThemeParams"), version: given.get("tgWebAppVersion") });
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  const kept = read();
  if (!kept) return null;
  paint(kept.theme);
  listen(kept);
  tell("web_app_ready");
  tell("web_app_expand");
  tell("web_app_setup_back_button", { is_visible: location.pathname !== "/gallery" });
  return { ask: (path, body) => ask(kept.data, path, body), send: parseFloat(kept.version) >= SENDS ? send : null };
}

/* Let the app send a prepared message to a chat that the person chooses. Returns "sent", or the app's word for a failure. */
let answered = () => {};
function send(id) {
  return new Promise((resolve) => {
    answered = resolve;
    tell("web_app_send_prepared_message", { id });
  });
}

/* The launch data is the credential. It travels in a header that no other site can send, and there is no cookie. */
async function ask(data, path, body) {
  const headers = { "Content-Type": "application/json", Authorization: `tma ${data}` };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), keepalive: true });
  if (response.status === 401) sessionStorage.removeItem(KEPT);
  if (!response.ok) throw Object.assign(new Error(`${path}: ${response.status}`), { status: response.status });
  return response.json();
}

let held = null; /* used where a frame has no storage; it lasts for this page only */
function keep(what) {
  held = what;
  try { sessionStorage.setItem(KEPT, JSON.stringify(what)); } catch { return; }
}

function read() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)) ?? held; } catch { return held; }
}

function paint(theme) {
  let colours;
  try { colours = JSON.parse(theme) ?? {}; } catch { return; }
  const style = document.documentElement.style;
  for (const [name, property] of Object.entries(COLOURS))
    if (/^#[0-9a-f]{6}$/i.test(colours[name] ?? "")) style.setProperty(property, colours[name]);
  if (!/^#[0-9a-f]{6}$/i.test(colours.bg_color ?? "")) return;
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colours.bg_color.slice(at, at + 2), 16));
  document.documentElement.dataset.theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
  style.setProperty("--chip", "color-mix(in srgb, var(--ink) 10%, var(--wall))");
  style.setProperty("--line", "color-mix(in srgb, var(--ink) 16%, var(--wall))");
}

function tell(type, data = {}) {
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(type, JSON.stringify(data));
  else if (parent !== window) parent.postMessage(JSON.stringify({ eventType: type, eventData: data }), "*"); /* contains nothing secret */
}

/* A link to a chat opens in Telegram's app, not in a browser beside it. */
function lead(click) {
  const link = click.target.closest?.('a[href^="https://t.me/"]');
  if (!link || !(window.TelegramWebviewProxy || parent !== window)) return;
  click.preventDefault();
  const { pathname, search } = new URL(link.href);
  tell("web_app_open_tg_link", { path_full: pathname + search });
}

function listen(kept) {
  addEventListener("click", lead);
  const receive = (type, data) => {
    if (type === "theme_changed") {
      kept.theme = JSON.stringify(data.theme_params);
      keep(kept);
      paint(kept.theme);
    } else if (type === "prepared_message_sent") answered("sent");
    else if (type === "prepared_message_failed") answered(data?.error ?? "UNKNOWN_ERROR");
    else if (type === "back_button_pressed") history.length > 1 ? history.back() : location.assign("/gallery");
  };
  window.Telegram = { WebView: { receiveEvent: receive } };
  window.TelegramGameProxy = { receiveEvent: receive };
  window.TelegramGameProxy_receiveEvent = receive;
  addEventListener("message", (said) => {
    if (said.source !== parent || ![...HOSTS, location.origin].includes(said.origin)) return;
    try {
      const { eventType, eventData } = JSON.parse(said.data);
      receive(eventType, eventData);
    } catch { /* the message is not for us */ }
  });
}
