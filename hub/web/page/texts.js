// @ts-check
/// <reference lib="dom" />

const languages = ["de", "en"];
/** German unless the address asks for another language: `?lang=en`. */
const wanted = new URLSearchParams(location.search).get("lang") ?? "";
export const language = languages.includes(wanted) ? wanted : "de";

/** @type {Record<string, string>} */
const texts = await (await fetch(`/page/texts.${language}.json`)).json();

/**
 * A text of the language file, with `{name}`s filled in.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} key */
export const hasText = (key) => key in texts;

/**
 * What a service is called, in this language where it has a name in it.
 *
 * @param {Record<string, string>} names
 */
export const nameIn = (names) => names[language] ?? names.de ?? "";

/**
 * The time of day at the office, wherever this browser thinks it is.
 *
 * @param {number} at milliseconds since the epoch
 * @param {string} timeZone
 */
export const timeOfDay = (at, timeZone) =>
  new Intl.DateTimeFormat("de", { hour: "2-digit", minute: "2-digit", timeZone }).format(at);

/**
 * The instant of today at which the office's clocks show a time of day. On the two days a year on which clocks are put
 * forward or back it may be off by an hour; here that only changes what is listed first.
 *
 * @param {string} time `HH:MM`
 * @param {number} now milliseconds since the epoch
 * @param {string} timeZone
 */
export function instantToday(time, now, timeZone) {
  const minutesOf = (/** @type {string} */ text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  return now + (minutesOf(time) - minutesOf(timeOfDay(now, timeZone))) * 60_000;
}

/**
 * Why it is somebody's turn, in words; empty where that goes without saying.
 *
 * @param {{ code: string, time?: string, minutes?: number } | null} reason
 * @param {string} timeZone
 */
export function reasonText(reason, timeZone) {
  if (!reason || !hasText(`reason.${reason.code}`)) return "";
  const time = reason.time === undefined ? "" : timeOfDay(Date.parse(reason.time), timeZone);
  return text(`reason.${reason.code}`, { time, minutes: reason.minutes ?? "" });
}

/** Fills every element that names a text, and the link to the other language. */
export function fillTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(/** @type {HTMLElement} */ (element).dataset.text ?? "");
  }
  const other = languages.find((each) => each !== language) ?? "de";
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a"))) {
    if (link.dataset.text === "language") {
      link.lang = other;
      link.href = other === "de" ? location.pathname : `?lang=${other}`;
    } else {
      link.search = location.search;
    }
  }
}
