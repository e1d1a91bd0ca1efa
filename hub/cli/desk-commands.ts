import type { Command } from "commander";
import type { CommandTools } from "./tools.ts";
import { addCommand, wholeNumber } from "./tools.ts";

/** Adds the commands about tickets and the queue. */
export function addTicketCommands(program: Command, { asking }: CommandTools): void {
  program.commandsGroup("Tickets:");
  addCommand(program, "ticket <service>", "issue a ticket", "ticket id-card --persons 2")
    .option("--persons <n>", "for so many persons", wholeNumber)
    .option("--language <code>", "of the visitor, such as en")
    .option("--priority <minutes>", "head start in the queue; needs --reason", wholeNumber)
    .option("--reason <text>", "why the priority")
    .action((service: string, options: object) =>
      asking(async (conversation) => (await import("./tickets.ts")).issue(conversation, { service, ...options })),
    );
  addCommand(program, "queue [service]", "list who is waiting, in call order", "queue id-card")
    .option("--state <state>", "those who are parked or no-show, instead")
    .action((service: string | undefined, options: { state?: string }) =>
      asking(async (conversation) => (await import("./tickets.ts")).queue(conversation, service, options.state)),
    );
  addCommand(program, "show <number>", "show a ticket; an earlier day's by its id", "show 2026-11-23/A017").action(
    (name: string) => asking(async (conversation) => (await import("./tickets.ts")).show(conversation, name)),
  );
  const priorityUsage = "give somebody who waits a head start, with the reason";
  addCommand(program, "priority <number> <reason>", priorityUsage, "priority A017 'small child' --minutes 20")
    .option("--minutes <n>", "how long; the office's usual head start when left out", wholeNumber)
    .option("--front", "to the front, in an emergency")
    .action((name: string, reason: string, options: object) =>
      asking(async (conversation) => (await import("./tickets.ts")).prioritize(conversation, name, reason, options)),
    );
  const reprintUsage = "print a ticket once more, marked as a copy, where it was issued";
  addCommand(program, "reprint <number>", reprintUsage, "reprint A017 --terminal terminal-foyer")
    .option("--terminal <name>", "another terminal that is to print it")
    .action((name: string, { terminal }: { terminal?: string }) =>
      asking(async (conversation) => (await import("./tickets.ts")).reprint(conversation, name, terminal)),
    );
  addCommand(program, "cancel <number>", "take a ticket out of the queue", "cancel A017").action((name: string) =>
    asking(async (conversation) => (await import("./tickets.ts")).cancel(conversation, name)),
  );
}

/** Adds the commands of a desk. */
export function addDeskCommands(program: Command, { asking, calling }: CommandTools): void {
  program.commandsGroup("Desks:");
  const openUsage = "open a desk, for all its services or the ones named";
  addCommand(program, "open <desk> [services...]", openUsage, "open 1 id-card pick-up").action(
    (desk: string, services: string[]) =>
      asking(async (conversation) => (await import("./desks.ts")).open(conversation, desk, services)),
  );
  addCommand(program, "close <desk>", "close a desk", "close 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).close(conversation, desk)),
  );
  addCommand(program, "next <desk>", "finish the visitor at the desk and call the next", "next 1").action(
    (desk: string) =>
      calling(async (conversation, names) => (await import("./desks.ts")).next(conversation, names, desk)),
  );
  addCommand(program, "call <number> <desk>", "call a certain number to a free desk", "call A017 1").action(
    (number: string, desk: string) =>
      calling(async (conversation, names) => (await import("./desks.ts")).call(conversation, names, number, desk)),
  );
  addCommand(program, "again <desk>", "call the visitor of the desk once more", "again 1").action((desk: string) =>
    calling(async (conversation, names) => (await import("./desks.ts")).again(conversation, names, desk)),
  );
  const noShowUsage = "the visitor did not come, after at least two calls";
  addCommand(program, "no-show <desk>", noShowUsage, "no-show 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).noShow(conversation, desk)),
  );
  addCommand(program, "finish <desk>", "the visitor is done", "finish 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).finish(conversation, desk)),
  );
  const parkUsage = "let the visitor of the desk wait aside, to be called back by his number";
  addCommand(program, "park <desk>", parkUsage, "park 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).park(conversation, desk)),
  );
  const resumeUsage = "call a parked visitor back to a desk; a no-show waits again, in front";
  addCommand(program, "resume <number> <desk>", resumeUsage, "resume A017 1").action((number: string, desk: string) =>
    calling(async (conversation, names) => (await import("./desks.ts")).resume(conversation, names, number, desk)),
  );
  const transferUsage = "send a visitor on, with the time that he has waited already";
  addCommand(program, "transfer <desk>", transferUsage, "transfer 1 --service registration")
    .option("--service <service>", "what he waits for from now on")
    .option("--to-desk <desk>", "the one desk that is to call him")
    .option("--number <number>", "somebody who waits or is parked, instead of the visitor at the desk")
    .action((desk: string, options: object) =>
      asking(async (conversation) => (await import("./desks.ts")).transfer(conversation, desk, options)),
    );
  addCommand(program, "undo <desk>", "take the last call of a desk back", "undo 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).undo(conversation, desk)),
  );
  addCommand(program, "pause <desk>", "a desk has a break and calls nobody", "pause 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).pause(conversation, desk)),
  );
  addCommand(program, "continue <desk>", "the break is over", "continue 1").action((desk: string) =>
    asking(async (conversation) => (await import("./desks.ts")).proceed(conversation, desk)),
  );
}
