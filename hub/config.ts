import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { payloadBytesMax } from "../protocol/codec.ts";
import { day, deskId, letter, name, serviceId, texts } from "../protocol/messages.ts";
import { isPasswordHash } from "./accounts.ts";
import { almanacProblem } from "./almanac.ts";
import { calls } from "./config/calls.ts";
import { homeAssistantSection } from "./config/home-assistant.ts";
import { metricsSection } from "./config/metrics.ts";
import { townSection } from "./config/town.ts";
import { loopbackHosts, pageAddress } from "./page-address.ts";
import { checkStaff, staffSection } from "./staff/config.ts";

/** What a process says when its configuration is wrong (sysexits.h, EX_CONFIG); nothing has been started then. */
export const configExitCode = 78;
/** As `EX_DATAERR` there: the database is lost, and starting again does not bring it back. */
export const lostExitCode = 65;

/**
 * What the retained message about the office holds besides the texts of the configuration, in bytes: two weeks of opening
 * hours with the reasons for closures, and the numbers of each service.
 */
const officeRestBytes = 16_384;

/** As the protocol carries them; none may be empty, since it would be shown so. */
const filledTexts = texts.superRefine((values, context) => {
  for (const [language, text] of Object.entries(values)) {
    if (text.trim() === "") context.addIssue({ code: "custom", path: [language], message: "must not be empty" });
  }
});

const account = z.strictObject({
  name: name.refine((user) => user !== "hub", "`hub` is reserved"),
  role: z.enum(["terminal", "board", "desk", "admin"]),
  /** The desks a `desk` account acts for. */
  desks: z.array(deskId).default([]),
  /** As `wartemarke hash-password` prints it. */
  passwordHash: z.string().refine(isPasswordHash, "take what `wartemarke hash-password` prints"),
});

const service = z.strictObject({
  id: serviceId,
  letter,
  names: filledTexts,
  /** Whether an appointment can be booked for it. */
  bookable: z.boolean().default(true),
  /** What one visitor takes, until there are measurements. */
  minutes: z.number().min(0.5).max(480),
  bring: filledTexts.optional(),
  fee: filledTexts.optional(),
});

const desk = z.strictObject({
  id: deskId,
  name: z.string().min(1).max(32),
  services: z.array(serviceId).min(1),
  /** Display groups that show this desk's calls, besides `all`. */
  groups: z.array(name).default([]),
});

const share = z.number().min(0).max(1);

/** Appointments: see deploy/docs/appointments.md. */
const appointments = z
  .strictObject({
    /** The site's number in check-in codes. */
    siteNumber: z.int().min(0).max(999).default(1),
    slotMinutes: z.int().min(1).max(240).default(15),
    /** Desks that can be booked whenever the office is open. */
    desks: z.int().min(0).max(200),
    /** Other numbers of desks at certain times, in OpenStreetMap `opening_hours` syntax; the last that fits counts. */
    capacity: z
      .array(z.strictObject({ hours: z.string().min(1), desks: z.int().min(0).max(200) }))
      .max(50)
      .default([]),
    walkInShare: share.default(0.25),
    telephoneShare: share.default(0.1),
    unconfirmedShare: share.default(0.2),
    leadMinutes: z.int().min(0).max(10_080).default(60),
    daysAhead: z.int().min(1).max(366).default(60),
    perAddress: z.int().min(1).max(100).default(2),
    perNetwork: z.int().min(1).max(1000).default(8),
    /** The telephone number need not be given. */
    telephoneOptional: z.boolean().default(false),
    reminderHour: z.int().min(0).max(23).default(10),
    /** Whole days after its own for which an appointment is kept, with what personal data is left of it. */
    keptDays: z.int().min(0).max(366).default(1),
  })
  .refine(
    ({ walkInShare, telephoneShare }) => walkInShare + telephoneShare < 1,
    "walkInShare and telephoneShare leave nothing to book on the web",
  );

