import type { Command } from "commander";
import { usageFailure } from "./outcome.ts";
import type { ReplayCommand } from "./replay.ts";
import type { RestoreArguments } from "./restore.ts";
import type { CommandTools } from "./tools.ts";
import { addCommand, collect, collectNumbers, wholeNumber } from "./tools.ts";

/** Adds the commands that show the office, and its figures. */
export function addOfficeCommands(program: Command, { asking, settings }: CommandTools): void {
  program.commandsGroup("The office:");
  const watchUsage = "watch queues, desks, boards and devices live; plain lines where the output is no terminal";
  addCommand(program, "watch", watchUsage, "watch").action(async () => (await import("./live.ts")).watch(settings()));
  addCommand(program, "office", "show services, waiting people and opening hours", "office").action(() =>
    asking(async (conversation) => (await import("./office.ts")).office(conversation)),
  );
  const statsUsage = "figures of a day, or from one day to another (YYYY-MM-DD); today when left out";
  addCommand(program, "stats [from] [to]", statsUsage, "stats 2026-11-01 2026-11-30 --csv > november.csv")
    .option("--csv", "every service, weekday and half hour as a line of CSV (RFC 4180), for a spreadsheet")
    .action((from: string | undefined, to: string | undefined, options: { csv?: boolean }) =>
      asking(async (conversation) => (await import("./stats.ts")).stats(conversation, { from, to, ...options })),
    );
  addCommand(program, "events", "list what has happened, oldest first", "events --follow")
    .option("--after <seq>", "only what came after this event", wholeNumber)
    .option("--limit <n>", "at most so many", wholeNumber)
    .option("--epoch <n>", "of an earlier epoch, before a restore", wholeNumber)
    .option("--follow", "go on with what happens now; without --after nothing older is shown")
    .action(async (options: object) => (await import("./live.ts")).showEvents(settings(), options));
  const replayUsage = "what a day would have been like under another call policy";
  addCommand(program, "replay <day>", replayUsage, "replay 2026-11-23 --policy ours --walk-in-max-wait 30")
    .requiredOption("--policy <name>", "ours, strict (appointments always first) or first-come")
    .option("--walk-in-max-wait <minutes>", "turns after so long; may be given several times", collectNumbers)
    .option("--appointment-lead <minutes>", "appointments are due so long before their time", wholeNumber)
    .option("--epoch <n>", "of an earlier epoch, before a restore", wholeNumber)
    .action((day: string, options: ReplayCommand) =>
      asking(async (conversation) => (await import("./replay.ts")).replay(conversation, day, options)),
    );
}

/** Adds the commands by which the office is closed in part, or says something to everybody. */
export function addChangeCommands(program: Command, { asking }: CommandTools): void {
  program.commandsGroup("Changing what the office offers:");
  const service = addCommand(program, "service", "services that are closed by hand", "service close pick-up");
  addCommand(service, "close <service>", "give no more numbers for a service", "service close pick-up --until 14:00")
    .option("--until <time>", "when it opens again: HH:MM of today, or 2026-11-24T10:30")
    .action((id: string, { until }: { until?: string }) =>
      asking(async (conversation) => (await import("./changes.ts")).closeService(conversation, id, until)),
    );
  addCommand(service, "open <service>", "give numbers for it again", "service open pick-up").action((id: string) =>
    asking(async (conversation) => (await import("./changes.ts")).openService(conversation, id)),
  );
  const emergencyUsage = "tell everybody to leave and stop all intake; the queue is kept";
  const emergency = addCommand(program, "emergency", emergencyUsage, "emergency start 'Bitte das Haus verlassen'");
  addCommand(emergency, "start <message>", emergencyUsage, "emergency start 'Bitte das Haus verlassen'").action(
    (message: string) =>
      asking(async (conversation) => (await import("./changes.ts")).startEmergency(conversation, message)),
  );
  addCommand(emergency, "end", "go on with the queue as it was", "emergency end").action(() =>
    asking(async (conversation) => (await import("./changes.ts")).endEmergency(conversation)),
  );
  const message = addCommand(program, "message", "what boards say besides numbers", "message show 'Drucker defekt'");
  addCommand(message, "show <text>", "show a message on boards", "message show 'Drucker defekt' --until 14:00")
    .option("--group <group>", "the boards of one group", "all")
    .option("--until <time>", "when it goes: HH:MM of today, or 2026-11-24T10:30")
    .action((text: string, options: { group: string; until?: string }) =>
      asking(async (conversation) => (await import("./changes.ts")).showMessage(conversation, text, options)),
    );
  addCommand(message, "clear", "take the message away", "message clear --group hall")
    .option("--group <group>", "the boards of one group", "all")
    .action((options: { group: string }) =>
      asking(async (conversation) => (await import("./changes.ts")).clearMessage(conversation, options)),
    );
}

