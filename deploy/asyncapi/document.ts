import * as z from "zod";
import { protocolError } from "../../protocol/errors.ts";
import * as m from "../../protocol/messages.ts";
import type { Verb } from "../../protocol/requests.ts";
import { requestFrame, verbs } from "../../protocol/requests.ts";
import type { TopicKey } from "../../protocol/topics.ts";
import { topicNames, topics } from "../../protocol/topics.ts";

type Json = { [field: string]: unknown };

/** What is on each topic, in a line. */
const summaries: Record<TopicKey, string> = {
  hub: "Whether the hub is there; its will says when it is not.",
  beat: "Every 3 s while the hub lives; none for 10 s means that nothing shown is live.",
  office: "What a terminal or board needs to draw itself and to work alone.",
  queue: "Who waits for a service, and for how long.",
  display: "What the boards of a group show, newest call first; the group `all` always exists.",
  event: "Every change, in order and without gaps; nothing personal is in it.",
  status: "How a device and its peripherals are; its will says when it is gone.",
  request: "What a client asks of the hub.",
  reply: "The answer to a request.",
  namedReply: "The answer to a request that named this place for it.",
  terminalAppointments: "By which a terminal checks people in while the hub is away: hashes, no names.",
  command: "What the hub asks of a device; `command.done` answers it.",
};

/** Levels that a topic's address leaves open. */
const levels: Record<string, string> = {
  prefix: "What the topics of all sites of a broker begin with; configurable.",
  site: "The office.",
  client: "The MQTT user name: a broker lets each user write to its own branch alone.",
  service: "A service of the office, as in its configuration.",
  group: "A group of boards.",
  type: "The type of the event, such as `ticket.called`.",
  verb: "What is asked for.",
  name: "The place that the request named in `reply`.",
  day: "A day of the local calendar, `YYYY-MM-DD`.",
};

/** Schemas that have a name of their own, so that they stand in the document once. */
const shared: Record<string, z.ZodType> = {
  Ticket: m.ticket,
  Desk: m.desk,
  Appointment: m.appointment,
  Office: m.office,
  Queue: m.queue,
  Display: m.display,
  Event: m.event,
  DeviceStatus: m.deviceStatus,
  HubPresence: m.hubPresence,
  Beat: m.beat,
  Command: m.command,
  TerminalAppointments: m.terminalAppointments,
  Figures: m.figures,
  RequestFrame: requestFrame,
  Error: protocolError,
};

const isVerbKey = (verb: string): verb is Verb => Object.hasOwn(verbs, verb);
const verbNames = Object.keys(verbs).filter(isVerbKey);

const ref = (path: string) => ({ $ref: `#/${path}` });
const schemaRef = (name: string) => ref(`components/schemas/${name}`);

/** What a sender has to keep to; what is not in it is ignored by whoever receives it. */
function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(shared)) registry.add(schema, { id });
  for (const verb of verbNames) {
    registry.add(verbs[verb].args, { id: `${verb}.arguments` });
    // One schema may be the result of several verbs; it then has the name of the first.
    if (!registry.has(verbs[verb].result)) registry.add(verbs[verb].result, { id: `${verb}.result` });
  }
  const made = z.toJSONSchema(registry, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    uri: (id) => `#/components/schemas/${id}`,
  });
  // Each would name a document of its own; here all are parts of one.
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema as Json]),
  );
}

function resultName(verb: Verb): string {
  const first = verbNames.find((other) => verbs[other].result === verbs[verb].result) ?? verb;
  return `${first}.result`;
}

function parametersOf(address: string): Json {
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
  return Object.fromEntries(names.map((name) => [name, { description: levels[name] }]));
}

/** The base with its levels left open, as in every address. */
function addressOf(key: TopicKey): string {
  const { base } = topicNames("{site}", "{prefix}");
  return `${base}/${topics[key].path}`;
}

const payloadNames: Partial<Record<TopicKey, string>> = {
  hub: "HubPresence",
  beat: "Beat",
  office: "Office",
  queue: "Queue",
  display: "Display",
  event: "Event",
  status: "DeviceStatus",
  terminalAppointments: "TerminalAppointments",
  command: "Command",
};

const said = (readers: (typeof topics)[TopicKey]["readers"]) =>
  readers.map((party) =>
    typeof party === "string" ? (party === "self" ? "that client" : "the hub") : party.join(", "),
  );

const plainTopics = (Object.keys(topics) as TopicKey[]).filter(
  (key) => key !== "request" && key !== "reply" && key !== "namedReply",
);

