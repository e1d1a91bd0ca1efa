import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import type { Email } from "postal-mime";
import PostalMime from "postal-mime";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { folderTransport } from "../../hub/mail/folder.ts";
import { createPostman } from "../../hub/mail/postman.ts";
import { smtpTransport } from "../../hub/mail/smtp.ts";
import type { MailTransport } from "../../hub/mail/transport.ts";
import { readCheckInCode } from "../../protocol/check-in-code.ts";
import { freePort } from "../brokers.ts";
import type { AppointmentOffice } from "../hub/appointment-office.ts";
import { anna, hourMs, minuteMs, openAppointmentOffice } from "../hub/appointment-office.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { addressOf, openPostOffice } from "./post-office.ts";

const test = suite("mail");
const at = Date.parse("2026-11-26T10:00:00+01:00");

const describedOffice = (state: AppointmentOffice["state"]) => ({
  site: "test",
  name: state.plan.name,
  address: "Halterner Straße 5, 46284 Dorsten",
  accent: "#0b4a8f",
  timeZone: "Europe/Berlin",
  publicUrl: "https://termine.example",
  from: "Bürgerbüro <termine@example.org>",
  checkIn: { earlyMs: 15 * minuteMs, lateMs: 5 * minuteMs },
  services: state.plan.services,
});

/** A postman over the office's own spool, whose timers go when the test says so. */
function employ(office: AppointmentOffice, transport: MailTransport, clock = { isSure: true }) {
  const lost: string[] = [];
  let sent = 0;
  const timers = new Set<() => void>();
  const postman = createPostman({
    spool: office.store,
    transport,
    office: () => describedOffice(office.state),
    clock: {
      now: () => office.now,
      mayErase: () => clock.isSure,
      after(_ms, then) {
        timers.add(then);
        return () => timers.delete(then);
      },
    },
    log: pino({ level: "silent" }),
    alarm: (what) => lost.push(what),
    stuck: (why) => lost.push(`mails do not go out: ${why}`),
    sent() {
      sent += 1;
    },
  });
  return { postman, lost, sent: () => sent };
}

const smtp = (port: number) =>
  smtpTransport("Bürgerbüro <termine@example.org>", {
    host: "127.0.0.1",
    port,
    secure: false,
    tls: "none",
    timeoutMs: 5000,
  });
const kindOf = (mail: Email) => mail.messageId?.match(/\.(?:\d+)\.([a-z-]+)@/)?.[1];

async function withOffice(use: (office: AppointmentOffice) => Promise<void>): Promise<void> {
  const office = openAppointmentOffice();
  try {
    await use(office);
  } finally {
    office.close();
  }
}

test("a reminder that is behind others in the spool does not go out any more when its appointment is cancelled", () =>
  withOffice(async (office) => {
    const thursday = Date.parse("2026-11-26T10:00:00+01:00");
    const first = await office.bookFor(thursday, { reminder: true });
    const other = { reminder: true, person: { ...anna, email: "b@example.org" } };
    const second = await office.bookFor(thursday + 15 * minuteMs, other);
    for (const { order } of office.mails()) if (order.kind !== "reminder") office.store.mailSent(order.id);
    office.now = Date.parse("2026-11-25T10:00:00+01:00");
    const sent: string[] = [];
    const { postman } = employ(office, {
      async send({ messageId }) {
        if (sent.length === 0) await office.booking.cancel(second.link);
        sent.push(messageId.replace(/@.*/, ""));
      },
    });
    postman.start();
    await until("two are sent", () => sent.length === 2);
    await postman.stop();
    assert.equal(sent, [`<${first.id}.2.reminder`, `<${second.id}.3.cancelled`]);
  }));

test("a mail whose time seems to be over is kept while the clock is in doubt, and given up when it is not", () =>
  withOffice(async (office) => {
    await office.reserve();
    const unused = { send: () => Promise.reject(new Error("it is too late to send it")) };
    const clock = { isSure: false };
    const { postman, lost } = employ(office, unused, clock);
    office.now += 30 * 24 * hourMs;
    postman.start();
    await until("it was looked at", () => (office.mails()[0]?.attempts ?? 0) > 0);
    assert.equal([office.mails().length, lost], [1, []]);
    clock.isSure = true;
    office.now += hourMs;
    postman.wake();
    await until("it is given up", () => office.mails().length === 0);
    assert.is(lost.length, 1);
    await postman.stop();
  }));

