import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { backlogBytesMax } from "../../hub/broker-limits.ts";
import type { GuardReason, SocketGuard } from "../../hub/socket-guard.ts";
import { guardSocket, packetLimit, stalledMs } from "../../hub/socket-guard.ts";
import { until } from "../until.ts";

/** A packet of this many bytes after its length field. */
function packet(bodyBytes: number): Buffer {
  const length: number[] = [];
  let left = bodyBytes;
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bodyBytes, 0xff)]);
}

test("the length of packets is followed, however the stream is cut", () => {
  const bodies = [100, 0, 1, 127, 128, 5_000, 16_383, 16_384, 20_000, 0];
  const stream = Buffer.concat(bodies.map(packet));
  for (const pieceBytes of [1, 2, 3, 7, 1_000, stream.length]) {
    const within = packetLimit(100, 20_000);
    const strict = packetLimit(100, 19_999);
    let strictly = true;
    for (let at = 0; at < stream.length; at += pieceBytes) {
      const piece = stream.subarray(at, at + pieceBytes);
      assert.ok(within(piece), `pieces of ${pieceBytes}`);
      strictly &&= strict(piece);
    }
    assert.not(strictly, `pieces of ${pieceBytes}`);
  }
});

test("a packet is refused by its header alone", () => {
  assert.not(packetLimit(99, 20_000)(packet(100)), "the first one has a limit of its own");
  assert.not(packetLimit(100, 200)(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])), "256 MiB");
  assert.not(packetLimit(2 ** 30, 2 ** 30)(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff])), "a fifth length byte");
});

interface Guarded {
  guard: SocketGuard;
  near: Socket;
  far: Socket;
  dropped: GuardReason[];
  server: Server;
}

/** A guarded socket whose other end does not read. */
async function guarded(): Promise<Guarded> {
  const dropped: GuardReason[] = [];
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const far = connect({ host: "127.0.0.1", port: typeof address === "object" && address ? address.port : 0 });
  far.pause();
  const near = await accepted;
  const guard = guardSocket(near, (reason) => dropped.push(reason));
  return { guard, near, far, dropped, server };
}

const release = ({ near, far, server }: Guarded) => {
  near.destroy();
  far.destroy();
  server.close();
};

test("a client that takes nothing for too long is dropped, one that takes a little is not", async () => {
  const chunk = Buffer.alloc(65_536);
  const it = await guarded();
  const fill = async () => {
    while (it.near.writableLength < 1_000_000) {
      assert.ok(it.near.write(chunk), "nobody is ever asked to wait");
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await fill();
  it.guard.look(1_000);
  it.guard.look(1_000 + stalledMs - 1);
  assert.equal(it.dropped, []);
  const waiting = it.near.writableLength;
  it.far.resume();
  await until("some of it is taken", () => it.near.writableLength < waiting);
  it.far.pause();
  await fill();
  it.guard.look(1_000 + stalledMs);
  assert.equal(it.dropped, [], "it has taken something");
  it.guard.look(1_000 + 2 * stalledMs);
  assert.equal(it.dropped, ["stalled"]);
  assert.ok(it.near.destroyed);
  release(it);
});

test("a client that is idle is never dropped", async () => {
  const it = await guarded();
  for (let now = 0; now < 100 * stalledMs; now += stalledMs) it.guard.look(now);
  assert.equal(it.dropped, []);
  release(it);
});

test("what waits for a client is bounded in bytes; for the hub writers wait instead", async () => {
  const chunk = Buffer.alloc(1_048_576);
  const client = await guarded();
  for (let sent = 0; sent < 64 && !client.near.destroyed; sent += 1) client.near.write(chunk);
  assert.equal(client.dropped, ["stalled"]);
  release(client);

  const hub = await guarded();
  hub.guard.trust();
  const answers: boolean[] = [];
  while (hub.near.writableLength <= backlogBytesMax) answers.push(hub.near.write(chunk));
  assert.not(answers.at(-1), "the writer is asked to wait");
  hub.guard.look(0);
  hub.guard.look(10 * stalledMs);
  assert.equal(hub.dropped, []);
  release(hub);
});

test.run();
