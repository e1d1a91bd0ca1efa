/** What the board says to people, by language; German first. A further language is one more entry here. */
export interface BoardTexts {
  /** Locale for the clock. */
  locale: string;
  notLive: string;
  /** @param waiting how many people wait */
  waiting(waiting: number): string;
  /** @param range from and to, in minutes */
  estimate(range: readonly [number, number]): string;
}

export const boardTexts: Record<string, BoardTexts> = {
  de: {
    locale: "de-DE",
    notLive: "Anzeige nicht aktuell, bitte auf Ansage achten",
    waiting: (waiting) => (waiting === 0 ? "Niemand wartet" : waiting === 1 ? "Es wartet 1" : `Es warten ${waiting}`),
    estimate: ([from, to]) => (from === to ? `ca. ${to} Min.` : `ca. ${from}–${to} Min.`),
  },
  en: {
    locale: "en-GB",
    notLive: "Display not up to date, please listen for your number",
    waiting: (waiting) => (waiting === 0 ? "Nobody waiting" : `${waiting} waiting`),
    estimate: ([from, to]) => (from === to ? `about ${to} min` : `about ${from}–${to} min`),
  },
};
