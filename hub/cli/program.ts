import { Command, InvalidArgumentError } from "commander";
import { version } from "../version.ts";
import { addAppointmentCommands, addDateCommands } from "./appointment-commands.ts";
import type { Conversation } from "./connection.ts";
import { addDeskCommands, addTicketCommands } from "./desk-commands.ts";
import { addAccountCommands, addAdminCommands, addChangeCommands, addOfficeCommands } from "./office-commands.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes } from "./outcome.ts";
import type { CommandTools, GlobalOptions } from "./tools.ts";

/** How long an answer is waited for unless told otherwise, in seconds. */
const timeoutSeconds = 5;

const explanation = `
Examples:
  wartemarke office                    services, opening hours, who waits
  wartemarke ticket id-card            a new number: A001  id-card, 0 ahead, 0 min
  wartemarke open 1                    desk 1 begins its work
  wartemarke next 1                    finishes the visitor and calls the next: A001 → Platz 1
  wartemarke watch                     everything that happens, live
  wartemarke stats                     how long people waited today
  wartemarke slots id-card             when an appointment can be had
  wartemarke appointments              those of today
  wartemarke closure preview 2026-12-24 Heiligabend
  wartemarke queue --json | jq '.tickets[].number'
  wartemarke request ticket.show '{"number":"A001"}'

Where and as whom: --url, --user, --password and --site, or WARTEMARKE_URL, WARTEMARKE_USER, WARTEMARKE_PASSWORD
and WARTEMARKE_SITE. Without any of them it is the demo office that \`npm start\` runs on this machine.

Exit codes: ${exitCodes.done} done, ${exitCodes.refused} refused by the hub, ${exitCodes.usage} wrong command line, \
${exitCodes.noAnswer} no answer (it may or may not have been done),
            ${exitCodes.login} wrong user or password, ${exitCodes.problems} check found problems.`;

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
  const calling: CommandTools["calling"] = async (work) => {
    const { converse } = await import("./connection.ts");
    const { learnDeskNames } = await import("./desks.ts");
    let names = new Map<string, string>();
    const prepare = (session: Conversation["session"]) => {
      names = learnDeskNames(session);
    };
    print(await converse(settings(), (conversation) => work(conversation, names), prepare));
  };

  const tools: CommandTools = { settings, print, asking, calling };
  addOfficeCommands(program, tools);
  addTicketCommands(program, tools);
  addDeskCommands(program, tools);
  addAppointmentCommands(program, tools);
  addDateCommands(program, tools);
  addChangeCommands(program, tools);
  addAccountCommands(program, tools);
  addAdminCommands(program, tools);
  return program;
}
