/** The office of the simulation: an hour in which two hundred people come, so that a day is quickly over. */
export const site = "sim";
export const zone = "Europe/Berlin";

/** A day of the calendar and its hours, in milliseconds since the epoch. */
export interface OfficeDay {
  date: string;
  openFrom: number;
  closesAt: number;
  /** When the next day begins. */
  endsAt: number;
  /** The hub runs through the night, and is not started anew in the morning. */
  staysOn: boolean;
}

/** @param offset of the office's clock from UTC in the hours of that day, and at its end. */
const dayOf = (date: string, next: string, offset: string): OfficeDay => ({
  date,
  openFrom: Date.parse(`${date}T08:00:00${offset}`),
  closesAt: Date.parse(`${date}T09:00:00${offset}`),
  endsAt: Date.parse(`${next}T00:00:00${offset}`),
  staysOn: false,
});

/** An ordinary Monday. */
export const usualDay = dayOf("2026-11-23", "2026-11-24", "+01:00");
export const { openFrom, closesAt } = usualDay;

/** Days of all seasons: the last of September, the first of October, those on which clocks are changed, the end of a year. */
export const days: readonly OfficeDay[] = [
  usualDay,
  dayOf("2026-03-29", "2026-03-30", "+02:00"),
  dayOf("2026-06-15", "2026-06-16", "+02:00"),
  { ...dayOf("2026-09-30", "2026-10-01", "+02:00"), staysOn: true },
  dayOf("2026-10-01", "2026-10-02", "+02:00"),
  dayOf("2026-10-25", "2026-10-26", "+01:00"),
  dayOf("2026-12-30", "2026-12-31", "+01:00"),
];

/**
 * On which nobody knows whether the office is open: no public holidays, and not entered in the configuration. From October on
 * staff are warned until they are.
 */
export const undecidedDates = ["2026-12-24", "2026-12-31", "2027-02-08", "2027-12-24", "2027-12-31"] as const;

export const services = ["id-card", "registration", "pick-up"] as const;
export const desks = ["1", "2", "3"] as const;
export const terminals = ["terminal-a", "terminal-b"] as const;
export const boards = ["board-a", "board-b"] as const;

/** Nobody signs in over the simulated network; the field must be there. */
const passwordHash =
  "$7$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

export const officeConfig = {
  site,
  name: "Bürgerbüro Dorsten",
  openingHours: "Mo-Su 08:00-09:00; PH off",
  timeZone: zone,
  services: [
    { id: "id-card", letter: "A", names: { de: "Ausweis" }, minutes: 1 },
    { id: "registration", letter: "B", names: { de: "Ummelden" }, minutes: 2 },
    { id: "pick-up", letter: "C", names: { de: "Abholung" }, minutes: 1 },
  ],
  desks: [
    { id: "1", name: "Platz 1", services: [...services] },
    { id: "2", name: "Platz 2", services: [...services] },
    { id: "3", name: "Platz 3", services: ["id-card", "pick-up"] },
  ],
  boards: [{ group: "all", name: "Wartebereich" }],
  appointments: { desks: 2, slotMinutes: 5, leadMinutes: 0, walkInShare: 0, telephoneShare: 0 },
  users: [
    ...terminals.map((name) => ({ name, role: "terminal", passwordHash })),
    ...boards.map((name) => ({ name, role: "board", passwordHash })),
    ...desks.map((desk) => ({ name: `desk-${desk}`, role: "desk", desks: [desk], passwordHash })),
    { name: "admin", role: "admin", passwordHash },
  ],
};
