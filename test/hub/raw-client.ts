import type { IClientPublishOptions, MqttClient } from "mqtt";
import mqtt from "mqtt";
import type { Reply } from "../../protocol/requests.ts";
import { topicNames } from "../../protocol/topics.ts";
import { testSite } from "../brokers.ts";
import { until } from "../until.ts";

export const names = topicNames(testSite);

/** A reply with the topic that it came on and, over MQTT 5, its correlation data. */
export interface HeardReply {
  topic: string;
  reply: Reply;
  correlation: string | undefined;
}

/** A client that sends what it is told to, byte by byte, and keeps every reply that it hears on its own branch. */
export interface RawClient {
  readonly mqtt: MqttClient;
  readonly heard: HeardReply[];
  /** Resolves once the broker has taken it. */
  send(verb: string, payload: string | Buffer, options?: IClientPublishOptions): Promise<unknown>;
  /** Sends a request with this id and waits for the reply to it. Many may be on their way at once. */
  ask(verb: string, args: object, id: string): Promise<Reply>;
  /** Sends anything and waits for the next reply, whatever its id; nothing else may be on its way meanwhile. */
  sendAlone(verb: string, payload: string | Buffer, options?: IClientPublishOptions): Promise<HeardReply>;
  end(): Promise<void>;
}

export async function connectRaw(url: string, user: string, protocolVersion: 4 | 5 = 4): Promise<RawClient> {
  const client = await mqtt.connectAsync(url, {
    username: user,
    password: "demo",
    protocolVersion,
    protocolId: "MQTT",
    reconnectPeriod: 0,
  });
  // A broker may end the connection of a client that sends what is too large.
  client.on("error", () => {});
  const heard: HeardReply[] = [];
  const byId = new Map<string, Reply>();
  client.on("message", (topic, payload, { properties }) => {
    const reply = JSON.parse(payload.toString()) as Reply;
    heard.push({ topic, reply, correlation: properties?.correlationData?.toString() });
    if (reply.id !== null) byId.set(reply.id, reply);
  });
  await client.subscribeAsync([names.filter("reply", { client: user }), names.filter("namedReply", { client: user })], {
    qos: 1,
  });
  // Not `names.topic`: what is no topic level is sent here too.
  const topicOf = (verb: string) => `${names.base}/client/${user}/request/${verb}`;
  const send: RawClient["send"] = (verb, payload, options = {}) =>
    client.publishAsync(topicOf(verb), payload, { qos: 1, ...options });
  return {
    mqtt: client,
    heard,
    send,
    async ask(verb, args, id) {
      await send(verb, JSON.stringify({ ...args, id }));
      return until(`${user} has a reply to ${verb.slice(0, 40)} ${id}`, () => byId.get(id));
    },
    async sendAlone(verb, payload, options) {
      const { length } = heard;
      await send(verb, payload, options);
      return until(`${user} has a reply to ${verb.slice(0, 40)} ${payload.slice(0, 60)}`, () => heard[length]);
    },
    end: () => client.endAsync(true),
  };
}
