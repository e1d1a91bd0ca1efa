import type { Socket } from "node:net";
import { backlogBytesMax, packetBytesMax } from "./broker-limits.ts";

/** The first packet, CONNECT, comes from somebody unknown yet; its largest part is the will, 64 KiB. In bytes. */
const firstPacketBytesMax = 100_000;
/** A client that takes nothing of what waits for it for this long is dropped, in milliseconds. */
export const stalledMs = 5_000;

/** Why a guard ended a connection. */
export type GuardReason = "oversized" | "stalled";

export interface SocketGuard {
  /** Ends the connection if the client has taken nothing for too long; to be called every second or so. */
  look(now: number): void;
  /** From now on writes wait until the client takes them, and it is never dropped for being slow. */
  trust(): void;
}

/**
 * Bounds what one connection may cost the broker. Two things that aedes leaves open are done at the socket:
 *
 * - It holds a packet in memory until all of it is there, up to the 256 MiB that MQTT can announce. Here the announced
 *   length is read on the way in, and a packet that will be too large ends the connection before it arrives.
 * - It delivers a message to all its readers before it takes the next hundred, so that one that has stopped reading
 *   (frozen, not disconnected) holds up everybody. Here a write never asks to wait: what a client does not take is kept
 *   for it up to a limit in bytes and in time, and then the connection ends; on coming back it gets the present state.
 */
export function guardSocket(socket: Socket, dropped: (reason: GuardReason) => void): SocketGuard {
  const withinLimits = packetLimit(firstPacketBytesMax, packetBytesMax);
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let trusted = false;
  let taken = 0;
  let takenAt = 0;

  const drop = (reason: GuardReason) => {
    if (socket.destroyed) return;
    socket.destroy();
    dropped(reason);
  };

  socket.read = (size?: number) => {
    const chunk = read(size) as Buffer | null;
    if (chunk === null || withinLimits(chunk)) return chunk;
    drop("oversized");
    return null;
  };
  socket.write = (...args: unknown[]) => {
    const more = write(...args);
    if (trusted) return more;
    if (socket.writableLength > backlogBytesMax) drop("stalled");
    return true;
  };

  return {
    trust() {
      trusted = true;
    },
    look(now) {
      const takenNow = socket.bytesWritten - socket.writableLength;
      if (trusted || socket.writableLength === 0 || takenNow !== taken) {
        taken = takenNow;
        takenAt = now;
      } else if (now - takenAt >= stalledMs) {
        drop("stalled");
      }
    },
  };
}

/** The length field of a packet has at most four bytes (MQTT 3.1.1, section 2.2.3). */
const lengthFieldBytesMax = 4;

/**
 * Follows the framing of MQTT packets through the chunks of a stream; false once a packet announces more bytes than
 * allowed, or a length that is none. The first packet has a limit of its own.
 */
export function packetLimit(firstBytesMax: number, laterBytesMax: number): (chunk: Uint8Array) => boolean {
  let bytesMax = firstBytesMax;
  let bodyLeft = 0;
  let inLength = false;
  let length = 0;
  let lengthBytes = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const taken = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= taken;
        at += taken;
      } else if (!inLength) {
        at += 1;
        inLength = true;
        length = 0;
        lengthBytes = 0;
      } else {
        const byte = chunk[at] ?? 0;
        at += 1;
        length += (byte & 0x7f) * 128 ** lengthBytes;
        lengthBytes += 1;
        if (byte >= 0x80 && lengthBytes < lengthFieldBytesMax) continue;
        if (byte >= 0x80 || length > bytesMax) return false;
        inLength = false;
        bodyLeft = length;
        bytesMax = laterBytesMax;
      }
    }
    return true;
  };
}
