import type { BoardView } from "../../device/board/view.ts";
import type { BoardMemory, Remembered } from "../../device/board-memory.ts";
import { createBoardRole } from "../../device/board-role.ts";
import type { BootFacts } from "../../device/boot.ts";
import type { Clock } from "../../device/ports.ts";
import type { Display, DisplayCall, Office } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { createFakeSign, type FakeSign } from "../fakes/sign.ts";
import { makeOffice } from "../terminal/terminal.ts";

/** As the hub does it, in milliseconds. */
const beatMs = 3_000;

/** Thrown where the power goes. */
class PowerCut extends Error {}

export interface PoweredBoardSetup {
  /** What time it is at first, by the hub's clock. */
  at: string;
  /** Where it keeps what must survive; in this process's memory when left out. */
  memory?: BoardMemory;
}

/**
 * A board's role on a machine whose power may go at any moment, with the hub and the network played by the test. Time
 * is the test's own.
 */
export interface PoweredBoard {
  /** `set` is the wrong time of day of the board's machine; the hub's is always right. */
  readonly clock: ManualClock;
  /** Everything that was shown, over all its lives. */
  readonly views: BoardView[];
  readonly sign: FakeSign;
  view(): BoardView;
  /** The announcements that were seen to begin, in order: `A001/1` is the first call of A001. */
  announced(): string[];
  /** Starts the program; `reboot` switches the machine on anew, with a clock that something has set or not. */
  start(machine?: { reboot: boolean; clockIsSet?: boolean }): void;
  /** Something sets the clock, as the network does some time after the machine was switched on. */
  setClock(): void;
  kill(): void;
  readonly isOn: boolean;
  /** The power goes before the effect of this number from now on; each view and each write is one. */
  cutBefore(effect: number): void;
  /** How many effects there were so far. */
  effects(): number;
  /** The board's network; a broker of its own keeps what the hub said last, also while the hub is away. */
  plug(isPlugged: boolean): void;
  /** The hub lives and its clock goes on; while it does not, nothing is said. */
  hub(isAlive: boolean): void;
  /** A call at the hub; the same number again is a recall. */
  call(number: string): void;
  message(text: string | null): void;
  emergency(text: string | null): void;
  /** The hub begins a new day: no calls. */
  newDay(): void;
  hubNow(): number;
  keeps(): Remembered | undefined;
}

