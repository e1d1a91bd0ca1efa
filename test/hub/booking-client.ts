import { Agent, request } from "node:http";

// A visitor's browser in a process of its own, as far as forms and cookies are concerned. It imports nothing else, since
// there are many of it at once.

/** What the test asks of a browser; each is answered before the next is sent. */
export type BrowserOrder =
  /** Opens a page and takes note of the first form that would change something. */
  | { do: "open"; path: string; address: string }
  /** Fills that form, and sends it but for the last byte. */
  | { do: "fill"; fields: Record<string, string> }
  /** Sends the last byte. */
  | { do: "send" };

export type BrowserReport =
  | { is: "opened"; answer: BrowserAnswer; hidden: Record<string, string> }
  | { is: "filled" }
  | { is: "sent" }
  | { is: "answered"; answer: BrowserAnswer };

export interface BrowserAnswer {
  status: number;
  location: string;
  body: string;
}

const [port = "", host = ""] = process.argv.slice(2);
/** One connection, which is kept open, as a browser would. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const report = (said: BrowserReport) => void process.send?.(said);
/** Ended by the test that started it, or with it. */
process.once("disconnect", () => process.exit());

let address = "";
let cookie = "";
let form = { action: "/", hidden: {} as Record<string, string> };
let send = () => {};

function begin(method: string, path: string, headers: object, answered: (answer: BrowserAnswer) => void) {
  const own = { host, "x-forwarded-for": address, ...(cookie ? { cookie } : {}), ...headers };
  return request({ host: "127.0.0.1", port, agent, method, path, headers: own }, (response) => {
    let body = "";
    const [given] = response.headers["set-cookie"] ?? [];
    if (given !== undefined) cookie = given.replace(/;.*/s, "");
    response.setEncoding("utf8").on("data", (part) => {
      body += part;
    });
    response.once("end", () =>
      answered({ status: response.statusCode ?? 0, location: response.headers.location ?? "", body }),
    );
  }).once("error", (error) => answered({ status: 0, location: "", body: error.message }));
}

const plain = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");

/** The first form with POST, and its hidden fields. */
function formIn(body: string): typeof form {
  const [, action = "/", inside = ""] = /<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/s.exec(body) ?? [];
  const fields = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)];
  return {
    action: plain(action),
    hidden: Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, plain(value)])),
  };
}

process.on("message", (order: BrowserOrder) => {
  if (order.do === "open") {
    ({ address } = order);
    begin("GET", order.path, {}, (answer) => {
      form = formIn(answer.body);
      report({ is: "opened", answer, hidden: form.hidden });
    }).end();
  } else if (order.do === "fill") {
    const body = Buffer.from(new URLSearchParams({ ...form.hidden, ...order.fields }).toString());
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": body.length };
    const post = begin("POST", form.action, headers, (answer) => report({ is: "answered", answer }));
    post.write(body.subarray(0, -1), () => report({ is: "filled" }));
    send = () => void post.end(body.subarray(-1), () => report({ is: "sent" }));
  } else {
    send();
  }
});
