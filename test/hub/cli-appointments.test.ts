import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run, withHub } from "./run-cli.ts";
import type { RunningHub } from "./running-hub.ts";

const test = suite("appointments on the command line");

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** As the clock of the office shows it; the processes of the command line have its time zone. */
const berlin = (at: number) =>
  new Intl.DateTimeFormat("sv", { timeZone: "Europe/Berlin", dateStyle: "short", timeStyle: "short" }).format(at);
/** Noon at the office in so many days, as it is typed. */
const noonIn = (days: number) => `${berlin(Date.now() + days * dayMs).slice(0, 10)}T12:00`;

const person = ["--name", "Anna Probst", "--email", "anna@example.org", "--birthdate", "1984-03-09"];

async function inOrder(
  { mqttPort }: RunningHub,
  rows: [args: string[], says: RegExp, code?: number, input?: string][],
): Promise<void> {
  for (const [args, says, code = 0, input = ""] of rows) {
    const ended = await run(mqttPort, args, { input });
    assert.is(ended.code, code, `${args.join(" ")}: ${ended.out}${ended.err}`);
    const said = code === 0 ? ended.out : ended.err;
    assert.match(said, says, `${args.join(" ")} says: ${said}`);
    assert.not.match(ended.out + ended.err, /Anna|Probst|example\.org|1984/, `${args.join(" ")} names nobody`);
  }
}

