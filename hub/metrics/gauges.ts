import type { Devices } from "../devices.ts";
import type { OfficeState } from "../office/state.ts";
import { queueView, walkInsAt } from "../office/views.ts";
import { version } from "../version.ts";
import type { Family, Sample } from "./exposition.ts";

/** What the hub can tell of itself at any moment. */
export interface Gauged {
  state: OfficeState;
  devices: Devices;
  now: number;
  /** When the process began, and when the last backup was made, in milliseconds since the epoch. */
  startedAt: number;
  backupAt: number | null;
  isConnected: boolean;
  /** Events that the broker has not acknowledged yet. */
  eventsUnsent: number;
  mailsWaiting: number;
  memory: { rss: number; heapUsed: number };
}

const gauge = (name: string, help: string, samples: Sample[] | number | null): Family => ({
  name: `wartemarke_${name}`,
  help,
  type: "gauge",
  samples: typeof samples === "number" ? [{ value: samples }] : (samples ?? []),
});

const secondsSince = (at: number, now: number) => Math.max(0, now - at) / 1000;

/** What stands at this moment. Services, desks and devices have names; nobody else is in it. */
export function gauges(gauged: Gauged): Family[] {
  const { state, devices, now, backupAt, memory } = gauged;
  const walkIns = walkInsAt(state, now);
  const queues = state.plan.services.map((service) => queueView(state, service, walkIns));
  const byService = (value: (queue: (typeof queues)[number]) => number) =>
    queues.map((queue) => ({ labels: { service: queue.service }, value: value(queue) }));
  const estimates = queues.flatMap(({ service, estimateMinutes }) =>
    (estimateMinutes ?? []).map((minutes, index) => ({
      labels: { service, bound: index === 0 ? "low" : "high" },
      value: minutes * 60,
    })),
  );
  const known = devices.list();
  const peripherals = known.flatMap(({ client, status }) =>
    Object.entries(status.peripherals).map(([peripheral, each]) => ({
      labels: { client, peripheral, state: each.state },
      value: 1,
    })),
  );
  const alarms = new Map<string, Sample & { value: number }>();
  for (const { client, alarm } of state.alarms.values()) {
    const key = `${client}/${alarm}`;
    alarms.set(key, { labels: { client, alarm }, value: (alarms.get(key)?.value ?? 0) + 1 });
  }
  return [
    gauge("info", "The version that runs.", [{ labels: { version }, value: 1 }]),
    gauge("office_open", "Whether the office is open.", state.open ? 1 : 0),
    gauge("queue_tickets", "Tickets that wait, by service.", byService(({ waiting }) => waiting)), // biome-ignore format: one line each
    gauge("queue_desks_open", "Desks that call for a service.", byService(({ desksOpen }) => desksOpen)), // biome-ignore format: one line each
    gauge("queue_wait_estimate_seconds", "What somebody who comes now is told about his wait.", estimates),
    gauge("desks_open", "Desks that are open.", [...state.desks.values()].filter(({ open }) => open).length), // biome-ignore format: one line each
    gauge(
      "device_online",
      "Whether a device is there.",
      known.map(({ client, status }) => ({
        labels: { client, role: status.role },
        value: status.state === "online" ? 1 : 0,
      })),
    ),
    gauge("device_peripheral", "The state of each printer, scanner, screen and so on, which is a label.", peripherals),
    gauge("alarms_open", "What somebody must see to.", [...alarms.values()]),
    gauge("alarms_open_count", "How many of those there are.", state.alarms.size),
    gauge("mqtt_connected", "Whether the hub is connected to the broker.", gauged.isConnected ? 1 : 0),
    gauge("events_unsent", "Events that the broker has not acknowledged yet.", gauged.eventsUnsent),
    gauge("mails_waiting", "Mails whose time has come and that are not sent yet.", gauged.mailsWaiting),
    gauge(
      "backup_age_seconds",
      "How long ago the last backup was made.",
      backupAt === null ? null : secondsSince(backupAt, now),
    ),
    gauge("uptime_seconds", "How long the hub has been running.", secondsSince(gauged.startedAt, now)),
    gauge("process_resident_memory_bytes", "Memory of the process.", memory.rss),
    gauge("process_heap_bytes", "Memory that its objects take.", memory.heapUsed),
  ];
}
