/**
 * The floor of everything that goes over a broker: a process that answers each request at once, decides nothing but the
 * next number, and stores nothing. The embedded broker runs in it as in the hub; Mosquitto runs beside it. Called with the kind of the
 * broker and the number of terminals; says where it is reached, and ends with its parent.
 */
import { createLink } from "../../protocol/link.ts";
import { topicNames } from "../../protocol/topics.ts";
import type { BrokerKind } from "../brokers.ts";
import { startBroker } from "../brokers.ts";
import { boardUser, deskUser, site, terminalUsers } from "./office.ts";

const [, , kind, terminals] = process.argv;
const accounts = [
  ...terminalUsers(Number(terminals)).map((name) => ({ name, role: "terminal" as const })),
  { name: deskUser, role: "desk" as const },
  { name: boardUser, role: "board" as const },
];
const broker = await startBroker(kind as BrokerKind, accounts, { site });
const names = topicNames(site);

/** As large as what the hub says. */
const reply = JSON.stringify({ ok: true, result: "x".repeat(560) });
const restOfReply = "x".repeat(500);
const restOfDisplay = "x".repeat(2_400);
let called = 0;
const displayTopic = names.topic("display", { group: "all" });
const replyTopics = new Map<string, string>();

const link = createLink(
  { url: broker.url, user: "hub", password: broker.hubPassword, daemon: true },
  {
    will: () => undefined,
    up({ client }) {
      client.subscribe(names.filter("request"), { qos: 1 }, () => process.send?.({ url: broker.url }));
      client.on("message", (topic) => {
        let to = replyTopics.get(topic);
        if (to === undefined) {
          to = names.topic("reply", { client: names.parse(topic)?.levels.client ?? "" });
          replyTopics.set(topic, to);
        }
        if (!topic.endsWith("call.next")) {
          client.publish(to, reply, { qos: 1 });
          return;
        }
        called += 1;
        const number = `A${called}`;
        const ticket = { id: number, number };
        client.publish(to, JSON.stringify({ ok: true, result: { ticket, rest: restOfReply } }), { qos: 1 });
        const display = JSON.stringify({ calls: [{ number }], rest: restOfDisplay });
        client.publish(displayTopic, display, { qos: 1, retain: true });
      });
    },
    down: () => {},
    message: () => {},
  },
);
link.start();
process.once("disconnect", () => void broker.stop().finally(() => process.exit(0)));
