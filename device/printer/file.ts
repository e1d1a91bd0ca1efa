import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { LinkError, type OpenLink } from "./transport.ts";

const retryMs = 20;

/**
 * A file that gets the bytes appended, or a device file such as /dev/usb/lp0. Nothing comes back this way.
 *
 * Opened without blocking: a printer without paper, or a pipe without reader, would otherwise keep a thread for ever.
 */
export function fileLink(path: string): OpenLink {
  return async (events) => {
    const create = path.startsWith("/dev/") ? 0 : constants.O_CREAT;
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | create;
    const file = await open(path, flags, 0o600).catch((error: Error) => {
      throw new LinkError(error.message);
    });
    let closed = false;
    const close = async () => {
      if (closed) return;
      closed = true;
      await file.close().catch(() => {});
    };
    return {
      async write(bytes, timeoutMs) {
        const deadline = performance.now() + timeoutMs;
        let sent = 0;
        while (sent < bytes.length) {
          if (closed) throw new LinkError("the file is closed");
          try {
            sent += (await file.write(bytes, sent)).bytesWritten;
          } catch (error) {
            const { code, message } = error as NodeJS.ErrnoException;
            const isBusy = code === "EAGAIN";
            if (!isBusy && !closed) {
              // A printer that was unplugged comes back as another device under the same name.
              await close();
              events.lost(message);
            }
            if (!isBusy || performance.now() > deadline) throw new LinkError(message, { cause: error });
            await pause(retryMs);
          }
        }
      },
      close,
    };
  };
}
