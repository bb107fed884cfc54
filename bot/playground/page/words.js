// The page's texts, in the browser's language.

const language = navigator.languages.some((code) => code.startsWith("zh")) && !navigator.language.startsWith("en") ? "zh" : "en";
document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
const words = await (await fetch(`/playground/page/locales/${language}.json`)).json();

export function say(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key] ?? key);
}

const locale = language === "zh" ? "zh-CN" : navigator.language;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const thisYear = new Intl.DateTimeFormat(locale, { month: "long", day: "numeric" });
const otherYear = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long", day: "numeric" });
const short = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });

export const time = (date) => clock.format(date * 1000);
export const fullTime = (date) => full.format(date * 1000);

export function day(date) {
  const then = new Date(date * 1000), now = new Date();
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(then).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return say("today");
  if (days === 1) return say("yesterday");
  return (then.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(then);
}

export const when = (date) => (day(date) === say("today") ? time(date) : short.format(date * 1000));

export function size(bytes) {
  const unit = ["B", "KB", "MB", "GB"], step = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** step).toFixed(step ? 1 : 0)} ${unit[step]}`;
}
