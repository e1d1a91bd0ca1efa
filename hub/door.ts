import type { DeviceStatus } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import type { Account } from "./accounts.ts";
import type { Devices } from "./devices.ts";
import type { HubLog } from "./log.ts";
import type { Incoming } from "./requests.ts";
import type { Service } from "./service.ts";

export interface DoorOptions {
  session: Session;
  service: Service;
  devices: Devices;
  accounts: ReadonlyMap<string, Account>;
  log: HubLog;
}

/** What comes in over MQTT: requests go to the service with a way to answer them, statuses to the devices. */
export function createDoor({ session, service, devices, accounts, log }: DoorOptions): void {
  let retainedRequests = 0;

  session.subscribeRaw("request", {}, (levels, payload, packet) => {
    const { client = "", verb = "" } = levels;
    // A request that the broker kept would be done again at every start of the hub.
    if (packet.retain) {
      retainedRequests += 1;
      log.warn({ client, verb: verb.slice(0, 40), retainedRequests }, "retained request discarded");
      service.record([{ type: "device.alarm", client, alarm: "retained request", detail: verb.slice(0, 40) }]);
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
    service.receive(request);
  });

  session.subscribe("status", {}, (status: DeviceStatus, { client }) => {
    const account = accounts.get(client);
    if (!account || account.role !== status.role) {
      log.warn({ client, role: status.role }, "status of a client that has another role here");
      return;
    }
    service.record(devices.heard(client, status));
  });
}

/** Where a response topic of MQTT 5 leads: the client's own reply topic, or the one level below it that it names. */
function replyPlace(session: Session, client: string, topic: string): { name: string | undefined } | undefined {
  const parsed = session.names.parse(topic);
  if (!parsed || parsed.levels.client !== client) return undefined;
  if (parsed.key === "reply") return { name: undefined };
  return parsed.key === "namedReply" ? { name: parsed.levels.name } : undefined;
}
