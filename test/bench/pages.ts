import { connect } from "node:net";
import type { BenchOptions, Part } from "./bench.ts";
import { busyOffice } from "./busy-calendar.ts";
import { median, perSecond } from "./figures.ts";
import { answerMaxMs } from "./load.ts";
import { processorMsOf, startBarePage, startHub } from "./servers.ts";

/** Target 7, in pages a second on one core: the hub has one thread. */
const pagesPerSecondMin = 1_000;
/** Browsers that ask at the same time, each for one page after the other. */
const browsers = 16;
/** What one visitor looks at until he types. */
const services = "lang=de&n-id-card=1";
const paths = ["/", `/book/times?${services}`] as const;

/** Pages that came whole, in how many milliseconds, and what was wrong with the others. */
export interface Load {
  pages: number;
  ms: number;
  wrong: string[];
}

/**
 * Asks for a page again and again over kept connections with the least that HTTP/1.1 needs, so that the client is not
 * measured along. Each request is another visitor's, as a proxy would say, since the hub limits what one may ask.
 */
export async function loadPages(port: number, path: string, maxMs: number): Promise<Load> {
  const from = performance.now();
  const wrong: string[] = [];
  let pages = 0;
  const browse = (browser: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      const late = setTimeout(() => socket.destroy(new Error(`no page from ${port}`)), maxMs + answerMaxMs);
      let asked = 0;
      let got = Buffer.alloc(0);
      const ask = () => {
        asked += 1;
        const visitor = `10.${browser}.${(asked >> 8) & 255}.${asked & 255}`;
        socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-forwarded-for: ${visitor}\r\n\r\n`);
      };
      socket.on("connect", ask);
      socket.on("data", (part) => {
        got = got.length === 0 ? part : Buffer.concat([got, part]);
        const head = got.indexOf("\r\n\r\n");
        if (head < 0) return;
        const [status = ""] = got.toString("latin1", 0, head).split("\r\n", 1);
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(got.toString("latin1", 0, head))?.[1]);
        if (got.length < head + 4 + length) return;
        if (status.includes(" 200 ") && got.toString("latin1", got.length - 8).includes("</html>")) pages += 1;
        else wrong.push(`${path}: ${status}`);
        got = Buffer.alloc(0);
        if (performance.now() - from < maxMs) ask();
        else socket.end();
      });
      socket.on("error", reject);
      socket.on("close", () => {
        clearTimeout(late);
        resolve();
      });
    });
  await Promise.all(Array.from({ length: browsers }, (_, index) => browse(index)));
  return { pages, ms: performance.now() - from, wrong };
}

const rate = ({ pages, ms }: Omit<Load, "wrong">) => (pages / ms) * 1_000;

/** Target 7: the booking pages of a hub with this folder's calendar, beside a page that is always the same. */
export async function bookingPages(folder: string, { rounds, ms }: BenchOptions): Promise<Part> {
  const hub = await startHub("embedded", 1, folder, { ...busyOffice, http: { port: 0, trustProxy: ["127.0.0.1"] } });
  const figures: Part["figures"] = [];
  const mistakes = new Set<string>();
  for (const path of paths) {
    const page = await (await fetch(`http://127.0.0.1:${hub.pagesPort}${path}`)).text();
    const bare = await startBarePage(page);
    const pairs: { floor: number; own: number }[] = [];
    for (const port of [bare.port, hub.pagesPort]) await loadPages(port, path, ms);
    const used = { floor: { pages: 0, ms: 0 }, own: { pages: 0, ms: 0 } };
    const load = async (what: keyof typeof used, port: number, pid: number) => {
      const before = processorMsOf(pid);
      const loaded = await loadPages(port, path, ms);
      used[what].pages += loaded.pages;
      used[what].ms += processorMsOf(pid) - before;
      for (const fault of loaded.wrong) mistakes.add(fault);
      return rate(loaded);
    };
    for (let round = 0; round < rounds; round += 1) {
      const floor = await load("floor", bare.port, bare.pid);
      pairs.push({ floor, own: await load("own", hub.pagesPort, hub.pid) });
    }
    await bare.stop();
    const measured = median(pairs.map(({ own }) => own));
    figures.push({
      what: `target 7: booking page, ${path === "/" ? "services" : "times"}, ${(page.length / 1_000).toFixed(1)} kB`,
      floor: `${perSecond(median(pairs.map(({ floor }) => floor)))} (bare Fastify)`,
      measured: perSecond(measured),
      // By the processor time of each process: which of the two gets the processor when others want it is chance.
      ratio: rate(used.own) / rate(used.floor),
      target: `≥ ${perSecond(pagesPerSecondMin)}`,
      met: measured >= pagesPerSecondMin,
    });
  }
  await hub.stop();
  return { figures, mistakes: [...mistakes] };
}
