// @ts-check
/// <reference lib="dom" />

/**
 * The page's end of the wire to its screen server: views come in by Server-Sent Events, touches go out by POST.
 * The browser connects again by itself after a break; what it cannot see is a server that is there and says nothing,
 * so silence is watched here.
 */

/** The server beats every 3 s; three missed beats are a dead line. In milliseconds. */
const silenceMs = 10_000;
const checkMs = 1000;

/**
 * @param {{ view: (view: any) => void, live: (live: boolean) => void }} handlers
 *   `view` gets each new view whole; `live` says whether the server is heard, at first and at every change.
 */
export function connect({ view, live }) {
  /** @type {string | undefined} */
  let page;
  /** @type {boolean | undefined} */
  let isLive;
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
    setLive(true);
  }

  function open() {
    const source = new EventSource("/events");
    source.addEventListener("hello", (event) => {
      const hello = JSON.parse(event.data);
      // After an update the server brings another page than this one.
      if (page !== undefined && page !== hello.page) location.reload();
      page = hello.page;
      heard();
    });
    source.addEventListener("beat", heard);
    source.addEventListener("view", (event) => {
      heard();
      view(JSON.parse(event.data));
    });
    source.addEventListener("error", () => setLive(false));
    return source;
  }

  setInterval(() => {
    // A browser gives up after a refused stream (readyState closed); a silent one it would wait for for ever.
    if (events.readyState !== EventSource.CLOSED && performance.now() - heardAt < silenceMs) return;
    setLive(false);
    heardAt = performance.now();
    events.close();
    events = open();
  }, checkMs);
}

/**
 * Sends what was touched. Resolves to whether the server took it; never rejects.
 *
 * @param {unknown} input any JSON, at most 64 KiB
 */
export const touch = (input) => send("/touch", input);

/**
 * Tells whether this page may make a sound; a new server has to be told again.
 *
 * @param {boolean} isAllowed
 */
export const tellSound = (isAllowed) => send("/sound", { isAllowed });

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<boolean>}
 */
async function send(path, body) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
