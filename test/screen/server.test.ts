import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { StatusEvent, TouchEvent } from "../../device/ports.ts";
import { createScreen, type ScreenOptions, screenLimits } from "../../device/screen/server.ts";
import { until } from "../until.ts";

type View = { n: number; filler?: string };

interface Served {
  port: number;
  events: (TouchEvent | StatusEvent)[];
  show(view: View): void;
  statuses(): string[];
  touches(): unknown[];
}

async function served(run: (screen: Served) => Promise<void>, more: Partial<ScreenOptions> = {}): Promise<void> {
  const pageFolder = mkdtempSync(join(tmpdir(), "wartemarke-page-"));
  writeFileSync(join(pageFolder, "index.html"), "<!doctype html><title>Prüfseite</title>");
  writeFileSync(join(pageFolder, "notes.txt"), "not part of the page");
  const screen = createScreen<View>({ port: 0, pageFolder, ...more });
  const events: (TouchEvent | StatusEvent)[] = [];
  screen.start((event) => events.push(event));
  try {
    const url = await until("the screen listens", () => screen.url());
    await run({
      port: Number(new URL(url).port),
      events,
      show: (view) => screen.show(view),
      statuses: () => events.flatMap((event) => (event.type === "status" ? [event.status.state] : [])),
      touches: () => events.flatMap((event) => (event.type === "touch" ? [event.input] : [])),
    });
  } finally {
    await screen.stop();
    rmSync(pageFolder, { recursive: true });
  }
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(options: RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** A page as the server sees one: what it received so far, by event. */
interface Page {
  events: { event: string; data: string }[];
  views(): View[];
  isEnded(): boolean;
  close(): void;
}

function openPage(port: number): Page {
  const events: { event: string; data: string }[] = [];
  let text = "";
  let ended = false;
  const asked = request({ host: "127.0.0.1", port, path: "/events", agent: false }, (response) => {
    response.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (!part.endsWith("\n\n")) return;
      const blocks = text.split("\n\n").slice(0, -1);
      text = "";
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
        events.push({ event: fields.get("event") ?? "", data: fields.get("data") ?? "" });
      }
    });
    response.on("close", () => {
      ended = true;
    });
    response.on("error", () => {});
  });
  asked.on("error", () => {
    ended = true;
  });
  asked.end();
  return {
    events,
    views: () => events.filter(({ event }) => event === "view").map(({ data }) => JSON.parse(data)),
    isEnded: () => ended,
    close: () => asked.destroy(),
  };
}

test("the page, the shared code and the typeface are served; nothing else is", () =>
  served(async ({ port }) => {
    const page = await ask({ port, path: "/" });
    assert.is(page.status, 200);
    assert.match(page.body, "Prüfseite");
    assert.is(page.headers["content-type"], "text/html; charset=utf-8");
    assert.match(page.headers["content-security-policy"] as string, "default-src 'self'");
    assert.not.match(page.headers["content-security-policy"] as string, "unsafe");
    assert.is(page.headers["x-content-type-options"], "nosniff");
    assert.is((await ask({ port, path: "/page/live.js" })).headers["content-type"], "text/javascript; charset=utf-8");
    const style = await ask({ port, path: "/fonts/wght.css" });
    const font = /url\(\.\/(files\/[^)]+latin-wght-normal\.woff2)\)/.exec(style.body)?.[1];
    assert.is((await ask({ port, path: `/fonts/${font}` })).headers["content-type"], "font/woff2");
    for (const path of ["/notes.txt", "/../server.ts", "/page/../../../package.json", "/%2e%2e/server.ts", "/fonts/"]) {
      assert.is((await ask({ port, path })).status, 404, path);
    }
  }));

