import { closeSerialPort, createSerialPort } from "../serial-port.ts";
import { LinkError, type OpenLink, settled, within } from "./transport.ts";

/** For the opening of the port, in milliseconds. */
export const openTimeoutMs = 3_000;
const closeTimeoutMs = 1_000;

/** A printer at a serial port, or at a USB adapter that looks like one. */
export function serialLink(path: string, baudRate: number, rtscts: boolean): OpenLink {
  return async (events) => {
    const port = createSerialPort({ path, baudRate, rtscts });
    let closed = false;
    // An error without a listener would end the process; every one of them also arrives by callback or by `close`.
    port.on("error", () => {});
    port.on("close", () => {
      if (!closed) events.lost("the serial port is gone");
      closed = true;
    });
    port.on("data", (bytes: Buffer) => {
      if (!closed) events.data(bytes);
    });
    await within(
      openTimeoutMs,
      `opening ${path}`,
      settled((done) => port.open(done)),
    ).catch((error: unknown) => {
      closed = true;
      // Nobody can open the port again while this opening, or what comes of it, has it locked.
      void closeSerialPort(port);
      throw error;
    });
    return {
      async write(bytes, timeoutMs) {
        // A closed port would keep the bytes and send them when it is opened again.
        if (closed || !port.isOpen) throw new LinkError("the serial port is closed");
        await within(
          timeoutMs,
          "sending",
          settled((done) => port.write(bytes, undefined, done)),
        );
      },
      async close() {
        closed = true;
        if (!port.isOpen) return;
        // Throws away what the system has not sent yet. Neither step may keep us: the port may be dead.
        await within(
          closeTimeoutMs,
          "flushing",
          settled((done) => port.flush(done)),
        ).catch(() => {});
        await within(closeTimeoutMs, "closing", closeSerialPort(port)).catch(() => {});
      },
    };
  };
}
