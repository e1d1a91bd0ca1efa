import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:http";
import pino from "pino";
import { parseConfig } from "../../hub/config.ts";
import { createSecrets } from "../../hub/secrets.ts";
import { openStaff } from "../../hub/staff/open.ts";
import type { Store } from "../../hub/store/store.ts";
import { createPages } from "../../hub/web/pages.ts";
import type { AppointmentOffice } from "../hub/appointment-office.ts";
import { openAppointmentOffice } from "../hub/appointment-office.ts";
import { modelOffice } from "../hub/test-office.ts";

/** The model office as its town would show it to visitors. */
export const townOffice = {
  ...modelOffice,
  services: [
    {
      id: "id-card",
      letter: "A",
      names: { de: "Ausweis oder Reisepass", en: "Identity card or passport" },
      minutes: 10,
      bring: { de: "Altes Dokument und ein Passbild", en: "Your old document and a photograph" },
      fee: { de: "37,00 €", en: "€37.00" },
    },
    {
      id: "registration",
      letter: "B",
      names: { de: "An- oder Ummelden", en: "Register your address" },
      minutes: 15,
      bring: { de: "Ausweis und Wohnungsgeberbestätigung", en: "Identity card and landlord's confirmation" },
    },
    { id: "pick-up", letter: "C", names: { de: "Abholung", en: "Collect a document" }, minutes: 3, bookable: false },
  ],
  town: { address: "Halterner Straße 5, 46284 Dorsten", imprint: [{ de: "Stadt Dorsten <Der Bürgermeister>" }] },
  appointments: { desks: 2 },
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One browser's cookies, which it sends with each request. */
export interface Visitor {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  head(path: string): Promise<Answer>;
  /** Sends a form; what the page at `form` hid in it goes along, unless the test says otherwise. */
  send(form: string, path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
  /** Sends fields as they are. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Answer>;
}

/** The hub's pages over HTTP, before an office whose time stands still until a test moves it. */
export interface BookingSite extends AppointmentOffice {
  readonly port: number;
  readonly url: string;
  /** What the pages wrote to the log. */
  readonly logged: string[];
  visitor(): Visitor;
  stop(): Promise<void>;
}

/** Opens the site; whatever `config` does not say is as in `townOffice`. */
export async function openSite({
  config: changes = {},
  now,
  ...further
}: {
  config?: object;
  now?: number;
  wrapStore?: (store: Store) => Store;
} = {}): Promise<BookingSite> {
  const raw = { ...townOffice, ...changes, http: { port: 0, ...(changes as { http?: object }).http } };
  const parsed = parseConfig(raw);
  if (!parsed.ok) throw new Error(parsed.message);
  const caller = (client: string) => staff?.caller(client);
  const office = openAppointmentOffice({ config: raw, caller, ...further, ...(now === undefined ? {} : { now }) });
  const { staff: section } = parsed.config;
  const staff = section && openStaff(section, office.store.staff, createSecrets(office.store.key), () => office.now);
  const logged: string[] = [];
  const pages = createPages({
    config: parsed.config,
    log: pino({ level: "trace" }, { write: (line: string) => void logged.push(line) }),
    receive: office.receive,
    state: () => office.state,
    person: office.store.person,
    booking: office.booking,
    staff,
    now: () => office.now,
    metrics: () => "",
  });
  const port = await pages.start();
  const own = {
    port,
    url: `http://127.0.0.1:${port}`,
    logged,
    visitor: () => visitorOf(port),
    async stop() {
      await pages.stop();
      office.close();
    },
  };
  return Object.defineProperties(office, Object.getOwnPropertyDescriptors(own)) as BookingSite;
}

/** Asks with headers as they are given. */
export function ask(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const { statusCode: status = 0, headers: received } = answer;
        resolve({ status, headers: received, body: Buffer.concat(parts).toString() });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** What the stream of a desk's page says first. */
export async function helloOf(site: BookingSite, cookie: string, desk = "1"): Promise<{ me: object; csrf: string }> {
  const answer = await fetch(`${site.url}/desk/${desk}/events`, { headers: { cookie } });
  if (answer.status !== 200) throw new Error(`no stream: ${answer.status}`);
  let text = "";
  const decoder = new TextDecoder();
  // Leaving the loop cancels the stream.
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    const [, data] = /event: hello\ndata: (.*)\n/.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error("no hello");
}

function visitorOf(port: number): Visitor {
  const jar = new Map<string, string>();
  async function go(method: string, path: string, headers: Record<string, string>, body = ""): Promise<Answer> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await ask(port, method, path, { ...(cookie === "" ? {} : { cookie }), ...headers }, body);
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }
  const visitor: Visitor = {
    get: (path, headers = {}) => go("GET", path, headers),
    head: (path) => go("HEAD", path, {}),
    async send(form, path, fields = {}, headers = {}) {
      const page = await visitor.get(form);
      return visitor.post(path, { ...hiddenIn(page.body), ...fields }, headers);
    },
    post(path, fields, headers = {}) {
      const type = { "content-type": "application/x-www-form-urlencoded" };
      return go("POST", path, { ...type, ...headers }, new URLSearchParams(fields).toString());
    },
  };
  return visitor;
}

const entities: Record<string, string> = {
  "#34": '"',
  "#38": "&",
  "#39": "'",
  "#60": "<",
  "#61": "=",
  "#62": ">",
  "#96": "`",
};

/** Text as a browser would read it. */
export const unescapeHtml = (text: string) => text.replace(/&([#\w]+);/g, (all, name: string) => entities[name] ?? all);

/** What the first form that posts hides in itself. */
export function hiddenIn(html: string): Record<string, string> {
  const form = /<form[^>]* method="post"[\s\S]*?<\/form>/.exec(html)?.[0] ?? "";
  const inputs = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries([...inputs].map(([, name = "", value = ""]) => [name, unescapeHtml(value)]));
}

/** The text of a page without its markup. */
export const textIn = (html: string) =>
  unescapeHtml(html.replace(/<(style|script)[\s\S]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ");

/** What a visitor types who makes no mistake. */
export const typed = { name: "Anna Probst", email: "anna@example.org", phone: "02362 1234", birthdate: "9.3.1984" };
