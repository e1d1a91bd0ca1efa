import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import type { DemoSettings } from "./settings.ts";
import { nameOf } from "./settings.ts";

/** Listens on this port of the loopback and lets go again; resolves with the port, which 0 leaves to the system. */
async function tryPort(wanted: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port that nobody has at the moment. */
export const freePort = () => tryPort(0);

/** @throws Error that names the setting and the port, when another program has one or two settings name the same. */
export async function checkPorts(settings: DemoSettings): Promise<void> {
  const taken = new Map<number, string>();
  for (const field of ["mqttPort", "httpPort", "screenPort", "boardPort"] as const) {
    const port = settings[field];
    if (port === 0) continue;
    const other = taken.get(port);
    if (other) throw new Error(`${nameOf(field)}: port ${port} is that of ${other} already; choose another`);
    taken.set(port, nameOf(field));
    await tryPort(port).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is in use by another program; choose another" : `: ${error.message}`;
      throw new Error(`${nameOf(field)}: port ${port} ${why}`);
    });
  }
}
