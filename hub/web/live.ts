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
};

/** Keeps pages up to date: each stream has a view of its own, made anew whenever the state has changed. */
export interface Live {
  start(): void;
  stop(): void;
  /** Takes over the response and shows `view` on it from now on. False when there are too many pages. */
  open(reply: FastifyReply, hello: object, view: () => object): boolean;
  /** To be called when what the views are made of has changed. */
  changed(): void;
}

export function createLive(limits: typeof liveLimits): Live {
  const streams = new Map<Stream, () => object>();
  let beats: NodeJS.Timeout | undefined;
  let redraw: NodeJS.Timeout | undefined;
  let redrawnAt = Number.NEGATIVE_INFINITY;

  function redrawAll(): void {
    redraw = undefined;
    redrawnAt = performance.now();
    for (const [stream, view] of streams) stream.view(JSON.stringify(view()));
  }

  return {
    start() {
      beats = setInterval(() => {
        for (const stream of streams.keys()) stream.beat();
      }, limits.beatMs);
    },
    stop() {
      clearInterval(beats);
      clearTimeout(redraw);
      for (const stream of [...streams.keys()]) stream.end();
    },
    open(reply, hello, view) {
      if (streams.size >= limits.pagesMax) return false;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value) reply.raw.setHeader(name, value);
      const stream = openStream(reply.raw, { ...hello, beatMs: limits.beatMs }, limits.stalledMs, () => {
        streams.delete(stream);
      });
      streams.set(stream, view);
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
