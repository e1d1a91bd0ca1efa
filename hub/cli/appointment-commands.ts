import type { Command } from "commander";
import type { DatesPatch } from "./dates.ts";
import type { CommandTools } from "./tools.ts";
import { addCommand, collect, wholeNumber } from "./tools.ts";

/** Adds the commands about appointments. */
export function addAppointmentCommands(program: Command, { asking }: CommandTools): void {
  program.commandsGroup("Appointments:");
  const command = (usage: string, description: string, example: string) =>
    addCommand(program, usage, description, example);

  command(
    "appointments [day]",
    "list the appointments of a day (YYYY-MM-DD; today) in order of time",
    "appointments 2026-11-24",
  ).action((day?: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).list(conversation, day)),
  );
  command("appointment <reference>", "show an appointment", "appointment 7h2k9mq4xz").action((reference: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).show(conversation, reference)),
  );
  command(
    "slots <services...>",
    "free times for all of these services together; one named twice is for two persons",
    "slots id-card id-card --from 2026-11-24 --days 7",
  )
    .option("--persons <n>", "all of it for so many persons", wholeNumber)
    .option("--from <day>", "first day, YYYY-MM-DD; today when left out")
    .option("--days <n>", "so many days", wholeNumber)
    .action((services: string[], options: object) =>
      asking(async (conversation) => (await import("./appointments.ts")).slots(conversation, { services, ...options })),
    );
  command(
    "book <at> <services...>",
    "book an appointment for somebody, binding at once; at: such as 2026-11-24T10:30",
    "book 2026-11-24T10:30 id-card --person-file person.json",
  )
    .option("--name <name>", "who comes")
    .option("--email <address>", "where the confirmation with the check-in code goes")
    .option("--phone <number>", "for questions")
    .option("--birthdate <day>", "by which to check in, YYYY-MM-DD; once for each person", collect)
    .option("--person-file <file>", "all of that as JSON: name, email, phone, birthdates; - reads stdin")
    .option("--persons <n>", "all services for so many persons", wholeNumber)
    .option("--language <code>", "of the mails, such as en")
    .option("--reminder", "send a mail the day before")
    .action((at: string, services: string[], options: object) =>
      asking(async (conversation) => (await import("./appointments.ts")).book(conversation, at, services, options)),
    );
  command(
    "move <reference> <at>",
    "move an appointment; the code on the old confirmation is void then",
    "move 7h2k9mq4xz 2026-11-25T09:00",
  ).action((reference: string, at: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).move(conversation, reference, at)),
  );
  command(
    "cancel-appointment <reference>",
    "cancel an appointment; whoever booked it gets a mail",
    "cancel-appointment 7h2k9mq4xz",
  ).action((reference: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).cancel(conversation, reference)),
  );
  command(
    "check-in [code]",
    "check somebody in by the code of his confirmation, or by birth date",
    "check-in --birthdate 1984-03-09",
  )
    .option("--birthdate <day>", "instead of the code, YYYY-MM-DD")
    .option("--time <HH:MM>", "of the appointment, where the birth date alone does not tell which")
    .action((code: string | undefined, options: object) =>
      asking(async (conversation) => (await import("./appointments.ts")).checkIn(conversation, code, options)),
    );
  command(
    "late-check-in <reference> <reason>",
    "check somebody in by hand, until 15 minutes after the time",
    "late-check-in 7h2k9mq4xz 'train was late'",
  ).action((reference: string, reason: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).lateCheckIn(conversation, reference, reason)),
  );
  command(
    "unlock [terminal]",
    "let birth dates be entered again after too many wrong ones",
    "unlock terminal-foyer",
  ).action((terminal?: string) =>
    asking(async (conversation) => (await import("./appointments.ts")).unlock(conversation, terminal)),
  );
}

type Dates = typeof import("./dates.ts");

/** Adds the commands about single dates, on which the office is closed or has hours of their own. */
export function addDateCommands(program: Command, { asking }: CommandTools): void {
  const preview = (patch: (dates: Dates) => DatesPatch) =>
    asking(async (conversation) => {
      const dates = await import("./dates.ts");
      return dates.previewDates(conversation, patch(dates));
    });
  const change = (patch: (dates: Dates) => DatesPatch, options: object) =>
    asking(async (conversation) => {
      const dates = await import("./dates.ts");
      return dates.changeDates(conversation, patch(dates), options);
    });
  const cancels = "cancel the appointments that it hits, each with a mail";

  program.commandsGroup("Single days:");
  const closure = addCommand(
    program,
    "closure",
    "days on which the office is closed",
    "closure add 2026-12-24 Heiligabend --cancel-appointments",
  );
  addCommand(
    closure,
    "preview <day> <reason>",
    "say which appointments a closure would hit; nothing is changed",
    "closure preview 2026-12-24 Heiligabend",
  ).action((day: string, reason: string) => preview(({ closing }) => closing(day, reason)));
  addCommand(
    closure,
    "add <day> <reason>",
    "close the office on a day, YYYY-MM-DD; the reason is shown to visitors",
    "closure add 2026-12-24 Heiligabend",
  )
    .option("--cancel-appointments", cancels)
    .action((day: string, reason: string, options: object) => change(({ closing }) => closing(day, reason), options));
  addCommand(
    closure,
    "remove <day>",
    "take a closure back; one of the hub's configuration stays",
    "closure remove 2026-12-24",
  ).action((day: string) => change(({ reopening }) => reopening(day), {}));

  const hours = addCommand(
    program,
    "special-hours",
    "days with opening hours of their own",
    "special-hours add 2026-12-23 09:00-12:00",
  );
  addCommand(
    hours,
    "preview <day> <hours>",
    "say which appointments other hours would hit; nothing is changed",
    "special-hours preview 2026-12-23 09:00-12:00",
  ).action((day: string, text: string) => preview(({ specialHours }) => specialHours(day, text)));
  addCommand(
    hours,
    "add <day> <hours>",
    "set the hours of a day, such as 09:00-12:00",
    "special-hours add 2026-12-23 09:00-12:00",
  )
    .option("--cancel-appointments", cancels)
    .action((day: string, text: string, options: object) =>
      change(({ specialHours }) => specialHours(day, text), options),
    );
  addCommand(hours, "remove <day>", "go back to the hours of the week", "special-hours remove 2026-12-23")
    .option("--cancel-appointments", cancels)
    .action((day: string, options: object) => change(({ usualHours }) => usualHours(day), options));
}