/** Left out: mails are written to files. See deploy/docs/mail.md. */
const smtp = z
  .strictObject({
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(587),
    /** TLS from the first byte, as on port 465; otherwise STARTTLS. */
    secure: z.boolean().default(false),
    /** `none` talks to the server in the clear; that is the default only where it is this very machine. */
    tls: z.enum(["required", "none"]).optional(),
    user: z.string().min(1).optional(),
    password: z.string().min(1).optional(),
    /** For each step: connecting, the greeting, each answer. */
    timeoutSeconds: z.int().min(1).max(300).default(20),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), "user and password go together")
  .transform((given) => ({ ...given, tls: given.tls ?? (loopbackHosts.includes(given.host) ? "none" : "required") }));

const mail = z.strictObject({
  from: z
    .string()
    .max(200)
    .regex(/^(?:[^\s<>@]+@[^\s<>@]+|[^<>@\r\n]+<[^\s<>@]+@[^\s<>@]+>)$/, "use name@host or Name <name@host>")
    .default("wartemarke@localhost"),
  smtp: smtp.optional(),
  /** Where mails go without `smtp`; `mail` in the data folder when left out. */
  folder: z.string().min(1).optional(),
});

const board = z.strictObject({ group: name, name: z.string().min(1).max(64) });

const mqtt = z.discriminatedUnion("broker", [
  z.strictObject({
    broker: z.literal("embedded"),
    host: z.string().default("127.0.0.1"),
    port: z.int().min(0).max(65_535).default(1883),
  }),
  z.strictObject({
    broker: z.literal("external"),
    url: z.url().refine(isBrokerUrl, "use mqtt://host:port or mqtts://host:port; the password has a field of its own"),
    password: z.string().min(1),
    /** Where the broker reads its accounts, so that users can be added while the hub runs. */
    accounts: z
      .strictObject({
        /** The folder of the files `acl` and `passwords`. */
        folder: z.string().min(1),
        /** A command, with its arguments, that makes the broker read them again. */
        reload: z.array(z.string().min(1)).min(1).max(20).optional(),
      })
      .optional(),
  }),
]);

