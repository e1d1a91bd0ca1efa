import type { ConnectionOptions } from "./connection.ts";
import { converse } from "./connection.ts";
import type { EventsOptions } from "./events.ts";
import { eventLine, events, feedOf } from "./events.ts";
import type { Heard } from "./watch.ts";
import { watchJson, watchLines, watchScreen, watchState } from "./watch.ts";

type Options = ConnectionOptions & { json?: boolean };

/** Ends with the process alone. */
const forEver = () => new Promise<never>(() => {});

/** `wartemarke watch`: a screen on a terminal, lines elsewhere, JSON where it is asked for. */
export async function watch(options: Options): Promise<void> {
  if (options.json) return converse(options, forEver, watchJson);
  if (!process.stdout.isTTY) return converse(options, forEver, watchLines);
  let changed: (what: Heard) => void = () => {};
  let watched: ReturnType<typeof watchState> | undefined;
  await converse(
    options,
    async (conversation) => {
      if (!watched) return;
      const screen = watchScreen(conversation, watched);
      changed = screen.changed;
      await screen.show();
    },
    (session) => {
      watched = watchState(session, options.url, (what) => changed(what));
    },
  );
}

/** `wartemarke events`. */
export async function showEvents(options: Options, wanted: EventsOptions): Promise<void> {
  let feed: ReturnType<typeof feedOf> | undefined;
  await converse(
    options,
    (conversation) =>
      events(conversation, feed, wanted, (event) => {
        process.stdout.write(`${options.json ? JSON.stringify(event) : eventLine(event)}\n`);
      }),
    (session) => {
      if (wanted.follow) feed = feedOf(session);
    },
  );
}