test("book, list, move, cancel", () =>
  withHub(async (hub, wartemarke) => {
    const day = noonIn(3).slice(0, 10);
    const later = noonIn(4);
    await inOrder(hub, [
      [["appointments"], /^no appointments\n$/],
      [["slots", "id-card", "--from", day, "--days", "2"], new RegExp(`^${day} {2}00:00 00:15 .* 12:00 [\\s\\S]*\nmore with: --from \\d`)], // biome-ignore format: one line each
      [["book", `${day}T12:00`, "id-card", "pick-up", ...person, "--reminder"], new RegExp(`^[0-9a-z]{10} {2}${day} 12:00–12:13 {2}id-card, pick-up {2}confirmed\n$`)], // biome-ignore format: one line each
      [["book", `${day} 12:00`, "id-card", "--persons", "2", "--person-file", "-"], /12:00–12:20 {2}id-card ×2 {2}confirmed\n$/, 0, '{"name":"Anna Probst"}'], // biome-ignore format: one line each
      [["book", `${day}T12:00`, "id-card", ...person], /this time has been taken \(slot-taken\)\. Free: .*12:/, 1],
      [["book", "noon", "id-card", ...person], /noon is no time/, 2],
      [["book", `${day}T12:00`, "id-card"], /who comes\? Use --name/, 2],
      [["book", `${day}T12:00`, "id-card", "--person-file", "-"], /--person-file: it is no JSON\n/, 2, '{"name":"Anna'],
      [["book", `${day}T13:00`, "id-card", "--name", "x", "--email", "no address"], /person\.email: .*\(bad-request\)/, 1], // biome-ignore format: one line each
      [
        ["appointments", day],
        /^time +reference +services +state +number\n12:00–12:\d\d +[0-9a-z]{10} [\s\S]*\n12:00–12:/,
      ],
      [["appointment", "k7m29xq4tb"], /\(unknown-appointment\)\.\nSee `wartemarke appointments/, 1],
    ]);
    const { appointments } = JSON.parse((await wartemarke("appointments", day, "--json")).out);
    assert.is(appointments.length, 2);
    const [{ id }] = appointments;
    await inOrder(hub, [
      [["appointment", id], new RegExp(`^${id} .* confirmed\n$`)],
      [["move", id, later], new RegExp(`^${id} {2}${later.replace("T", " ")}–`)],
      [["late-check-in", id, "lost his way"], /\(other-day\)/, 1],
      [["cancel-appointment", id], / cancelled\n$/],
      [["move", id, later], /\(cancelled\)/, 1],
    ]);
    assert.equal(JSON.parse((await wartemarke("appointments", day, "--json")).out).appointments, appointments.slice(1));
  }));

test("check in by hand and by birth date, and let birth dates be entered again", () =>
  withHub(async (hub, wartemarke) => {
    // The next quarter of an hour; at night that may be tomorrow's, for which nobody is let in.
    const at = Math.ceil((Date.now() + 1_000) / (hourMs / 4)) * (hourMs / 4);
    const isToday = berlin(at).slice(0, 10) === berlin(Date.now()).slice(0, 10);
    const book = ["book", berlin(at), "id-card", ...person, "--json"];
    const first = JSON.parse((await wartemarke(...book)).out).appointment.id;
    await inOrder(hub, [
      [["check-in"], /give either the code or --birthdate/, 2],
      [["check-in", "1".repeat(34)], /\(bad-code\)/, 1],
      [["check-in", "--birthdate", "1999-01-01"], /\(no-match\)/, 1],
    ]);
    if (isToday) {
      await inOrder(hub, [
        [["check-in", "--birthdate", "1984-03-09"], /^T001 {2}\d\d:\d\d {2}id-card\n$/],
        [["late-check-in", first, "asked again"], /^T001 {2}checked in by hand\n$/],
        [["queue"], /\nT001 .* appointment \d\d:\d\d\n$/],
        [["show", "T001"], /\n {2}booked {3}\d\d:\d\d\n/],
      ]);
    }
    const wrong = ["check-in", "--birthdate", "1999-01-01"];
    for (let entry = 0; entry < 4; entry += 1) await wartemarke(...wrong);
    await inOrder(hub, [
      [wrong, /\(locked\)\.\nStaff let birth dates be entered again with: wartemarke unlock\n/, 1],
      [["unlock"], /^birth dates can be entered again everywhere\n$/],
      [wrong, /\(no-match\)/, 1],
      [["unlock", "visitor-tools"], /^birth dates can be entered again at visitor-tools\n$/],
      [["unlock", "--user", "terminal-foyer"], /\(forbidden\)/, 1],
    ]);
  }));

test("closures and special hours: looked at first, then set, then taken back", () =>
  withHub(async (hub, wartemarke) => {
    const at = noonIn(5);
    const day = at.slice(0, 10);
    await inOrder(hub, [
      [["book", at, "id-card", ...person], /confirmed/],
      [
        ["closure", "preview", day, "Betriebsausflug"],
        /^hits 1 appointment; nothing was changed\ntime .*\n.* 12:00 .*\n$/,
      ],
      [["special-hours", "preview", day, "08:00-12:00"], /^hits 1 appointment; nothing/],
      [["special-hours", "add", day, "noonish"], /specialHours: .*\(bad-request\)/, 1],
      [["special-hours", "add", day, "08:00-13:00"], /^changed; hits no appointment\n$/],
      [["closure", "add", day, "Betriebsausflug"], /^changed; hits 1 appointment, which still stand: see --cancel/],
      [["closure", "remove", day], /^changed; hits no appointment\n$/],
      [["closure", "add", day, "Betriebsausflug", "--cancel-appointments"], /^changed; hits 1 appointment: cancelled, each with a mail\n[\s\S]* cancelled\n$/], // biome-ignore format: one line each
      [["office"], new RegExp(`\n {2}${day} {2}closed \\(Betriebsausflug\\)\n`)],
      [["slots", "id-card", "--from", day, "--days", "1"], /^(more with|no day)/],
      [["closure", "remove", day], /^changed; hits no appointment\n$/],
      [["special-hours", "remove", day], /^changed;/],
      [["closure", "add", "2026-02-30", "x"], /closures\.add\.0\.date: .*\(bad-request\)/, 1],
      [["closure"], /Usage: wartemarke closure /, 2],
      [["closure", "add", day, "x", "--user", "desk-1"], /\(forbidden\)/, 1],
    ]);
    const { office } = JSON.parse((await wartemarke("office", "--json")).out);
    assert.equal(office.days.find(({ date }: { date: string }) => date === day).closed, undefined);
  }));

test.run();
