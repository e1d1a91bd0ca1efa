import { Command, InvalidArgumentError } from "commander";
import { version } from "../version.ts";
import type { ConnectionOptions, Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes, usageFailure } from "./outcome.ts";

interface GlobalOptions extends ConnectionOptions {
  json?: boolean;
}

/** How long an answer is waited for unless told otherwise, in seconds. */
const timeoutSeconds = 5;

const explanation = `
Examples:
  wartemarke office                    services, opening hours, who waits
  wartemarke ticket id-card            a new number: A001  id-card, 0 ahead, 0 min
  wartemarke open 1                    desk 1 begins its work
  wartemarke next 1                    finishes the visitor and calls the next: A001 → Platz 1
  wartemarke watch                     everything that happens, live
  wartemarke queue --json | jq '.tickets[].number'
  wartemarke request ticket.show '{"number":"A001"}'

Where and as whom: --url, --user, --password and --site, or WARTEMARKE_URL, WARTEMARKE_USER, WARTEMARKE_PASSWORD
and WARTEMARKE_SITE. Without any of them it is the demo office that \`npm start\` runs on this machine.

Exit codes: ${exitCodes.done} done, ${exitCodes.refused} refused by the hub, ${exitCodes.usage} wrong command line, \
${exitCodes.noAnswer} no answer (it may or may not have been done),
            ${exitCodes.login} wrong user or password, ${exitCodes.problems} check found problems.`;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("use a whole number.");
  return Number(text);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError("use seconds, more than 0 and at most 3600.");
  return value;
}

/** A program with what every command shares: how to connect, how to print, how to end. */
function bare(environment: NodeJS.ProcessEnv): Command {
  const url = environment.WARTEMARKE_URL ?? `mqtt://127.0.0.1:${environment.WARTEMARKE_MQTT_PORT ?? 1883}`;
  return new Command("wartemarke")
    .description("Run a ticket office from the command line: it talks to the hub over MQTT, as every device does.")
    .version(version)
    .option("--json", "print JSON for programs")
    .option("--url <address>", "broker, mqtt:// or mqtts://", url)
    .option("--user <name>", "MQTT user", environment.WARTEMARKE_USER ?? "visitor-tools")
    .option("--password <password>", "its password; better by WARTEMARKE_PASSWORD or --password-file")
    .option("--password-file <file>", "file that holds the password")
    .option("--site <site>", "site, a part of every topic", environment.WARTEMARKE_SITE ?? "demo")
    .option("--prefix <prefix>", "first part of every topic", "wartemarke")
    .option("--timeout <seconds>", "how long to wait for an answer", seconds, timeoutSeconds)
    .option("--id <id>", "repeat a request that got no answer, without doing it twice")
    .showSuggestionAfterError()
    .showHelpAfterError("(wartemarke --help tells more)")
    .addHelpText("after", explanation)
    .exitOverride();
}

/**
 * The commands. What they do is loaded when they run, so that help is there at once.
 *
 * @param environment for the defaults; a command line beats it.
 */
