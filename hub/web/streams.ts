import type { ServerResponse } from "node:http";

/** How soon a browser connects again after its stream broke, in milliseconds. */
const browserRetryMs = 500;

/** One browser's stream of Server-Sent Events (HTML standard, section 9.2). */
export interface Stream {
  /** A whole view as JSON. A browser that reads slowly gets the newest when it can take it, and none in between. */
  view(json: string): void;
  /** A sign of life; left out while the browser is not reading. */
  beat(): void;
  /** With `over` the page is told that its visit has ended: it is not to come again. */
  end(how?: "over"): void;
}

/**
 * Opens the stream on a response that nothing else writes to.
 *
 * @param hello is sent first: what the page must know of this server.
 * @param stalledMs a browser that takes nothing for so long is cut off; its page connects again when it can.
 * @param onClose is called once, whichever side ended it.
 */
export function openStream(response: ServerResponse, hello: object, stalledMs: number, onClose: () => void): Stream {
  let waiting: string | undefined;
  let stalled: NodeJS.Timeout | undefined;

  function send(event: string, data: string): void {
    if (!response.write(`event: ${event}\ndata: ${data}\n\n`)) {
      stalled ??= setTimeout(() => response.destroy(), stalledMs);
    }
  }

  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
  response.socket?.setNoDelay(true);
  response.on("drain", () => {
    clearTimeout(stalled);
    stalled = undefined;
    const json = waiting;
    waiting = undefined;
    if (json !== undefined) send("view", json);
  });
  response.on("error", () => {});
  response.on("close", () => {
    clearTimeout(stalled);
    onClose();
  });
  response.write(`retry: ${browserRetryMs}\n`);
  send("hello", JSON.stringify(hello));

  return {
    view(json) {
      if (stalled) waiting = json;
      else send("view", json);
    },
    beat() {
      if (!stalled) send("beat", "");
    },
    end(how) {
      if (how === "over" && !stalled) {
        response.end("event: over\ndata: \n\n");
        return;
      }
      response.end();
      response.destroy();
    },
  };
}
