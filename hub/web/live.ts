import type { FastifyReply } from "fastify";
import type { Stream } from "./streams.ts";
import { openStream } from "./streams.ts";

export const liveLimits = {
  /** Pages that may be connected at one time. */
  pagesMax: 100,
  /** Pause between two signs of life; a page calls itself cut off when three are missing. */
  beatMs: 2_000,
  /** A page that has taken no byte for so long, though there was one to take, is cut off. */
  stalledMs: 30_000,
  /** A storm of changes redraws a page at most this often. */
  viewEveryMs: 50,
  /** What only time changes, as that somebody has waited too long, is drawn anew so often. */
  refreshMs: 15_000,
};

/** Keeps pages up to date: each stream has a view of its own, made anew whenever the state has changed. */
export interface Live {
  start(): void;
  stop(): void;
  /**
   * Takes over the response and shows `view` on it from now on, until `isStill` says that the page's visit is over. False
   * when there are too many pages.
   */
  open(reply: FastifyReply, hello: object, view: () => object, isStill: () => boolean): boolean;
  /** To be called when what the views are made of has changed. */
  changed(): void;
}

export function createLive(limits: typeof liveLimits): Live {
  const streams = new Map<Stream, { view(): object; isStill(): boolean }>();
  let beats: NodeJS.Timeout | undefined;
  let refreshes: NodeJS.Timeout | undefined;
  let redraw: NodeJS.Timeout | undefined;
  let redrawnAt = Number.NEGATIVE_INFINITY;

  function redrawAll(): void {
    redraw = undefined;
    redrawnAt = performance.now();
    for (const [stream, { view, isStill }] of streams) {
      if (isStill()) stream.view(JSON.stringify(view()));
      else stream.end("over");
    }
  }

  return {
    start() {
      beats = setInterval(() => {
        for (const [stream, { isStill }] of streams) {
          if (isStill()) stream.beat();
          else stream.end("over");
        }
      }, limits.beatMs);
      refreshes = setInterval(redrawAll, limits.refreshMs);
    },
    stop() {
      clearInterval(beats);
      clearInterval(refreshes);
      clearTimeout(redraw);
      for (const stream of [...streams.keys()]) stream.end();
    },
    open(reply, hello, view, isStill) {
      if (streams.size >= limits.pagesMax) return false;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value) reply.raw.setHeader(name, value);
      const stream = openStream(reply.raw, { ...hello, beatMs: limits.beatMs }, limits.stalledMs, () => {
        streams.delete(stream);
      });
      streams.set(stream, { view, isStill });
      stream.view(JSON.stringify(view()));
      return true;
    },
    changed() {
      if (redraw || streams.size === 0) return;
      const wait = redrawnAt + limits.viewEveryMs - performance.now();
      if (wait <= 0) redrawAll();
      else redraw = setTimeout(redrawAll, wait);
    },
  };
}