function channels(): Json {
  const channel = (key: TopicKey, address: string, messages: Json): Json => ({
    address,
    summary: summaries[key],
    description: `Read by: ${said(topics[key].readers).join("; ")}. QoS ${topics[key].qos}${topics[key].retained ? ", retained" : ""}.`,
    parameters: parametersOf(address),
    messages,
  });
  const plain = plainTopics.map((key) => [
    key,
    channel(key, addressOf(key), { [key]: ref(`components/messages/${key}`) }),
  ]);
  const requests = verbNames.map((verb) => [
    `request.${verb}`,
    channel("request", addressOf("request").replace("{verb}", verb), {
      request: ref(`components/messages/${verb}.request`),
    }),
  ]);
  const replies = Object.fromEntries([
    ...verbNames.map((verb) => [`${verb}.reply`, ref(`components/messages/${verb}.reply`)]),
    ["error", ref("components/messages/error")],
  ]);
  return Object.fromEntries([
    ...plain,
    ...requests,
    ...(["reply", "namedReply"] as const).map((key) => [key, channel(key, addressOf(key), replies)]),
  ]);
}

const bindings = (key: TopicKey) => ({
  mqtt: { qos: topics[key].qos, retain: topics[key].retained, bindingVersion: "0.2.0" },
});

/** As seen from the hub, the application that this document is about: it sends what others read. */
function operations(): Json {
  const plain = plainTopics.map((key) => [
    topics[key].writer === "hub" ? `send.${key}` : `receive.${key}`,
    {
      action: topics[key].writer === "hub" ? "send" : "receive",
      channel: ref(`channels/${key}`),
      summary: summaries[key],
      messages: [ref(`channels/${key}/messages/${key}`)],
      bindings: bindings(key),
    },
  ]);
  const requests = verbNames.map((verb) => [
    `receive.${verb}`,
    {
      action: "receive",
      channel: ref(`channels/request.${verb}`),
      summary: `${verb}, for ${verbs[verb].roles.join(", ")}`,
      messages: [ref(`channels/request.${verb}/messages/request`)],
      bindings: bindings("request"),
      reply: {
        channel: ref("channels/reply"),
        messages: [ref(`channels/reply/messages/${verb}.reply`), ref("channels/reply/messages/error")],
      },
    },
  ]);
  return Object.fromEntries([...plain, ...requests]);
}

function messages(): Json {
  const plain = plainTopics.map((key) => [
    key,
    { name: key, summary: summaries[key], contentType, payload: schemaRef(payloadNames[key] ?? "") },
  ]);
  const ofVerbs = verbNames.flatMap((verb) => [
    [
      `${verb}.request`,
      {
        name: verb,
        contentType,
        correlationId: ref("components/correlationIds/id"),
        payload: { allOf: [schemaRef("RequestFrame"), schemaRef(`${verb}.arguments`)] },
      },
    ],
    [
      `${verb}.reply`,
      {
        name: `${verb}, done`,
        contentType,
        correlationId: ref("components/correlationIds/id"),
        payload: {
          type: "object",
          required: ["id", "verb", "ok", "result"],
          properties: {
            id: { type: "string" },
            verb: { const: verb },
            ok: { const: true },
            result: schemaRef(resultName(verb)),
          },
        },
      },
    ],
  ]);
  const error = {
    name: "refused",
    contentType,
    correlationId: ref("components/correlationIds/id"),
    payload: {
      type: "object",
      required: ["id", "verb", "ok", "error"],
      properties: {
        id: { type: ["string", "null"] },
        verb: { type: "string" },
        ok: { const: false },
        error: schemaRef("Error"),
      },
    },
  };
  return Object.fromEntries([...plain, ...ofVerbs, ["error", error]]);
}

const contentType = "application/json";

/**
 * The protocol as an AsyncAPI 3.0 document, made from the same tables and schemas that hub and devices go by
 * (https://www.asyncapi.com/docs/reference/specification/v3.0.0).
 */
export function asyncApiDocument(): Json {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "wartemarke",
      version: `${m.protocolVersion}.0.0`,
      description:
        "The ticket system of a citizens' office over MQTT, seen from the hub. deploy/docs/mqtt.md has examples.",
    },
    defaultContentType: contentType,
    servers: {
      hub: {
        host: "127.0.0.1:1883",
        protocol: "mqtt",
        protocolVersion: "3.1.1",
        description: "The broker in the hub; an office may use another one, encrypted and with MQTT 5.",
        security: [ref("components/securitySchemes/user")],
      },
    },
    channels: channels(),
    operations: operations(),
    components: {
      schemas: schemas(),
      messages: messages(),
      correlationIds: {
        id: { description: "A reply has the id of its request.", location: "$message.payload#/id" },
      },
      securitySchemes: { user: { type: "userPassword", description: "An MQTT user; its name is part of its topics." } },
    },
  };
}

/** As it is written to the file. */
export const asyncApiText = (): string => `${JSON.stringify(asyncApiDocument(), null, 1)}\n`;
