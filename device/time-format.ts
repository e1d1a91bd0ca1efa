const minuteMs = 60 * 1000;
/** Minutes whose text is kept for each format: those that a screen shows at one time are a handful. */
const keptMinutesMax = 50;

/**
 * Puts instants into words; nothing finer than minutes.
 *
 * Making a formatter costs a hundred times what formatting does, and that ten times what it takes to remember: screens look at
 * the time with everything that happens, so what was last said of a minute is kept.
 */
export function timeFormat(options: Intl.DateTimeFormatOptions) {
  const formatters = new Map<string, { format: Intl.DateTimeFormat; texts: Map<number, string> }>();
  return (at: number, locale: string, timeZone: string): string => {
    const key = `${locale} ${timeZone}`;
    let formatter = formatters.get(key);
    if (!formatter) {
      formatter = { format: new Intl.DateTimeFormat(locale, { timeZone, ...options }), texts: new Map() };
      formatters.set(key, formatter);
    }
    const { format, texts } = formatter;
    const minute = Math.floor(at / minuteMs);
    const text = texts.get(minute) ?? format.format(at);
    if (texts.size >= keptMinutesMax) texts.clear();
    texts.set(minute, text);
    return text;
  };
}
