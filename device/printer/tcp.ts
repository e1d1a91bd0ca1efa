import { connect } from "node:net";
import { LinkError, type OpenLink, settled, within } from "./transport.ts";

const connectTimeoutMs = 3_000;
/** When a silent peer is probed; a printer that was switched off says nothing. */
const keepAliveMs = 10_000;

/** A network printer that takes raw data, nearly always at port 9100. */
export function tcpLink(host: string, port: number): OpenLink {
  return (events) =>
    new Promise((resolve, reject) => {
      let closed = false;
      let opened = false;
      let reason = "the printer closed the connection";
      const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
      const patience = setTimeout(() => socket.destroy(new Error("connecting took too long")), connectTimeoutMs);
      socket.on("error", (error) => {
        reason = error.message;
      });
      socket.on("close", () => {
        clearTimeout(patience);
        if (!opened) reject(new LinkError(reason));
        else if (!closed) events.lost(reason);
        closed = true;
      });
      socket.on("data", (bytes: Buffer) => {
        if (!closed) events.data(bytes);
      });
      // A printer that ends its side has ended the conversation.
      socket.on("end", () => socket.destroy());
      socket.on("connect", () => {
        clearTimeout(patience);
        opened = true;
        resolve({
          async write(bytes, timeoutMs) {
            if (closed) throw new LinkError(reason);
            await within(
              timeoutMs,
              "sending",
              settled((done) => socket.write(bytes, done)),
            );
          },
          async close() {
            closed = true;
            // A reset throws away what the system still holds; an orderly end would deliver it when the printer wakes.
            if (!socket.destroyed) socket.resetAndDestroy();
          },
        });
      });
    });
}
