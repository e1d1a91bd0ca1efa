import type { Beat, Event } from "../../protocol/messages.ts";
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
/** Events, and alarms among them, kept for the screen; so many of the last are read when it begins. */
const eventsKept = 100;
const alarmsKept = 10;
/** Desks and devices are looked at again so long after something happened, in milliseconds. */
const lookAfterMs = 300;

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

/** What has just been heard. */
export type Heard = { of: "event"; event: Event } | { of: "beat"; beat: Beat } | { of: "state" };

/** Collects what the screen shows; `changed` is called at every change. To be called before the start. */
export function watchState(session: Session, url: string, changed: (what: Heard) => void): Watched {
  const watched: Watched = { url, link: { up: false, why: "connecting" }, queues: new Map(), events: [], alarms: [] };
  const heard =
    <T>(take: (payload: T) => void) =>
    (payload: T) => {
      take(payload);
      changed({ of: "state" });
    };
  session.onLink(heard((link) => (watched.link = link.up ? { up: true, why: "" } : link)));
  session.subscribe("hub", {}, heard((hub) => (watched.hub = hub))); // biome-ignore format: one line each
  session.subscribe("office", {}, heard((office) => (watched.office = office))); // biome-ignore format: one line each
  session.subscribe("queue", {}, heard((queue) => watched.queues.set(queue.service, queue))); // biome-ignore format: one line each
  session.subscribe("display", { group: "all" }, heard((display) => (watched.display = display))); // biome-ignore format: one line each
  session.subscribe("beat", {}, (beat) => {
    watched.beatHeardAt = Date.now();
    changed({ of: "beat", beat });
  });
  session.subscribe("event", {}, (event) => {
    note(watched, event);
    noteAtDesk(watched, event);
    changed({ of: "event", event });
  });
  return watched;
}

/** Puts an event where it belongs, once; it may have been read back already. */
function note(watched: Watched, event: Event): void {
  if (watched.events.some(({ epoch, seq }) => epoch === event.epoch && seq === event.seq)) return;
  const byPlace = (a: Event, b: Event) => b.epoch - a.epoch || b.seq - a.seq;
  watched.events = [event, ...watched.events].sort(byPlace).slice(0, eventsKept);
  if (event.type !== "device.alarm") return;
  // What is over is no alarm any more, and neither is what was said of it before.
  const others = watched.alarms.filter(({ client, alarm }) => client !== event.client || alarm !== event.alarm);
  const said = event.open === false ? others : [event, ...others];
  watched.alarms = said.sort(byPlace).slice(0, alarmsKept);
}

/** Whom each desk has, so that it need not be asked about at every call. */
function noteAtDesk(watched: Watched, event: Event): void {
  const { desk: id, number } = event as { desk?: unknown; number?: unknown };
  const desk = watched.desks?.find((each) => each.id === id);
  if (!desk || typeof number !== "string") return;
  if (event.type === "ticket.called") desk.number = number;
  else if (event.type !== "ticket.recalled" && desk.number === number) desk.number = null;
}

/** A screen on a terminal, with what it needs to ask of the hub. */
interface Screen {
  /** To be called at every change. */
  changed(what: Heard): void;
  /** Draws until `q`, Ctrl-C or a signal, and leaves the terminal as it was. */
  show(): Promise<void>;
}

export function watchScreen(conversation: Conversation, watched: Watched): Screen {
  const { ask, session } = conversation;
  const { stdin, stdout } = process;
  let drawTimer: NodeJS.Timeout | undefined;
  let lookTimer: NodeJS.Timeout | undefined;
  let looks = 0;
  let isReadBack = false;
  let isShown = false;

  function draw(): void {
    drawTimer = undefined;
    const lines = drawWatch(watched, Date.now(), { columns: stdout.columns, rows: stdout.rows });
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`);
  }
  const drawSoon = () => {
    if (isShown) drawTimer ??= setTimeout(draw, drawEveryMs);
  };

  /** Asks what no topic tells. A desk's user may see neither: the screen then does without them. */
  async function look(): Promise<void> {
    lookTimer = undefined;
    looks += 1;
    const step = looks;
    const [office, devices] = await Promise.allSettled([
      ask("office.show", {}, `office.${step}`),
      listDevices({ session, ask: (verb, args, page) => ask(verb, args, `devices.${step}.${page}`) }),
    ]);
    if (office.status === "fulfilled") watched.desks = office.value.desks;
    if (devices.status === "fulfilled") watched.devices = devices.value;
    drawSoon();
  }

  /** What happened last, before the screen began. */
  async function readBack({ epoch, seq }: Beat): Promise<void> {
    const after = Math.max(0, seq - eventsKept);
    const { events } = await ask("event.list", { epoch, after, limit: eventsKept }, "before");
    for (const event of events) note(watched, event);
    drawSoon();
  }

  return {
    changed(what) {
      drawSoon();
      if (what.of === "event" && /^(?:desk|device)\./.test(what.event.type))
        lookTimer ??= setTimeout(look, lookAfterMs);
      if (what.of !== "beat" || isReadBack) return;
      isReadBack = true;
      // A board's user may not read them: then the screen begins empty.
      readBack(what.beat).catch(() => {});
    },
    async show() {
      // The other screen, no cursor, and lines that are cut instead of wrapped.
      stdout.write("\x1b[?1049h\x1b[?25l\x1b[?7l");
      const restore = () => {
        if (!isShown) return;
        isShown = false;
        if (stdin.isTTY) stdin.setRawMode(false);
        stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l");
      };
      // However the process ends, the terminal is not left without a cursor.
      process.once("exit", restore);
      isShown = true;
      const ticks = setInterval(drawSoon, tickMs);
      session.onLink(({ up }) => {
        if (up && isShown) void look();
      });
      try {
        draw();
        void look();
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
        clearInterval(ticks);
        clearTimeout(drawTimer);
        clearTimeout(lookTimer);
        restore();
        stdin.pause();
      }
    },
  };
}
