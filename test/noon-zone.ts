/** A zone in which it is about noon, so that whoever books for soon books for today. */
export function noonZone(): string {
  const hours = 12 - new Date().getUTCHours();
  // In these names the sign is the other way round (tz database, file `etcetera`).
  return hours === 0 ? "Etc/GMT" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}