test("Host and Origin: only our own page passes", () =>
  served(
    async ({ port, touches }) => {
      const own = `127.0.0.1:${port}`;
      const matrix: [string, Record<string, string>, number][] = [
        ["own page", { host: own, origin: `http://${own}`, "sec-fetch-site": "same-origin" }, 204],
        ["own page by name", { host: `localhost:${port}`, origin: `http://localhost:${port}` }, 204],
        ["own page, IPv6", { host: `[::1]:${port}`, origin: `http://[::1]:${port}` }, 204],
        ["configured name", { host: `board.example:${port}`, origin: `http://board.example:${port}` }, 204],
        ["a program, no page", { host: own }, 204],
        ["another site's page", { host: own, origin: "https://evil.example" }, 403],
        ["a page of nowhere", { host: own, origin: "null" }, 403],
        ["another port on this machine", { host: own, origin: "http://127.0.0.1:1" }, 403],
        ["own name over https", { host: own, origin: `https://${own}` }, 403],
        ["two of our names mixed", { host: own, origin: `http://localhost:${port}` }, 403],
        ["rebound name", { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }, 403],
        ["rebound name, no Origin", { host: `evil.example:${port}` }, 403],
        ["own name, wrong port", { host: "127.0.0.1:1" }, 403],
        ["own name, no port", { host: "127.0.0.1" }, 403],
        ["a foreign form without Origin", { host: own, "sec-fetch-site": "cross-site" }, 403],
        ["the same machine's other port", { host: own, "sec-fetch-site": "same-site" }, 403],
      ];
      let taken = 0;
      for (const [name, headers, status] of matrix) {
        const all = { "content-type": "application/json", ...headers };
        const answer = await ask({ port, path: "/touch", method: "POST", headers: all }, `{"from":"${name}"}`);
        assert.is(answer.status, status, name);
        if (status === 204) taken += 1;
        assert.is(touches().length, taken, name);
        if (status !== 403 || headers["sec-fetch-site"] === "same-site") continue;
        assert.is((await ask({ port, path: "/", headers })).status, 403, `page: ${name}`);
        assert.is((await ask({ port, path: "/events", headers })).status, 403, `events: ${name}`);
      }
      const typed = { host: own, "sec-fetch-site": "none", "sec-fetch-mode": "navigate" };
      assert.is((await ask({ port, path: "/", headers: typed })).status, 200, "an address that was typed");
    },
    { allowedHosts: ["board.example"] },
  ));

test("a touch is any JSON up to the limit, and bad input is answered as such", () =>
  served(async ({ port, touches }) => {
    const json = { "content-type": "application/json" };
    const post = (body: string, headers: Record<string, string> = json) =>
      ask({ port, path: "/touch", method: "POST", headers }, body);
    const full = JSON.stringify("x".repeat(screenLimits.touchBytesMax - 2));
    assert.is((await post('{"button":"id-card"}')).status, 204);
    assert.is((await post(full)).status, 204);
    assert.equal(touches(), [{ button: "id-card" }, JSON.parse(full)]);
    assert.is((await post(`${full} `)).status, 413);
    assert.is((await post("")).status, 400);
    assert.is((await post("{")).status, 400);
    assert.is((await post('{"__proto__":{"x":1}}')).status, 400);
    assert.is((await post("x", { "content-type": "text/plain" })).status, 415);
    assert.is((await post("a=b", { "content-type": "application/x-www-form-urlencoded" })).status, 415);
    assert.is((await post("{}", {})).status, 415);
    assert.is((await ask({ port, path: "/touch" })).status, 404);
    assert.is(touches().length, 2);
  }));

test("a page says whether it may be heard, which is forgotten with the last page", () =>
  served(async ({ port, statuses }) => {
    const tell = (body: string) =>
      ask({ port, method: "POST", path: "/sound", headers: { "content-type": "application/json" } }, body);
    const page = openPage(port);
    await until("connected", () => statuses().at(-1) === "ready");
    for (const body of ["{}", "null", '{"isAllowed":"no"}']) assert.is((await tell(body)).status, 400, body);
    assert.is((await tell('{"isAllowed":false}')).status, 204);
    assert.is(statuses().at(-1), "error");
    assert.is((await tell('{"isAllowed":true}')).status, 204);
    assert.is(statuses().at(-1), "ready");
    await tell('{"isAllowed":false}');
    page.close();
    await until("nobody looks", () => statuses().at(-1) === "offline");
    const next = openPage(port);
    await until("connected again", () => statuses().at(-1) === "ready");
    next.close();
  }));

