import { test } from "uvu";
import * as assert from "uvu/assert";
import { table } from "../../device/terminal/machine.ts";
import { ledModes } from "../../device/terminal/panel-picture.ts";
import type { PhaseName } from "../../device/terminal/types.ts";
import { viewOf } from "../../device/terminal/view.ts";
import type { Office } from "../../protocol/messages.ts";
import { arriveAt, choose, enterBirthdate, paper, press, requestOf, scan, touch } from "./drive.ts";
import { alone, code, job, monday, up } from "./holding.ts";
import { makeOffice } from "./terminal.ts";

const leave = "Bitte verlassen Sie das Gebäude.";
const emergency = (changes: Partial<Office> = {}) => makeOffice({ open: false, emergency: leave, ...changes });

const plain = (text: string) => text.replaceAll("\u00a0", " ");

for (const phase of Object.keys(table) as PhaseName[]) {
  test(`${phase}: in an emergency the screen says that and nothing else, and nothing is asked for`, () => {
    const drive = arriveAt(phase);
    drive.effects.length = 0;
    drive.feed({ type: "office", office: emergency() });
    const { screen } = viewOf(drive.state());
    assert.is(screen.kind === "message" && screen.name, "emergency");
    assert.is(screen.kind === "message" && screen.title, leave);
    assert.equal(screen.kind === "message" && [screen.lines, screen.actions], [[], []]);
    drive.feed(choose(), press(), scan(), touch({ do: "done" }), choose("pick-up"), press("two"), ...enterBirthdate());
    drive.passLive(1_000);
    const asked = [...drive.requests("ticket.issue"), ...drive.requests("appointment.check-in")];
    assert.equal(asked, [], "no number is given");
    const lit = Object.values(ledModes(drive.state())).filter((mode) => mode === "on");
    assert.equal(lit, [], "no key invites");
  });
}

test("an office that says it is open gives no numbers either, nor does one whose hub is away", () => {
  const drive = arriveAt("choose");
  drive.feed({ type: "office", office: emergency({ open: true }) }, choose(), press());
  drive.feed({ type: "link", up: false }, choose());
  assert.equal(drive.requests("ticket.issue"), []);
  assert.is(viewOf(drive.state()).screen.name, "emergency", "also when the hub is no longer heard");
});

test("whose number is still to be brought to the hub is not printed another paper when he shows his code", () => {
  const drive = alone().feed(scan(code("1")));
  drive.feed(paper(job(drive), "printed"), touch({ do: "done" }), ...up);
  assert.is(drive.requests("ticket.adopt").length, 1);
  drive.feed({ type: "office", office: emergency({ siteNumber: 1 }) }, scan(code("1")));
  assert.is(drive.prints().length, 1);
  assert.equal(drive.requests("appointment.check-in"), []);
});

test("a ticket that was being printed is reported, and afterwards all goes on", () => {
  const drive = arriveAt("printing");
  const request = requestOf(drive.state());
  drive.feed({ type: "office", office: emergency() }, paper(`${request}.0`, "printed"));
  assert.is(drive.requests("ticket.printed").length, 1);
  drive.feed({ type: "office", office: makeOffice() });
  assert.is(viewOf(drive.state()).screen.name, "taken");
  drive.passLive(5_000).feed(touch({ do: "done" }), choose());
  assert.is(drive.state().phase.name, "asking");
});

test("a service that is closed by hand says until when", () => {
  const services = makeOffice().services.map((service) =>
    service.id === "pick-up" ? { ...service, open: false, opensAt: "2026-11-23T13:00:00Z" } : service,
  );
  const drive = arriveAt("choose").feed({ type: "office", office: makeOffice({ services }) });
  const { screen } = viewOf(drive.state());
  const key = screen.kind === "choose" ? screen.services.find(({ service }) => service === "pick-up") : undefined;
  assert.equal(key?.lines.map(plain), ["zur Zeit nicht möglich", "Wieder möglich: heute um 14:00 Uhr"]);
  drive.feed(choose("pick-up"));
  const refused = viewOf(drive.state()).screen;
  assert.is(refused.kind === "message" && refused.title, "Abholung ist zur Zeit nicht möglich");
  assert.is(refused.kind === "message" && plain(refused.lines[0] ?? ""), "Wieder möglich: heute um 14:00 Uhr");
  assert.equal(drive.requests("ticket.issue"), []);
});

test("without the hub a service that was closed by hand stays closed when the office opens in the morning", () => {
  const services = makeOffice().services.map((service) => {
    return { ...service, open: false, ...(service.id === "registration" ? { closed: true } : {}) };
  });
  const open = [{ from: "2026-11-23T07:00:00Z", to: "2026-11-23T15:00:00Z" }];
  const office = makeOffice({ open: false, services, days: [{ date: monday, open }] });
  const drive = alone({ office }).feed(choose("registration"));
  assert.equal([drive.state().phase.name, drive.prints().length], ["refused", 0]);
  drive.feed(touch({ do: "done" }), choose("id-card"));
  assert.equal([drive.state().phase.name, drive.prints().length], ["printing", 1], "the others are open");
});

test.run();
