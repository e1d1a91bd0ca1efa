import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a broker that a test can cut and stop. */
export interface Relay {
  url: string;
  /** Ends what is connected. */
  cut(): void;
  /** Takes nobody any more; what is connected stays. */
  shut(): void;
  reopen(): void;
  /** Lets nothing through, but keeps the connections; new ones are as ever. */
  freeze(): void;
  /** Lets through again, also what came meanwhile. */
  thaw(): void;
  stop(): void;
}

export async function openRelay(broker: { host: string; port: number }): Promise<Relay> {
  /** Each end with the other one. */
  const ends = new Map<Socket, Socket>();
  let open = true;
  const server: Server = createServer((near) => {
    if (!open) return near.destroy();
    const far = connect({ host: broker.host, port: broker.port, noDelay: true });
    near.setNoDelay(true);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.set(socket, other);
      socket.on("error", () => {});
      socket.on("close", () => {
        ends.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const cut = () => {
    for (const socket of ends.keys()) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${port}`,
    cut,
    shut() {
      open = false;
    },
    reopen() {
      open = true;
    },
    freeze() {
      for (const socket of ends.keys()) socket.unpipe().pause();
    },
    thaw() {
      for (const [socket, other] of ends) socket.pipe(other);
    },
    stop() {
      cut();
      server.close();
    },
  };
}
