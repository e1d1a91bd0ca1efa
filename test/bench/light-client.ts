import type { Socket } from "node:net";
import { connect } from "node:net";

/** Packet types in the upper half of the first byte (MQTT 3.1.1, section 2.2.1). */
const connectPacket = 0x10;
const connackPacket = 0x20;
const publishPacket = 0x30;
const pubackPacket = 0x40;
const subscribePacket = 0x82;
const subackPacket = 0x90;
const qos1 = 0x02;

export interface LightOptions {
  host: string;
  port: number;
  user: string;
  password: string;
}

/** Called for each message, which has been acknowledged by then. */
export type Take = (payload: Buffer, topic: string) => void;

export interface LightClient {
  subscribe(filter: string): Promise<void>;
  /** QoS 1, and without waiting for the acknowledgement. */
  publish(topic: string, payload: string): void;
  onMessage(take: Take): void;
  close(): Promise<void>;
}

/**
 * An MQTT 3.1.1 client that does the least a client can do. The measurements share their processor with what makes the
 * load: a full client here would be measured along with the hub, and make its share look smaller than it is.
 */
export async function connectLight({ host, port, user, password }: LightOptions): Promise<LightClient> {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  let take: Take = () => {};
  let packetId = 0;
  const answers = new Map<number, (body: Buffer) => void>();
  readPackets(socket, (head, body) => {
    const type = head & 0xf0;
    if (type === publishPacket) {
      const topicBytes = body.readUInt16BE(0);
      const payloadAt = 2 + topicBytes + (head & 0x06 ? 2 : 0);
      if (head & 0x06) socket.write(packet(pubackPacket, [body.subarray(2 + topicBytes, payloadAt)]));
      take(body.subarray(payloadAt), body.toString("utf8", 2, 2 + topicBytes));
    } else if (type !== pubackPacket) {
      answers.get(type)?.(body);
    }
  });
  const answered = (type: number, what: string) =>
    new Promise<void>((resolve, reject) => {
      answers.set(type, (body) => {
        // The last byte is the return code of both answers that are waited for.
        if ((body.at(-1) ?? 0) < (type === connackPacket ? 1 : 3)) resolve();
        else reject(new Error(`${what} refused: ${body.toString("hex")}`));
      });
      socket.once("close", () => reject(new Error(`connection closed at ${what}`)));
    });
  const nextId = () => {
    packetId = (packetId % 0xffff) + 1;
    return Buffer.from([packetId >> 8, packetId & 0xff]);
  };

  const connected = answered(connackPacket, `CONNECT of ${user}`);
  const clientId = `${user}-${Math.random().toString(36).slice(2, 10)}`;
  // Protocol level 4, clean session, user name and password, no keep-alive (section 3.1.2).
  const variable = Buffer.from([...text("MQTT"), 4, 0xc2, 0, 0]);
  socket.write(packet(connectPacket, [variable, text(clientId), text(user), text(password)]));
  await connected;

  const topics = new Map<string, Buffer>();
  return {
    async subscribe(filter) {
      const done = answered(subackPacket, `SUBSCRIBE ${filter}`);
      socket.write(packet(subscribePacket, [nextId(), text(filter), Buffer.from([1])]));
      await done;
    },
    publish(topic, payload) {
      const encoded = topics.get(topic) ?? text(topic);
      topics.set(topic, encoded);
      socket.write(packet(publishPacket | qos1, [encoded, nextId(), Buffer.from(payload)]));
    },
    onMessage(taker) {
      take = taker;
    },
    async close() {
      if (socket.closed) return;
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.destroy();
      await closed;
    },
  };
}

/** Opens several connections, a few at a time: what is measured is not how fast they come. */
export async function connectMany(count: number, options: (index: number) => LightOptions): Promise<LightClient[]> {
  const atOnce = 50;
  const clients: LightClient[] = [];
  for (let index = 0; index < count; index += atOnce) {
    const size = Math.min(atOnce, count - index);
    clients.push(...(await Promise.all(Array.from({ length: size }, (_, n) => connectLight(options(index + n))))));
  }
  return clients;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(head: number, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  // Seven bits a byte, the lowest first (section 2.2.3).
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([head, ...length]), body]);
}

function readPackets(socket: Socket, take: (head: number, body: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (;;) {
      let length = 0;
      let at = 1;
      for (; at < rest.length; at += 1) {
        const byte = rest.readUInt8(at);
        length += (byte & 0x7f) << (7 * (at - 1));
        if (byte < 0x80) break;
      }
      if (at + 1 + length > rest.length || at >= rest.length) return;
      take(rest.readUInt8(0), rest.subarray(at + 1, at + 1 + length));
      rest = rest.subarray(at + 1 + length);
    }
  });
}
