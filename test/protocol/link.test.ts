import { type AddressInfo, createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createLink } from "../../protocol/link.ts";
import { until } from "../until.ts";

test("a broker's word that another connection has taken over is passed on", async () => {
  const connack = Buffer.from([0x20, 3, 0, 0, 0]);
  const takenOver = Buffer.from([0xe0, 1, 0x8e]);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.concat([connack, takenOver])));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  const reasons: string[] = [];
  const link = createLink(
    { url: `mqtt://127.0.0.1:${address.port}`, user: "terminal-1", password: "demo", version: 5, daemon: true },
    { will: () => undefined, up() {}, down: (reason) => reasons.push(reason), message() {} },
  );
  link.start();
  await until("it was thrown out", () => reasons.length > 0);
  assert.match(reasons[0] ?? "", "taken over by another connection of this user");
  await link.stop();
  server.close();
});

test.run();
