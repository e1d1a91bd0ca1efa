/** How long a person at real hardware may take for one thing, in milliseconds. */
export const personMs = 60_000;

/** Tells the person at the hardware what to do next; that it was done shows in what the driver reports. */
export function askPerson(what: string): void {
  console.log(`\n>>> please ${what}`);
}