/** Adds the commands about who may log in. The password is asked for, or read from stdin; only its hash is sent. */
export function addAccountCommands(program: Command, { asking }: CommandTools): void {
  program.commandsGroup("Users and devices:");
  const desks = ["--desk <desk>", "a desk that it acts for, with the role desk; once for each", collect] as const;
  addCommand(program, "users", "list who may log in", "users").action(() =>
    asking(async (conversation) => (await import("./users.ts")).list(conversation)),
  );
  const user = addCommand(program, "user", "people and tools that may log in", "user add desk-3 desk --desk 3");
  addCommand(user, "add <name> <role>", "add a user: desk, admin, terminal or board", "user add desk-3 desk --desk 3")
    .option(...desks)
    .action((name: string, role: string, options: object) =>
      asking(async (conversation) => (await import("./users.ts")).add(conversation, name, role, options)),
    );
  addCommand(user, "change <name>", "change a user's role, desks or password", "user change desk-3 --password-new")
    .option("--role <role>", "desk, admin, terminal or board")
    .option(...desks)
    .option("--password-new", "ask for a new password")
    .action((name: string, options: object) =>
      asking(async (conversation) => (await import("./users.ts")).change(conversation, name, options)),
    );
  addCommand(user, "remove <name>", "let a user log in no more", "user remove desk-3").action((name: string) =>
    asking(async (conversation) => (await import("./users.ts")).remove(conversation, name)),
  );
  addCommand(program, "devices", "list terminals and boards, and what is wrong with them", "devices").action(() =>
    asking(async (conversation) => (await import("./office.ts")).devices(conversation)),
  );
  const device = addCommand(program, "device", "devices that may log in", "device add board-2 board");
  addCommand(device, "add <name> <role>", "add a device: terminal, board or desk", "device add board-2 board")
    .option(...desks)
    .action((name: string, role: string, options: object) =>
      asking(async (conversation) => (await import("./users.ts")).addDevice(conversation, name, role, options)),
    );
  for (const [command, usage] of deviceCommands) {
    addCommand(device, `${command} <name>`, usage, `device ${command} terminal-foyer`).action((name: string) =>
      asking(async (conversation) => (await import("./office.ts")).command(conversation, name, command)),
    );
  }
  addCommand(device, "revoke <name>", "let a device log in no more", "device revoke board-2").action((name: string) =>
    asking(async (conversation) => (await import("./users.ts")).revokeDevice(conversation, name)),
  );
}

/** What a device can be asked to do. */
const deviceCommands = [
  ["identify", "let a device show which one it is"],
  ["test-print", "let a terminal print a test page"],
  ["reload", "let a device read its configuration anew"],
] as const;

/** Numbers of each series that may have been given since a backup, unless more are said. */
const skippedNumbers = 50;
const restoreHelp = `
Without a backup it lists those there are and changes nothing. A backup is \`latest\`, a file, or its name in the folder.
The hub must be stopped; its own message about a damaged database has the whole command. The file that was there is kept beside the new one.`;

/** Adds the commands for whoever looks after the hub and the devices. */
export function addAdminCommands(program: Command, { asking, print }: CommandTools): void {
  program.commandsGroup("Administration:");
  addCommand(program, "check", "check the hub's store", "check").action(() =>
    asking(async (conversation) => (await import("./office.ts")).check(conversation)),
  );
  addCommand(program, "backup", "make a backup of the hub's database now", "backup").action(() =>
    asking(async (conversation) => (await import("./office.ts")).backup(conversation)),
  );
  addCommand(
    program,
    "restore [backup]",
    "on the hub's machine: put a backup in place of its database",
    "restore latest",
  )
    .option("--config <file>", "the hub's configuration", "/etc/wartemarke/hub.json")
    .option("--data <folder>", "the hub's data folder; with it the configuration is not read")
    .option("--backups <folder>", "where backups are; else as configured, or `backups` in the data folder")
    .option(
      "--skip <n>",
      "numbers of each series to leave out, as they may have been given",
      wholeNumber,
      skippedNumbers,
    )
    .addHelpText("after", restoreHelp)
    .action(async (backup: string | undefined, options: RestoreArguments) =>
      print((await import("./restore.ts")).restore(backup, options)),
    );
  const requestUsage = "send any request of the protocol, with its arguments as JSON";
  addCommand(program, "request <verb> [json]", requestUsage, `request ticket.show '{"number":"A001"}'`).action(
    (verb: string, json = "{}") => {
      const args = parseArguments(verb, json);
      return asking(async (conversation) => (await import("./office.ts")).request(conversation, verb, args));
    },
  );
  const hashUsage = "hash a password for the hub's configuration; reads it from the terminal or stdin";
  addCommand(program, "hash-password", hashUsage, "hash-password < password.txt")
    .option("--staff", "for an account that signs in at the pages, not an MQTT user")
    .action(async ({ staff = false }: { staff?: boolean }) => print(await (await import("./setup.ts")).hash(staff)));
  const shellUsage = "print a script with which a shell completes commands and options";
  addCommand(
    program,
    "completion <shell>",
    shellUsage,
    'completion bash   # in ~/.bashrc: eval "$(wartemarke completion bash)"',
  ).action(async (shell: string) => print((await import("./completion.ts")).completion(program, shell)));
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