test("every page gets the newest view at once and each one after", () =>
  served(
    async ({ port, show, statuses }) => {
      assert.equal(statuses(), ["offline"]);
      show({ n: 1 });
      show({ n: 2 });
      const page = openPage(port);
      await until("the first view", () => page.views().length === 1);
      assert.is(page.events[0]?.event, "hello");
      assert.match(page.events[0]?.data ?? "", /^\{"page":"[0-9a-f]{16}"\}$/);
      show({ n: 3 });
      await until("the next view", () => page.views().length === 2);
      assert.equal(page.views(), [{ n: 2 }, { n: 3 }]);
      await until("a beat", () => page.events.some(({ event }) => event === "beat"));
      const second = openPage(port);
      await until("the second page's view", () => second.views().length === 1);
      assert.equal(second.views(), [{ n: 3 }]);
      page.close();
      second.close();
      await until("nobody looks", () => statuses().at(-1) === "offline");
      const again = openPage(port);
      await until("the view after connecting again", () => again.views().length === 1);
      assert.equal(again.views(), [{ n: 3 }]);
      again.close();
    },
    { limits: { beatMs: 50 } },
  ));

/** Asks for the events and then reads nothing. */
function openFrozenPage(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.pause();
      socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      resolve(socket);
    });
    socket.on("error", () => {});
  });
}

const large = "x".repeat(256 * 1024);

test("a page that reads slowly skips to the newest view and holds up nobody", () =>
  served(async ({ port, show, statuses }) => {
    const slow = await openFrozenPage(port);
    await until("the slow page is connected", () => statuses().at(-1) === "ready");
    const quick = openPage(port);
    const views = 100;
    for (let n = 1; n <= views; n += 1) {
      show({ n, filler: large });
      await until(`the quick page has view ${n}`, () => quick.views().at(-1)?.n === n);
    }
    let tail = "";
    const seen: number[] = [];
    slow.setEncoding("utf8").on("data", (part: string) => {
      for (const [, n] of (tail + part).matchAll(/"n":(\d+),/g)) seen.push(Number(n));
      tail = part.slice(-"event: view\n".length);
    });
    slow.resume();
    await until("the slow page has the newest view", () => seen.at(-1) === views);
    const distinct = new Set(seen).size;
    assert.ok(distinct < views / 2, `${distinct} of ${views} views reached the slow page`);
    slow.destroy();
    quick.close();
  }));

test("a page that never reads is cut off", () =>
  served(
    async ({ port, show, statuses }) => {
      const frozen = await openFrozenPage(port);
      await until("the frozen page is connected", () => statuses().at(-1) === "ready");
      for (let n = 0; n < 40; n += 1) show({ n, filler: large });
      // Until the kernel's buffers are full each view is still taken.
      await until("the frozen page is cut off", () => {
        show({ n: 0, filler: large });
        return statuses().at(-1) === "offline";
      });
      frozen.destroy();
    },
    { limits: { stalledMs: 200 } },
  ));

test("there is a limit to connected pages", () =>
  served(
    async ({ port, statuses }) => {
      const page = openPage(port);
      await until("the page is connected", () => statuses().at(-1) === "ready");
      assert.is((await ask({ port, path: "/events" })).status, 503);
      page.close();
    },
    { limits: { pagesMax: 1 } },
  ));

test("stop ends the streams, and no event comes after it", async () => {
  let page: Page | undefined;
  let port = 0;
  let count = 0;
  let seen: Served | undefined;
  await served(async (screen) => {
    seen = screen;
    port = screen.port;
    page = openPage(port);
    await until("the page is connected", () => screen.statuses().at(-1) === "ready");
    count = screen.events.length;
  });
  await until("the stream ended", () => page?.isEnded());
  assert.is(seen?.events.length, count);
  let refused = false;
  await ask({ port, path: "/" }).catch(() => {
    refused = true;
  });
  assert.ok(refused, "nothing listens any more");
});

test("a taken port is a status, and the screen comes as soon as it is free", async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  const { port } = squatter.address() as AddressInfo;
  const screen = createScreen<View>({ port, pageFolder: import.meta.dirname, limits: { listenRetryMs: 20 } });
  const statuses: StatusEvent["status"][] = [];
  screen.start((event) => {
    if (event.type === "status") statuses.push(event.status);
  });
  await until("the error is reported", () => statuses.at(-1)?.state === "error");
  assert.match(statuses.at(-1)?.detail ?? "", "EADDRINUSE");
  await new Promise((resolve) => squatter.close(resolve));
  await until("the screen is served", () => screen.url());
  await screen.stop();
  assert.equal(
    statuses.map(({ state }) => state),
    ["error", "offline"],
  );
});

test.run();
