import Database from "better-sqlite3";

const minuteMs = 60_000;

/** What the file of a hub holds of an appointment, as far as places are concerned; times in milliseconds. */
export interface StoredBooking {
  id: string;
  at: number;
  until: number;
  state: string;
}

/** Reads the appointments out of a hub's file; the hub may be running. */
export function storedBookings(database: string): StoredBooking[] {
  const db = new Database(database, { readonly: true });
  const bodies = db.prepare("SELECT body FROM appointment").pluck().all() as string[];
  db.close();
  return bodies.map((body) => JSON.parse(body) as StoredBooking);
}

/**
 * The minutes for which more bookings hold a place than there are desks to book, in words; none is right. Counted anew
 * from the appointments themselves: nothing of how the hub counts is believed.
 *
 * @param desksAt how many desks can be booked at an instant.
 */
export function overbooked(bookings: readonly StoredBooking[], desksAt: (at: number) => number): string[] {
  const held = new Map<number, string[]>();
  for (const { id, at, until, state } of bookings) {
    if (state === "cancelled" || state === "lapsed") continue;
    for (let minute = at; minute < until; minute += minuteMs) held.set(minute, [...(held.get(minute) ?? []), id]);
  }
  return [...held].flatMap(([minute, ids]) => {
    const desks = desksAt(minute);
    return ids.length > desks ? [`${new Date(minute).toISOString()}: ${ids.join(", ")} at ${desks} desks`] : [];
  });
}
