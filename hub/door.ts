import type { DeviceStatus, Role } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import type { Clock } from "./clock.ts";
import type { Devices } from "./devices.ts";
import type { HubLog } from "./log.ts";
import type { Incoming } from "./requests.ts";
import type { Service } from "./service.ts";

/** Retained requests of which each is told to staff and the log: a broker may keep any number of them. */
const retainedToldMax = 10;

export interface DoorOptions {
  session: Session;
  service: Pick<Service, "record">;
  /** Takes a request. */
  receive(request: Incoming): void;
  clock: Clock;
  devices: Devices;
  /** The role of a user; undefined for nobody. */
  roleOf(client: string): Role | undefined;
  log: HubLog;
  /** A device said how it is. */
  changed(): void;
  /** A device has just connected. */
  came(): void;
}

/** What comes in over MQTT: requests go to the service with a way to answer them, statuses to the devices. */
export function createDoor(options: DoorOptions): void {
  const { session, service, receive, clock, devices, roleOf, log } = options;
  let retainedRequests = 0;

  session.subscribeRaw("request", {}, (levels, payload, packet) => {
    const { client = "", verb = "" } = levels;
    // A request that the broker kept would be done again at every start of the hub.
    if (packet.retain) {
      retainedRequests += 1;
      if (retainedRequests > retainedToldMax) return;
      log.warn({ client, verb: verb.slice(0, 40), retainedRequests }, "retained request discarded");
      const more = retainedRequests === retainedToldMax ? ", and there may be more" : "";
      service.record([{ type: "device.alarm", client, alarm: "retained request", detail: verb.slice(0, 40) + more }]);
      return;
    }
    const wanted = packet.properties?.responseTopic;
    const place = wanted === undefined ? undefined : replyPlace(session, client, wanted);
    const correlation = packet.properties?.correlationData;
    const request: Incoming = {
      client,
      verb,
      payload,
      respond(reply, to) {
        if (!reply.ok && reply.error.code === "bad-request") {
          log.warn({ client, verb: verb.slice(0, 40), reason: reply.error.message.slice(0, 200) }, "bad request");
        }
        const name = place?.name ?? to;
        if (name === undefined) session.respond("reply", { client }, reply, correlation);
        else session.respond("namedReply", { client, name }, reply, correlation);
      },
      ...(wanted !== undefined && place === undefined ? { badReplyTopic: wanted } : {}),
    };
    receive(request);
  });

  session.subscribe("status", {}, (status: DeviceStatus, { client }, kept) => {
    const role = roleOf(client);
    if (role !== status.role) {
      log.warn({ client, role: status.role }, "status of a client that has another role here");
      return;
    }
    const before = devices.get(client)?.status.session;
    service.record(devices.heard(client, status, clock.now(), kept));
    if (!kept && status.state === "online" && status.session !== before) options.came();
    options.changed();
  });
}

/** Where a response topic of MQTT 5 leads: the client's own reply topic, or the one level below it that it names. */
function replyPlace(session: Session, client: string, topic: string): { name: string | undefined } | undefined {
  const parsed = session.names.parse(topic);
  if (!parsed || parsed.levels.client !== client) return undefined;
  if (parsed.key === "reply") return { name: undefined };
  return parsed.key === "namedReply" ? { name: parsed.levels.name } : undefined;
}