export function createPoweredBoard({ at, memory }: PoweredBoardSetup): PoweredBoard {
  const clock = createManualClock(Date.parse(at));
  const upAtFirst = clock.uptime();
  const hubNow = () => Date.parse(at) + clock.uptime() - upAtFirst;
  const views: BoardView[] = [];
  const sign = createFakeSign(8);
  let kept: Remembered | undefined;
  let boot: BootFacts = { id: "boot 1", clockIsSet: true };
  let bootedAt = 0;
  let effects = 0;
  let cutAt: number | undefined;
  let life:
    | { isOn: boolean; say(what: "display" | "office" | "beat", isKept?: boolean): void; link(up: boolean): void }
    | undefined;
  let isPlugged = true;
  let isAlive = true;
  let display: Display = { epoch: 1, revision: 1, calls: [], message: null };
  let office: Office = makeOffice({ timeZone: "Europe/Berlin" });

  function effect(): void {
    effects += 1;
    if (cutAt === undefined || effects < cutAt) return;
    cutAt = undefined;
    if (life) life.isOn = false;
    throw new PowerCut();
  }

  /** What happens on the board's machine ends with its power. */
  function onMachine(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
  }

  function begin(): void {
    const self = { isOn: true, say, link };
    const handlers = new Map<string, (payload: never, levels: object, isKept: boolean) => void>();
    const links: ((state: { up: boolean }) => void)[] = [];
    const own: Clock = {
      now: clock.now,
      uptime: () => clock.uptime() - bootedAt,
      after: (ms, then) => clock.after(ms, () => self.isOn && onMachine(then)),
    };
    function say(what: "display" | "office" | "beat", isKept = false): void {
      const revisions = { all: display.revision };
      const beat = { at: new Date(hubNow()).toISOString(), session: "s", epoch: display.epoch, seq: 1, revisions };
      if (!self.isOn || !isPlugged) return;
      onMachine(() => handlers.get(what)?.({ display, office, beat }[what] as never, {}, isKept));
    }
    function link(up: boolean): void {
      if (self.isOn) onMachine(() => links.forEach((listener) => void listener({ up })));
    }
    const role = createBoardRole({
      group: "all",
      screen: {
        start() {},
        show(view) {
          effect();
          views.push(view);
        },
        async stop() {},
      },
      sign,
      session: {
        subscribe: (key: string, _levels: object, handler: (payload: never, levels: object, isKept: boolean) => void) =>
          handlers.set(key, handler),
        onLink: (listener: (state: { up: boolean }) => void) => links.push(listener),
      } as unknown as Pick<Session, "subscribe" | "onLink">,
      clock: own,
      report() {},
      boot: () => boot,
      memory: {
        recall: () => (memory ? memory.recall() : kept),
        keep(what) {
          effect();
          if (memory) memory.keep(what);
          else kept = structuredClone(what);
        },
      },
    });
    life = self;
    onMachine(role.start);
    connect();
  }

  function connect(): void {
    if (!isPlugged) return;
    life?.link(true);
    life?.say("office", true);
    life?.say("display", true);
    if (isAlive) life?.say("beat");
  }

  function changed(next: Partial<Display>): void {
    display = { ...display, ...next, revision: display.revision + 1 };
    if (isAlive) life?.say("display");
  }

  function beat(): void {
    if (isAlive) life?.say("beat");
    clock.after(beatMs, beat);
  }
  beat();

  return {
    clock,
    views,
    sign,
    view: () => views.at(-1) as BoardView,
    announced() {
      const names = views.flatMap(({ announcement, flash }) => (announcement && flash ? [announcement] : []));
      return names.filter((name, at) => name !== names[at - 1]).map((name) => name.replace(/^\d+\//, ""));
    },
    start({ reboot, clockIsSet = true } = { reboot: false }) {
      if (reboot) {
        boot = { id: `${boot.id}+`, clockIsSet };
        bootedAt = clock.uptime();
      }
      begin();
    },
    setClock() {
      boot = { ...boot, clockIsSet: true };
    },
    kill() {
      if (life) life.isOn = false;
    },
    get isOn() {
      return life?.isOn ?? false;
    },
    cutBefore(number) {
      cutAt = effects + number;
    },
    effects: () => effects,
    plug(plugged) {
      isPlugged = plugged;
      if (plugged) connect();
      else life?.link(false);
    },
    hub(alive) {
      isAlive = alive;
      if (!alive) return;
      life?.say("office");
      life?.say("display");
    },
    call(number) {
      const before = display.calls.find((call) => call.number === number);
      const call: DisplayCall = {
        call: number,
        number,
        desk: "1",
        deskName: "Platz 1",
        calledAt: new Date(hubNow()).toISOString(),
        count: (before?.count ?? 0) + 1,
      };
      changed({ calls: [call, ...display.calls.filter((other) => other !== before)] });
    },
    message: (text) => changed({ message: text }),
    emergency(text) {
      const { emergency: _, ...usual } = office;
      office = text === null ? usual : { ...usual, emergency: text };
      if (isAlive) life?.say("office");
      changed({});
    },
    newDay: () => changed({ calls: [] }),
    hubNow,
    keeps: () => (memory ? memory.recall() : kept),
  };
}

/** The numbers on its page: the one that is called, then the last calls. */
export const numbersOf = ({ view }: PoweredBoard): string[] =>
  [view().current, ...view().last].flatMap((call) => (call ? [call.number] : []));
