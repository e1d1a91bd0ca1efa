/** In which words and at which place a time is written. */
export interface Place {
  language: string;
  timeZone: string;
}

const styles = {
  day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  date: { day: "2-digit", month: "2-digit", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** A formatter takes longer to make than a page to draw, and a page of times writes hundreds: each is made once. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(locale: string, timeZone: string, style: keyof typeof styles): Intl.DateTimeFormat {
  const key = `${locale} ${timeZone} ${style}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { timeZone, ...styles[style] });
  formats.set(key, made);
  return made;
}

const localeOf = (language: string) => (language === "en" ? "en-GB" : language);

export const dayText = ({ language, timeZone }: Place, at: number): string =>
  formatOf(localeOf(language), timeZone, "day").format(at);

/** Times that were written lately: the next weeks' slots stand on every page of times. Emptied when it is full. */
const written = new Map<string, string>();
const writtenMax = 20_000;

export function timeText({ language, timeZone }: Place, at: number): string {
  const key = `${at} ${language} ${timeZone}`;
  const known = written.get(key);
  if (known !== undefined) return known;
  if (written.size >= writtenMax) written.clear();
  const text = formatOf(localeOf(language), timeZone, "time").format(at);
  written.set(key, text);
  return text;
}

/** A calendar's date, `YYYY-MM-DD`, as a day in words; it is the same in every zone. */
export const calendarDayText = ({ language }: Pick<Place, "language">, date: string): string =>
  dayText({ language, timeZone: "UTC" }, Date.parse(date));

/** A date of birth, `YYYY-MM-DD`, as people write it. */
export const birthdateText = ({ language }: Pick<Place, "language">, date: string): string =>
  formatOf(localeOf(language), "UTC", "date").format(Date.parse(date));

/** Today in the office. `sv-SE` writes dates as ISO 8601 does. */
export const todayIn = (timeZone: string, now: number): string => formatOf("sv-SE", timeZone, "date").format(now);
