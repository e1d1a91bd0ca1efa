import { mkdirSync, rmSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import type { JournalTicket } from "../../protocol/journal.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { hourMs, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { demoConfig } from "./hub-process.ts";
import { mondayMorning } from "./test-office.ts";

export const time = mondayMorning + hourMs / 4;
const [{ passwordHash } = { passwordHash: "" }] = demoConfig().users as { passwordHash: string }[];
const users = ["terminal", "kiosk"].map((name) => ({ name, role: "terminal", passwordHash }));

/** An office of two terminals with an open desk, which can go back to the backup that is made when it begins. */
export async function openWithBackup(before: (office: AppointmentOffice) => Promise<unknown> = async () => {}) {
  const office = openAppointmentOffice({ config: { users, appointments: { desks: 2, leadMinutes: 0 } } });
  await office.ask("clerk", "desk.open", { desk: "1" });
  await before(office);
  const data = dirname(office.file);
  const folder = join(data, "backups");
  mkdirSync(folder);
  const path = join(folder, "hub-20261123T080000Z.sqlite");
  await office.store.backup(path);
  return {
    office,
    /** The hub dies and its file with it. */
    restore() {
      office.now += minuteMs;
      office.restart({}, () => {
        rmSync(`${office.file}-wal`, { force: true });
        truncateSync(office.file, 5000);
        putInPlace({ data, folder, backup: judgeBackup(path), skip: 50, now: office.now });
      });
      office.linked(true);
    },
  };
}

type Told = Result<"journal.report">;
let reports = 0;

export async function tell(
  office: AppointmentOffice,
  client: string,
  tickets: JournalTicket[],
  more: object = {},
): Promise<Told> {
  const reply = await office.ask(client, "journal.report", { epoch: office.state.epoch, tickets, done: true, ...more });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result as Told;
}

/** As the journal of the terminal has a ticket that the hub gave it. */
export function known({
  number,
  day,
  service,
  services,
  kind,
  issuedAt,
  earnedAt,
  persons,
  appointmentAt,
  appointment,
}: Ticket): JournalTicket {
  reports += 1;
  const booked = { ...(appointmentAt ? { appointmentAt } : {}), ...(appointment ? { appointment } : {}) };
  return { request: `touch-${reports}`, number, day, service, services, kind, issuedAt, earnedAt, persons, ...booked };
}
