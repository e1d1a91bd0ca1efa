import type { Beat } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import type { TopicKey } from "../../protocol/topics.ts";
import type { Conversation } from "./connection.ts";
import { eventLine } from "./events.ts";
import { listDevices } from "./office.ts";
import type { Watched } from "./watch-screen.ts";
import { drawWatch } from "./watch-screen.ts";

/** A screen is drawn at most this often, in milliseconds, and each second for its clock. */
const drawEveryMs = 100;
const tickMs = 1_000;
/** Events kept for the screen. */
const eventsKept = 50;

const ctrlC = "\x03";

/** Everything that may be read, one JSON object a line: `{"topic":…,"payload":…}`. To be called before the start. */
export function watchJson(session: Session): void {
  const say = (topic: string, payload: unknown) => process.stdout.write(`${JSON.stringify({ topic, payload })}\n`);
  const all: TopicKey[] = ["hub", "beat", "office", "queue", "display", "event"];
  for (const key of all) {
    session.subscribe(key, {}, (payload, levels) => say(session.names.topic(key, levels as never), payload));
  }
}

/** One line for each event, and for each change of the connection. To be called before the start. */
export function watchLines(session: Session): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  session.onLink((link) => say(link.up ? "connected" : `no connection: ${link.why}`));
  session.subscribe("hub", {}, ({ state, version }) => say(`hub ${state}, version ${version}`));
  session.subscribe("event", {}, (event) => say(eventLine(event)));
}

/** Collects what the screen shows; `changed` is called at every change. To be called before the start. */
export function watchState(session: Session, url: string, changed: () => void): Watched {
  const watched: Watched = { url, link: { up: false, why: "connecting" }, queues: new Map(), events: [], devices: [] };
  const heard =
    <T>(take: (payload: T) => void) =>
    (payload: T) => {
      take(payload);
      changed();
    };
  session.onLink(heard((link) => (watched.link = link.up ? { up: true, why: "" } : link)));
  session.subscribe("hub", {}, heard((hub) => (watched.hub = hub))); // biome-ignore format: one line each
  session.subscribe("beat", {}, heard((_: Beat) => (watched.beatHeardAt = Date.now()))); // biome-ignore format: one line each
  session.subscribe("office", {}, heard((office) => (watched.office = office))); // biome-ignore format: one line each
  session.subscribe(
    "queue",
    {},
    heard((queue) => watched.queues.set(queue.service, queue)),
  );
  session.subscribe(
    "display",
    { group: "all" },
    heard((display) => (watched.display = display)),
  );
  session.subscribe("event", {}, heard((event) => {
    watched.events.unshift(event);
    watched.events.length = Math.min(watched.events.length, eventsKept);
  })); // biome-ignore format: like its neighbours
  return watched;
}

/** Draws on the terminal's other screen until `q`, Ctrl-C or a signal, and leaves the first one as it was. */
export async function watchScreen(
  { session, ask }: Conversation,
  watched: Watched,
  onChange: (draw: () => void) => void,
) {
  const { stdin, stdout } = process;
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;

  function draw(): void {
    timer = undefined;
    const lines = drawWatch(watched, Date.now(), { columns: stdout.columns, rows: stdout.rows });
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }
  const drawSoon = () => {
    timer ??= setTimeout(draw, drawEveryMs);
  };
  const lookAtDevices = async () => {
    if (isLooking) return;
    isLooking = true;
    // A desk's user may not see the devices: the screen then does without them.
    watched.devices = await listDevices({ session, ask }).catch(() => watched.devices);
    isLooking = false;
    drawSoon();
  };
  onChange(drawSoon);
  session.subscribe("event", {}, ({ type }) => {
    if (type.startsWith("device.")) void lookAtDevices();
  });
  stdout.write("\x1b[?1049h\x1b[?25l");
  const ticks = setInterval(drawSoon, tickMs);
  try {
    draw();
    void lookAtDevices();
    await new Promise<void>((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, resolve);
      stdout.on("resize", drawSoon);
      if (!stdin.isTTY) return;
      stdin.setRawMode(true);
      stdin.on("data", (keys) => {
        if (keys.includes("q") || keys.includes(ctrlC)) resolve();
      });
    });
  } finally {
    // Saying goodbye changes the connection's state, which must not be drawn on the first screen.
    onChange(() => {});
    clearInterval(ticks);
    clearTimeout(timer);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    stdout.write("\x1b[?25h\x1b[?1049l");
  }
}
