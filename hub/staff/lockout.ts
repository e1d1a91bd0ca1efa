/** How many wrong passwords are borne within a time. */
export interface AttemptLimit {
  attempts: number;
  windowMs: number;
}

/**
 * Until when nobody may try again; undefined while another attempt is free.
 *
 * @param times of the attempts within the last `windowMs`, oldest first.
 */
export function lockedUntil(times: readonly number[], { attempts, windowMs }: AttemptLimit): number | undefined {
  const first = times.length < attempts ? undefined : times[times.length - attempts];
  return first === undefined ? undefined : first + windowMs;
}