test("every mail of an appointment's life arrives over SMTP, with what belongs in it", () =>
  withOffice(async (office) => {
    const server = await openPostOffice();
    const { postman, sent } = employ(office, smtp(server.port));
    postman.start();
    const arrived = async (kind: string) => {
      postman.wake();
      await until(`${kind} arrives`, () => server.taken.some((mail) => kindOf(mail) === kind));
      return server.taken.find((mail) => kindOf(mail) === kind) as Email;
    };
    try {
      const person = { ...anna, name: `Anna <b>"Probst" & Söhne` };
      const reserved = await office.reserve({ at, person, reminder: true });
      assert.ok(reserved.ok);
      const { id } = reserved.appointment;
      const activation = await arrived("activation");
      assert.is(addressOf(activation), anna.email);
      assert.match(activation.subject ?? "", "26. November 2026");
      assert.match(activation.text ?? "", "11:00 Uhr", "confirm within two hours of 09:00");
      assert.not.match(activation.html ?? "", "<b>", "what was typed is text");
      assert.is(activation.attachments.length, 0, "no code before the confirmation");
      const link = activation.text?.match(/https:\/\/termine\.example\/appointment\/(\S+)/)?.[1] ?? "";
      assert.ok((await office.booking.confirm(link)).ok);

      const confirmation = await arrived("confirmation");
      assert.match(confirmation.text ?? "", "10:00");
      assert.match(confirmation.text ?? "", id);
      const code = confirmation.text?.match(/\b\d{34}\b/)?.[0] ?? "";
      assert.equal(readCheckInCode(code), { site: 1, day: "2026-11-26" });
      const calendar = confirmation.attachments.find(({ mimeType }) => mimeType === "text/calendar");
      const ics = new TextDecoder().decode(calendar?.content as ArrayBuffer);
      assert.match(ics, "DTSTART:20261126T090000Z");
      assert.match(ics, `UID:${id}@`);
      const manage = confirmation.text?.match(/https:\/\/termine\.example\/appointment\/(\S+)/)?.[1] ?? "";

      assert.ok((await office.booking.move(manage, at + 15 * minuteMs)).ok);
      const moved = await arrived("moved");
      assert.match(moved.subject ?? "", "10:15");
      assert.not.match(moved.text ?? "", code);

      office.now = Date.parse("2026-11-25T10:00:00+01:00") - 1;
      postman.wake();
      office.now += 1;
      const reminder = await arrived("reminder");
      assert.match(reminder.subject ?? "", "26. November 2026 um 10:15");
      assert.is(
        server.taken.filter((mail) => kindOf(mail) === "reminder").length,
        1,
        "the one before the move is gone",
      );

      assert.ok((await office.booking.cancel(manage)).ok);
      const cancelled = await arrived("cancelled");
      const gone = cancelled.attachments.find(({ mimeType }) => mimeType === "text/calendar");
      assert.match(new TextDecoder().decode(gone?.content as ArrayBuffer), "METHOD:CANCEL");
      await until("the spool is empty", () => office.mails().length === 0);
      assert.is(sent(), server.taken.length, "each is told, so that an alarm is over");
    } finally {
      await postman.stop();
      await server.stop();
    }
  }));

test("that no server takes mails is told at the third attempt in vain, and once", () =>
  withOffice(async (office) => {
    const { postman, lost } = employ(office, smtp(await freePort()));
    const answer = await office.reserve({ at, person: anna });
    assert.ok(answer.ok);
    try {
      const told: number[] = [];
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const due = office.store.nextMailAt() ?? 0;
        office.now = Math.max(office.now, due);
        if (attempt === 0) postman.start();
        else postman.wake();
        await until("it was tried", () => (office.store.nextMailAt() ?? 0) > due);
        told.push(lost.length);
      }
      assert.equal(told, [0, 0, 1, 1]);
      assert.match(lost[0] ?? "", "mails do not go out");
    } finally {
      await postman.stop();
    }
  }));