const schema = z
  .strictObject({
    site: name,
    prefix: z
      .string()
      .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/, "use levels of a-z, 0-9 and -")
      .default("wartemarke"),
    name: z.string().min(1).max(80),
    languages: z
      .array(z.string().regex(/^[a-z]{2}$/))
      .min(1)
      .default(["de", "en"]),
    timeZone: z.string().refine(isTimeZone, "use a time zone name such as Europe/Berlin").default("Europe/Berlin"),
    accent: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, "use #rrggbb")
      .default("#0b4a8f"),
    /** In OpenStreetMap `opening_hours` syntax. */
    openingHours: z.string().min(1),
    /** For public holidays: ISO 3166-2 parts, as `opening_hours` knows them. */
    region: z
      .strictObject({ country: z.string(), state: z.string() })
      .default({ country: "de", state: "Nordrhein-Westfalen" }),
    /** Single days on which the office is shut although the week would open it. */
    closures: z.array(z.strictObject({ date: day, reason: z.string().max(100) })).default([]),
    /** Single days with hours of their own, in the same syntax; a closure of that day beats them. */
    specialHours: z.array(z.strictObject({ date: day, hours: z.string().min(1) })).default([]),
    numberDigits: z.int().min(3).max(6).default(3),
    /** `trusted`: the machine's clock is followed whatever it does; else a sudden change is looked at first. */
    clock: z.enum(["guarded", "trusted"]).default("guarded"),
    /** Numbers of each series that every terminal holds for the time without the hub. */
    reserve: z.strictObject({ numbers: z.int().min(0).max(500).default(50) }).prefault({}),
    services: z.array(service).min(1),
    desks: z.array(desk).min(1),
    /** Which boards a visitor is told to watch; none named means those of the group `all`. */
    boards: z.array(board).default([]),
    /** What a terminal does with walk-ins who could not be served before closing. */
    intake: z.enum(["off", "warn", "refuse"]).default("warn"),
    calls: calls.prefault({}),
    /** Left out: the office gives no appointments. */
    appointments: appointments.optional(),
    users: z.array(account).default([]),
    /** Left out: nobody signs in, and the desk pages are on this machine alone. */
    staff: staffSection.optional(),
    mqtt: mqtt.prefault({ broker: "embedded" }),
    http: z
      .strictObject({
        host: z.string().default("127.0.0.1"),
        port: z.int().min(0).max(65_535).default(8080),
        /** Where visitors find the booking pages: the address of the proxy before this server. */
        publicUrl: pageAddress.optional(),
        /** Addresses of proxies whose word on a visitor's address is believed. */
        trustProxy: z.array(z.string().min(1)).default([]),
        /** Lets passwords and names travel where others can read them. */
        allowPlainHttp: z.boolean().default(false),
      })
      .prefault({}),
    mail: mail.prefault({}),
    town: townSection.prefault({}),
    data: z.string().min(1).default("./data"),
    backup: z
      .strictObject({
        /** `backups` in the data folder when left out. */
        folder: z.string().min(1).optional(),
        everyMinutes: z.int().min(1).max(10_080).default(60),
        /** Older ones are deleted. */
        keepDays: z.int().min(1).max(3650).default(3),
      })
      .prefault({}),
    metrics: metricsSection.prefault({}),
    homeAssistant: homeAssistantSection.optional(),
    log: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  })
  .superRefine((config, context) => {
    const complain = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const once = (list: (string | number)[], values: string[], ...field: string[]) => {
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) !== index) complain([...list, index, ...field], `${value} is used twice`);
      }
    };
    once(["services"], config.services.map(({ id }) => id), "id"); // biome-ignore format: one line each
    once(["desks"], config.desks.map(({ id }) => id), "id"); // biome-ignore format: one line each
    once(["users"], config.users.map(({ name }) => name), "name"); // biome-ignore format: one line each
    once(["closures"], config.closures.map(({ date }) => date), "date"); // biome-ignore format: one line each
    once(["specialHours"], config.specialHours.map(({ date }) => date), "date"); // biome-ignore format: one line each
    once(["languages"], config.languages);
    const services = new Set(config.services.map(({ id }) => id));
    for (const [index, { services: served }] of config.desks.entries()) {
      for (const id of served) if (!services.has(id)) complain(["desks", index, "services"], `no service ${id}`);
      once(["desks", index, "services"], served);
    }
    const served = new Set(config.desks.flatMap((each) => each.services));
    for (const [index, { id }] of config.services.entries()) {
      if (!served.has(id)) complain(["services", index], `no desk serves ${id}`);
    }
    const groups = new Set(["all", ...config.desks.flatMap((each) => each.groups)]);
    for (const [index, { group }] of config.boards.entries()) {
      if (!groups.has(group)) complain(["boards", index, "group"], `${group} is neither \`all\` nor a group of a desk`);
    }
    const desks = new Set(config.desks.map(({ id }) => id));
    for (const [index, { role, desks: own }] of config.users.entries()) {
      if (role === "desk" && own.length === 0) complain(["users", index, "desks"], "name the desks it acts for");
      if (role !== "desk" && own.length > 0) complain(["users", index, "desks"], "only for the role `desk`");
      for (const id of own) if (!desks.has(id)) complain(["users", index, "desks"], `no desk ${id}`);
    }
    const hoursProblem = almanacProblem(config.openingHours, config.region);
    if (hoursProblem) complain(["openingHours"], hoursProblem);
    for (const [index, { date, hours }] of config.specialHours.entries()) {
      const from = Date.parse(`${date}T00:00`);
      // The schema has said already what is wrong with the date.
      const problem = Number.isNaN(from) ? undefined : almanacProblem(hours, config.region, from, 1);
      if (problem) complain(["specialHours", index, "hours"], problem);
    }
    for (const [index, { hours }] of (config.appointments?.capacity ?? []).entries()) {
      const problem = almanacProblem(hours, config.region);
      if (problem) complain(["appointments", "capacity", index, "hours"], problem);
    }
    if (config.services.some(({ letter }) => letter === "T")) {
      complain(["services"], "letter T is the series of the appointments");
    }
    const { name, languages, timeZone, accent } = config;
    const shown = config.services.map(({ minutes: _, ...rest }) => rest);
    const textBytes = Buffer.byteLength(JSON.stringify({ name, languages, timeZone, accent, shown }));
    const textBytesMax = payloadBytesMax - officeRestBytes;
    if (textBytes > textBytesMax) {
      complain(["services"], `the texts of all services take ${textBytes} bytes, at most ${textBytesMax} are allowed`);
    }
    if (config.mqtt.broker === "embedded" && config.mqtt.port !== 0 && config.mqtt.port === config.http.port) {
      complain(["http", "port"], `${config.http.port} is mqtt.port already`);
    }
    checkStaff(config, complain);
  });

