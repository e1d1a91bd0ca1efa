// @ts-check
/// <reference lib="dom" />

/**
 * The page's end of the wire: views come in by Server-Sent Events. The browser connects again by itself after a break;
 * what it cannot see is a server that is there and says nothing, so silence is watched here.
 */

/** So many missed signs of life are a dead line. */
const beatsMissedMax = 3;
const checkMs = 250;
/** Before the server has said how often it beats, in milliseconds. */
const beatUnknownMs = 2_000;

/**
 * @param {string} path
 * @param {{ hello: (hello: any) => void, view: (view: any) => void, live: (live: boolean) => void }} handlers
 *   `hello` gets what the server says first; `view` gets each new view whole; `live` says whether the server is heard, at
 *   every change.
 */
export function watch(path, { hello: greet, view, live }) {
  /** @type {string | undefined} */
  let version;
  let isLive = true;
  let silenceMs = beatUnknownMs * beatsMissedMax;
  let heardAt = performance.now();
  let events = open();

  /** @param {boolean} now */
  function setLive(now) {
    if (now === isLive) return;
    isLive = now;
    live(now);
  }

  function heard() {
    heardAt = performance.now();
  }

  function open() {
    const source = new EventSource(path);
    source.addEventListener("hello", (event) => {
      const hello = JSON.parse(event.data);
      // After an update the server brings another page than this one.
      if (version !== undefined && version !== hello.version) location.reload();
      version = hello.version;
      silenceMs = hello.beatMs * beatsMissedMax;
      greet(hello);
      heard();
    });
    // The visit has ended at the server: it leads to the sign-in.
    source.addEventListener("over", () => location.reload());
    source.addEventListener("beat", () => {
      heard();
      setLive(true);
    });
    source.addEventListener("view", (event) => {
      heard();
      view(JSON.parse(event.data));
      setLive(true);
    });
    source.addEventListener("error", () => {
      setLive(false);
      if (source.readyState === EventSource.CLOSED) void leaveIfOver();
    });
    return source;
  }

  /** A stream is refused to whoever is no longer signed in; so is the page, which then leads elsewhere. */
  async function leaveIfOver() {
    const page = await fetch(location.href, { redirect: "manual" }).catch(() => undefined);
    if (page?.type === "opaqueredirect") location.reload();
  }

  setInterval(() => {
    // A browser gives up after a refused stream (readyState closed); a silent one it would wait for for ever.
    const gaveUp = events.readyState === EventSource.CLOSED && performance.now() - heardAt > beatUnknownMs;
    if (!gaveUp && performance.now() - heardAt < silenceMs) return;
    setLive(false);
    heardAt = performance.now();
    events.close();
    events = open();
  }, checkMs);
}