test("the image in the mail reads as the code, by a decoder that is not ours", () =>
  withOffice(async (office) => {
    const folder = mkdtempSync(join(tmpdir(), "wartemarke-mail-"));
    const { postman } = employ(office, folderTransport("office@example.org", join(folder, "out")));
    try {
      const { code } = await office.bookFor(at);
      postman.start();
      await until("both mails are written", () => office.mails().length === 0);
      const file = readdirSync(join(folder, "out")).find((name) => name.includes("confirmation")) ?? "";
      const mail = await PostalMime.parse(readFileSync(join(folder, "out", file)));
      const image = mail.attachments.find(({ mimeType }) => mimeType === "image/png");
      assert.ok(mail.html?.includes(`cid:${image?.contentId?.replace(/[<>]/g, "")}`));
      writeFileSync(join(folder, "code.png"), new Uint8Array(image?.content as ArrayBuffer));
      const read = spawnSync("zbarimg", ["-q", "--raw", join(folder, "code.png")], { encoding: "utf8" });
      assert.is(read.stdout.trim(), code);
    } finally {
      await postman.stop();
      rmSync(folder, { recursive: true });
    }
  }));

test("mails written to files are deleted after fourteen days, also when no other follows them", () =>
  withOffice(async (office) => {
    const folder = mkdtempSync(join(tmpdir(), "wartemarke-mail-"));
    const { postman } = employ(office, folderTransport("office@example.org", folder));
    try {
      await office.reserve({ at });
      postman.start();
      await until("the mail is written", () => readdirSync(folder).some((name) => name.endsWith(".eml")));
      writeFileSync(join(folder, "notes.txt"), "not ours");
      for (const name of readdirSync(folder)) utimesSync(join(folder, name), office.now / 1000, office.now / 1000);
      office.now += 14 * 24 * hourMs;
      postman.wake();
      await new Promise((resolve) => setImmediate(resolve));
      assert.is(readdirSync(folder).length, 2, "to the day");
      office.now += 1000;
      postman.wake();
      await until("it is deleted", () => readdirSync(folder).length === 1);
      assert.equal(readdirSync(folder), ["notes.txt"]);
    } finally {
      await postman.stop();
      rmSync(folder, { recursive: true });
    }
  }));

test("a server that puts a mail off gets it again, one that refuses the recipient does not, and neither holds others up", () =>
  withOffice(async (office) => {
    const server = await openPostOffice();
    const { postman, lost } = employ(office, smtp(server.port));
    server.answers.recipient.push(451, 550, undefined);
    for (const index of [1, 2, 3]) {
      const email = `visitor-${index}@example.org`;
      const answer = await office.reserve({ at: at + index * hourMs, person: { ...anna, email } });
      assert.ok(answer.ok);
    }
    postman.start();
    try {
      await until("the third has arrived", () => server.taken.length === 1);
      assert.is(addressOf(server.taken[0] as Email), "visitor-3@example.org");
      assert.equal(lost.map((text) => text.includes("@")), [false]); // biome-ignore format: one thought
      assert.match(lost[0] ?? "", "550");
      office.now += minuteMs;
      postman.wake();
      await until("the first has arrived", () => server.taken.length === 2);
      assert.is(addressOf(server.taken[1] as Email), "visitor-1@example.org");
      await until("the spool is empty", () => office.mails().length === 0);
    } finally {
      await postman.stop();
      await server.stop();
    }
  }));

test("without a server bookings go on, and their mails go out when it is back", () =>
  withOffice(async (office) => {
    const gone = await openPostOffice();
    const { port } = gone;
    await gone.stop();
    const { postman } = employ(office, smtp(port));
    postman.start();
    assert.ok((await office.reserve({ at })).ok);
    postman.wake();
    await until("it was tried", () => office.mails()[0]?.attempts === 1);
    const back = await openPostOffice(port);
    try {
      office.now += 5 * minuteMs;
      postman.wake();
      await until("it has arrived", () => back.taken.length === 1);
    } finally {
      await postman.stop();
      await back.stop();
    }
  }));

test("a mail that nobody could use any more is given up", () =>
  withOffice(async (office) => {
    const server = await openPostOffice();
    const { postman, lost } = employ(office, smtp(server.port));
    assert.ok((await office.reserve({ at })).ok);
    office.now = at + 48 * hourMs;
    postman.start();
    try {
      await until("it was given up", () => lost.length === 1);
      assert.is(server.taken.length, 0);
      assert.is(office.mails().length, 0);
    } finally {
      await postman.stop();
      await server.stop();
    }
  }));

if (need("zbarimg")) test.run();
