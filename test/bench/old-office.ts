import { join } from "node:path";
import Database from "better-sqlite3";
import { openStore } from "../../hub/store/store.ts";
import { services } from "./office.ts";

export interface Past {
  /** Tickets of earlier days, 500 a day, all finished. */
  old: number;
  /** Tickets of today that wait. */
  waiting: number;
}

const ticketsPerDay = 500;

/**
 * Fills a hub's file with what years of work leave in it: written straight into the tables, as to issue a million
 * tickets would take minutes. Each old ticket has its record, its three events, and, as in a file of the hub, no reply.
 */
export function makeOldOffice(folder: string, { old, waiting }: Past): void {
  openStore(folder).close();
  const db = new Database(join(folder, "hub.sqlite"));
  db.pragma("synchronous = OFF");
  db.pragma("cache_size = -200000");
  const today = new Date().toLocaleDateString("sv");
  const ids = services.map((id) => `'${id}'`);
  db.function("ticket_body", { deterministic: true }, (day, letter, number, state, at) =>
    ticketBody(String(day), String(letter), String(number), String(state), Number(at)),
  );
  const tickets = (count: number, perDay: number, day: string, state: string) => `
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count}),
    t AS (SELECT i, ${day} AS day, substr('ABC', i % 3 + 1, 1) AS letter, printf('%06d', i % ${perDay} / 3 + 1) AS digits,
      CASE i % 3 WHEN 0 THEN ${ids[0]} WHEN 1 THEN ${ids[1]} ELSE ${ids[2]} END AS service FROM n)
    INSERT INTO ticket SELECT day || '/' || letter || digits, '${state}',
      ticket_body(day, letter, letter || digits, '${state}', i) FROM t`;
  db.transaction(() => {
    const days = Math.ceil(old / ticketsPerDay);
    db.exec(tickets(old, ticketsPerDay, `date('${today}', (i / ${ticketsPerDay} - ${days}) || ' days')`, "finished"));
    db.exec(tickets(waiting, waiting, `'${today}'`, "waiting"));
    db.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${3 * old + waiting})
      INSERT INTO event SELECT 1, i, '{"type":"desk.closed","desk":"1","by":"desk-1","epoch":1,"seq":' || i ||
        ',"at":1700000000000,"detail":"${"x".repeat(200)}"}' FROM n;
      INSERT INTO meta VALUES ('office', '${JSON.stringify({ day: today, open: true })}');
      INSERT INTO meta VALUES ('published', '${JSON.stringify([1, 3 * old + waiting])}');
    `);
    const last = db.prepare("INSERT INTO series VALUES (?, ?, ?)");
    for (const letter of "ABC") last.run(today, letter, Math.ceil(waiting / 3));
  })();
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

function ticketBody(day: string, letter: string, number: string, state: string, index: number): string {
  const at = Date.parse(`${day}T00:00:00`) + index;
  const service = services["ABC".indexOf(letter)];
  return JSON.stringify({
    id: `${day}/${number}`,
    day,
    number,
    letter,
    service,
    services: [service],
    state,
    paper: "printed",
    origin: "hub",
    kind: "walk-in",
    issuedAt: at,
    earnedAt: at,
    priority: 0,
    persons: 1,
    language: "de",
    issuer: "terminal-0",
    desk: state === "finished" ? "1" : null,
    calledAt: state === "finished" ? at + 600_000 : null,
    call: state === "finished" ? `${day}/${number}/1` : null,
    calls: state === "finished" ? 1 : 0,
    reason: null,
    promised: { ahead: 3, minutes: [21, 42] },
  });
}
