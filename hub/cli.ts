#!/usr/bin/env node
import { CommanderError } from "commander";
import { exitCodes, Failure } from "./cli/outcome.ts";
import { createProgram } from "./cli/program.ts";

// A reader such as `head` that has seen enough is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  throw error;
});

const program = createProgram(process.env);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already: the help that was asked for, or what is wrong with the command line.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else if (error instanceof Failure) {
    if (program.opts<{ json?: boolean }>().json) process.stdout.write(`${JSON.stringify(error.json)}\n`);
    process.stderr.write(`wartemarke: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
