import type { DiscoveryNames } from "../../protocol/discovery.ts";
import type { Office } from "../../protocol/messages.ts";
import { peripheralState } from "../../protocol/messages.ts";
import type { TopicNames } from "../../protocol/topics.ts";
import type { KnownDevice } from "../devices.ts";

/** One retained message for Home Assistant. */
export interface Discovered {
  topic: string;
  payload: object;
}

export interface Described {
  names: TopicNames;
  discovery: DiscoveryNames;
  site: string;
  office: Pick<Office, "name" | "services">;
  version: string;
  desksOpen: number;
  devices: readonly KnownDevice[];
}

type Component = "sensor" | "binary_sensor";

/** Names of peripherals that can be part of a topic; a device may call them anything. */
const topicName = /^[a-zA-Z0-9-]+$/;
const paperStates = ["paper-low", "paper-out"];

/**
 * What Home Assistant is told, as its documentation describes it (MQTT discovery; MQTT sensor; MQTT binary sensor).
 * Queues and the office come from the hub's own topics, which say whether it is there, too. What a device says of itself
 * others may not read, so that what is shown of it has topics of its own beside the entities.
 */
export function discovered(described: Described): Discovered[] {
  const { names, discovery, site, office, version, desksOpen, devices } = described;
  const id = `wartemarke_${site}`;
  const hubHere = {
    topic: names.topic("hub", {}),
    value_template: "{{ value_json.state }}",
    payload_available: "online",
    payload_not_available: "offline",
  };
  const origin = { name: "wartemarke", sw_version: version };
  const hub = { identifiers: [id], name: office.name, manufacturer: "wartemarke", model: "Hub", sw_version: version };
  const messages: Discovered[] = [];

  const entity = (component: Component, object: string, device: object, config: object, availability = [hubHere]) => {
    const payload = {
      unique_id: `${id}_${object}`,
      ...config,
      ...(availability.length > 0 ? { availability, availability_mode: "all" } : {}),
      device,
      origin,
      qos: 1,
    };
    messages.push({ topic: discovery.topic(component, object, "config"), payload });
  };

  entity(
    "binary_sensor",
    "hub_online",
    hub,
    {
      name: "Hub",
      state_topic: names.topic("hub", {}),
      value_template: "{{ value_json.state }}",
      payload_on: "online",
      payload_off: "offline",
      device_class: "connectivity",
      entity_category: "diagnostic",
    },
    [],
  );
  entity("binary_sensor", "office_open", hub, {
    name: "Office open",
    state_topic: names.topic("office", {}),
    value_template: "{{ 'ON' if value_json.open else 'OFF' }}",
    payload_on: "ON",
    payload_off: "OFF",
    icon: "mdi:door-open",
  });
  const desksTopic = discovery.topic("sensor", "desks_open", "state");
  messages.push({ topic: desksTopic, payload: { desksOpen } });
  entity("sensor", "desks_open", hub, {
    name: "Desks open",
    state_topic: desksTopic,
    value_template: "{{ value_json.desksOpen }}",
    state_class: "measurement",
    icon: "mdi:desk",
  });

  for (const service of office.services) {
    const name = service.names.en ?? service.names.de;
    const state_topic = names.topic("queue", { service: service.id });
    const queue = (object: string, what: string, value_template: string, more: object) =>
      entity("sensor", `queue_${service.id}_${object}`, hub, {
        name: `${name}: ${what}`,
        state_topic,
        value_template,
        state_class: "measurement",
        ...more,
      });
    queue("waiting", "waiting", "{{ value_json.waiting }}", { icon: "mdi:account-multiple" });
    queue("desks", "desks open", "{{ value_json.desksOpen }}", { icon: "mdi:desk" });
    for (const [bound, index] of [
      ["shortest", 0],
      ["longest", 1],
    ] as const) {
      const value = `value_json.estimateMinutes[${index}]`;
      // Home Assistant takes `None` as not known.
      queue(bound, `${bound} wait`, `{{ ${value} if value_json.estimateMinutes else None }}`, {
        device_class: "duration",
        unit_of_measurement: "min",
      });
    }
  }

  for (const { client, status } of devices) {
    const online = status.state === "online";
    const state_topic = discovery.topic("sensor", `device_${client}`, "state");
    const states = Object.entries(status.peripherals).filter(([name]) => topicName.test(name));
    const peripherals = Object.fromEntries(states.map(([name, { state }]) => [name, state]));
    messages.push({ topic: state_topic, payload: { online, peripherals } });
    const device = {
      identifiers: [`${id}_${client}`],
      name: client,
      manufacturer: "wartemarke",
      model: status.role,
      sw_version: status.version,
      via_device: id,
    };
    const deviceHere = {
      topic: state_topic,
      value_template: "{{ 'online' if value_json.online else 'offline' }}",
      payload_available: "online",
      payload_not_available: "offline",
    };
    entity("binary_sensor", `device_${client}_online`, device, {
      name: "Online",
      state_topic,
      value_template: "{{ 'ON' if value_json.online else 'OFF' }}",
      payload_on: "ON",
      payload_off: "OFF",
      device_class: "connectivity",
      entity_category: "diagnostic",
    });
    for (const [name] of states) {
      const value = `value_json.peripherals['${name}']`;
      entity(
        "sensor",
        `device_${client}_${name}`,
        device,
        {
          name,
          state_topic,
          value_template: `{{ ${value} }}`,
          device_class: "enum",
          options: peripheralState.options,
          entity_category: "diagnostic",
        },
        [hubHere, deviceHere],
      );
      if (name !== "printer") continue;
      const isLow = `${value} in [${paperStates.map((state) => `'${state}'`).join(", ")}]`;
      entity(
        "binary_sensor",
        `device_${client}_paper`,
        device,
        {
          name: "Printer paper",
          state_topic,
          value_template: `{{ 'ON' if ${isLow} else 'OFF' }}`,
          payload_on: "ON",
          payload_off: "OFF",
          device_class: "problem",
        },
        [hubHere, deviceHere],
      );
    }
  }
  return messages;
}
