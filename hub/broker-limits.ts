/** What either broker bears at most; the embedded one and the generated Mosquitto configuration share these. */

/** Connections at once. */
export const connectionsMax = 2_000;
/**
 * A packet larger than this ends the connection, in bytes. It is well above the 64 KiB of a payload: what is only a
 * little too large reaches the hub, which answers with an error; nothing unbounded is ever held in memory.
 */
export const packetBytesMax = 1_048_576;
/** What may wait for a client that does not read, in bytes. */
export const backlogBytesMax = 8_388_608;
