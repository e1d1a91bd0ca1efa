import { isDeepStrictEqual } from "node:util";
import type { Sign, SignPicture, StatusEvent } from "../../device/ports.ts";

/** A sign in memory: `pictures` is what was shown, one after another, while it was there. */
export interface FakeSign extends Sign {
  readonly pictures: SignPicture[];
  unplug(): void;
  plugIn(): void;
}

export function createFakeSign(columns = 8): FakeSign {
  const pictures: SignPicture[] = [];
  let deliver: ((event: StatusEvent) => void) | undefined;
  let current: SignPicture | undefined;
  let isThere = true;

  function report(): void {
    const status: StatusEvent["status"] = isThere
      ? { state: "ready", detail: "" }
      : { state: "offline", detail: "unplugged" };
    deliver?.({ type: "status", status });
  }

  function light(): void {
    if (deliver && isThere && current) pictures.push(current);
  }

  return {
    columns,
    pictures,
    start(on) {
      deliver = on;
      report();
      light();
    },
    async stop() {
      deliver = undefined;
    },
    show(picture) {
      if (isDeepStrictEqual(picture, current)) return;
      current = picture;
      light();
    },
    unplug() {
      if (!isThere) return;
      isThere = false;
      report();
    },
    plugIn() {
      if (isThere) return;
      isThere = true;
      report();
      light();
    },
  };
}