export function createProgram(environment: NodeJS.ProcessEnv): Command {
  const program = bare(environment);

  const settings = (): GlobalOptions => {
    const given = program.opts<GlobalOptions>();
    return { ...given, password: given.password ?? environment.WARTEMARKE_PASSWORD ?? "demo" };
  };
  const print = ({ json, text, exitCode }: Outcome) => {
    process.stdout.write(`${settings().json ? JSON.stringify(json) : text}\n`);
    process.exitCode = exitCode ?? exitCodes.done;
  };
  const asking = async (work: (conversation: Conversation) => Promise<Outcome>) => {
    const { converse } = await import("./connection.ts");
    print(await converse(settings(), work));
  };
  const callingAt = async (
    work: (conversation: Conversation, names: Map<string, string>) => Promise<Outcome>,
  ): Promise<void> => {
    const { converse } = await import("./connection.ts");
    const { learnDeskNames } = await import("./desks.ts");
    let names = new Map<string, string>();
    const prepare = (session: Conversation["session"]) => {
      names = learnDeskNames(session);
    };
    print(await converse(settings(), (conversation) => work(conversation, names), prepare));
  };
  const command = (usage: string, description: string) => program.command(usage).description(description);

  command("watch", "watch queues, calls and devices live; plain lines where the output is no terminal").action(
    async () => {
      const { watch } = await import("./live.ts");
      await watch(settings());
    },
  );
  command("office", "show services, waiting people and opening hours").action(() =>
    asking(async (conversation) => (await import("./office.ts")).office(conversation)),
  );
  command("queue [service]", "list who is waiting, in call order").action((service?: string) =>
    asking(async (conversation) => (await import("./tickets.ts")).queue(conversation, service)),
  );

  command("ticket <service>", "issue a ticket")
    .option("--persons <n>", "for so many persons", wholeNumber)
    .option("--language <code>", "of the visitor, such as en")
    .option("--priority <minutes>", "head start in the queue; needs --reason", wholeNumber)
    .option("--reason <text>", "why the priority")
    .action((service: string, options: object) =>
      asking(async (conversation) => (await import("./tickets.ts")).issue(conversation, { service, ...options })),
    );
  command("show <number>", "show a ticket; an earlier day's by its id, such as 2026-11-23/A017").action(
    (name: string) => asking(async (conversation) => (await import("./tickets.ts")).show(conversation, name)),
  );
  command("cancel <number>", "take a ticket out of the queue").action((name: string) =>
    asking(async (conversation) => (await import("./tickets.ts")).cancel(conversation, name)),
  );

  command("open <desk> [services...]", "open a desk, for all its services or the ones named").action(
    (desk: string, services: string[]) =>
      asking(async (conversation) => (await import("./desks.ts")).open(conversation, desk, services)),
  );
  command("close <desk>", "close a desk").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).close(conversation, desk)),
  );
  command("next <desk>", "finish the visitor at the desk and call the next").action((desk: string) =>
    callingAt(async (conversation, names) => (await import("./desks.ts")).next(conversation, names, desk)),
  );
  command("call <number> <desk>", "call a certain number to a free desk").action((number: string, desk: string) =>
    callingAt(async (conversation, names) => (await import("./desks.ts")).call(conversation, names, number, desk)),
  );
  command("again <desk>", "call the visitor of the desk once more").action((desk: string) =>
    callingAt(async (conversation, names) => (await import("./desks.ts")).again(conversation, names, desk)),
  );
  command("no-show <desk>", "the visitor did not come, after at least two calls").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).noShow(conversation, desk)),
  );
  command("finish <desk>", "the visitor is done").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).finish(conversation, desk)),
  );

  command("devices", "list terminals and boards, and what is wrong with them").action(() =>
    asking(async (conversation) => (await import("./office.ts")).devices(conversation)),
  );
  command("events", "list what has happened, oldest first")
    .option("--after <seq>", "only what came after this event", wholeNumber)
    .option("--limit <n>", "at most so many", wholeNumber)
    .option("--epoch <n>", "of an earlier epoch, before a restore", wholeNumber)
    .option("--follow", "go on with what happens now; without --after nothing older is shown")
    .action(async (options: object) => {
      const { showEvents } = await import("./live.ts");
      await showEvents(settings(), options);
    });
  command("check", "check the hub's store").action(() =>
    asking(async (conversation) => (await import("./office.ts")).check(conversation)),
  );
  command("request <verb> [json]", "send any request of the protocol, with its arguments as JSON").action(
    (verb: string, json = "{}") => {
      const args = parseArguments(verb, json);
      return asking(async (conversation) => (await import("./office.ts")).request(conversation, verb, args));
    },
  );

  command("hash-password", "hash a password for the hub's configuration; reads it from the terminal or stdin").action(
    async () => print(await (await import("./setup.ts")).hash()),
  );
  return program;
}

/** What the tool itself puts around the arguments. */
const frameFields = ["id", "reply", "validUntil"];

function parseArguments(verb: string, json: string): object {
  if (!/^[^/+#\0]+$/.test(verb)) throw usageFailure(`${verb} is not a verb: use one such as ticket.show`);
  let args: unknown;
  try {
    args = JSON.parse(json);
  } catch (error) {
    throw usageFailure(`the arguments are not JSON: ${error instanceof Error ? error.message : error}
In a shell quote them: wartemarke request ${verb} '{"number":"A001"}'`);
  }
  if (typeof args !== "object" || args === null || Array.isArray(args)) {
    throw usageFailure("the arguments must be a JSON object, such as '{}'");
  }
  const framed = frameFields.find((field) => field in args);
  if (framed) throw usageFailure(`leave out "${framed}": this tool sets it itself (see --id)`);
  return args;
}