type Parsed = z.output<typeof schema>;
/** All paths in it are absolute. */
export type HubConfig = Parsed & { backup: { folder: string }; mail: { folder: string } };

/** A broker's address and nothing else: what more a URL may hold would be passed over in silence. */
function isBrokerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  const rest = [username, password, pathname.replace("/", ""), search, hash];
  return ["mqtt:", "mqtts:"].includes(protocol) && hostname !== "" && rest.every((part) => part === "");
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Environment variables that beat the file, and the field each one sets. */
const fromEnvironment: Record<string, (config: Record<string, unknown>, value: string) => void> = {
  WARTEMARKE_DATA: (config, value) => {
    config.data = value;
  },
  WARTEMARKE_LOG: (config, value) => {
    config.log = value;
  },
  WARTEMARKE_CLOCK: (config, value) => {
    config.clock = value;
  },
  WARTEMARKE_MQTT_PORT: (config, value) => {
    config.mqtt = { broker: "embedded", ...(config.mqtt as object), port: wholeNumber(value) };
  },
  WARTEMARKE_MQTT_URL: (config, value) => {
    config.mqtt = { ...(config.mqtt as object), broker: "external", url: value };
  },
  WARTEMARKE_MQTT_PASSWORD: (config, value) => {
    config.mqtt = { ...(config.mqtt as object), password: value };
  },
  WARTEMARKE_SMTP_PASSWORD: (config, value) => {
    const given = (config.mail ?? {}) as { smtp?: object };
    config.mail = { ...given, smtp: { ...given.smtp, password: value } };
  },
  WARTEMARKE_OPENID_SECRET: (config, value) => {
    const given = (config.staff ?? {}) as { openid?: object };
    config.staff = { ...given, openid: { ...given.openid, clientSecret: value } };
  },
  WARTEMARKE_HTTP_PORT: (config, value) => {
    config.http = { ...(config.http as object), port: wholeNumber(value) };
  },
};

/** Digits become a number; anything else stays as it is, for the schema to complain about. */
function wholeNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

export type ConfigResult = { ok: true; config: HubConfig } | { ok: false; message: string };

/**
 * Reads and checks the whole configuration: one JSON file, which the environment beats. Never throws; what is wrong
 * is said in one message that names the file, the field and what is allowed.
 */
export function loadConfig(path: string, environment: NodeJS.ProcessEnv): ConfigResult {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return { ok: false, message: `${path}: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, message: `${path}: must be a JSON object` };
  }
  const config = { ...value } as Record<string, unknown>;
  const used: string[] = [];
  for (const [variable, set] of Object.entries(fromEnvironment)) {
    const given = environment[variable];
    if (given === undefined || given === "") continue;
    set(config, given);
    used.push(variable);
  }
  const environmentNote = used.length > 0 ? ` (from the environment: ${used.join(", ")})` : "";
  const parsed = parseConfig(config);
  return parsed.ok ? parsed : { ok: false, message: `${path}: ${parsed.message}${environmentNote}` };
}

/** Checks a configuration that has been read; the message names the first field that is wrong. Never throws. */
export function parseConfig(value: unknown): ConfigResult {
  const result = schema.safeParse(value);
  if (result.success) {
    const data = resolve(result.data.data);
    const { backup, mail } = result.data;
    const folders = {
      backup: { ...backup, folder: resolve(backup.folder ?? join(data, "backups")) },
      mail: { ...mail, folder: resolve(mail.folder ?? join(data, "mail")) },
    };
    return { ok: true, config: { ...result.data, data, ...folders } };
  }
  const issue = result.error.issues[0];
  return { ok: false, message: `${issue?.path.join(".") || "configuration"}: ${issue?.message ?? "is wrong"}` };
}
