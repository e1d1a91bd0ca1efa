import mqtt from "mqtt";

// A reader in a process of its own, so that a test can freeze it: node reader.ts URL USER PASSWORD FILTER
const [url = "", username = "", password = "", filter = ""] = process.argv.slice(2);
const client = await mqtt.connectAsync(url, { username, password, protocolVersion: 4, keepalive: 60 });
client.on("error", () => {});
await client.subscribeAsync(filter, { qos: 1 });
console.log("reading");
