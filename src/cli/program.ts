/** All commands, and how they end: 0 fine, 1 something is wrong with what was given, 2 wrong use. */

import { Command, CommanderError } from "commander";
import { PortError } from "#gate/ports.ts";
import { EnvoyUnavailable } from "#proxies/process/envoy-unavailable.ts";
import { FilesError } from "#runtime/files.ts";
import { Http2ServerError } from "#runtime/http2-server.ts";
import { LocalSocketError } from "#runtime/local-socket.ts";
import { StoreError } from "#store/object-store.ts";
import { applyCommand } from "./apply.ts";
import { checkCommand } from "./check.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { createCommand } from "./create.ts";
import { deleteCommand } from "./delete.ts";
import { describeCommand } from "./describe.ts";
import { eventsCommand } from "./events.ts";
import { explainCommand } from "./explain.ts";
import { getCommand } from "./get.ts";
import { logsCommand } from "./logs.ts";
import { exampleText } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { printable } from "./table.ts";
import { translateCommand } from "./translate.ts";
import { upCommand } from "./up.ts";
import { version } from "./version.ts";

/** Runs the command that was given; resolves to the exit code. */
export async function runProgram(context: CommandContext): Promise<number> {
  const outcome: Outcome = { exitCode: 0 };
  const program = createProgram(context, outcome);
  try {
    await program.parseAsync([...context.environment.arguments], { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    return explainFailure(context, error);
  }
}

function createProgram(context: CommandContext, outcome: Outcome): Command {
  const { terminal } = context.environment;
  const program = new Command("sekisho")
    .description("Runs the Kubernetes ingress manifests you already have, with real Envoy.")
    .version(version, "--version", "print the version")
    .addHelpText(
      "after",
      exampleText("sekisho up examples/cafe", "sekisho explain https://cafe.example.com/tea"),
    )
    .showHelpAfterError("(see --help)");
  const commands = [
    upCommand(context, outcome),
    getCommand(context),
    describeCommand(context),
    eventsCommand(context),
    explainCommand(context),
    logsCommand(context),
    applyCommand(context),
    createCommand(context),
    deleteCommand(context),
    checkCommand(context, outcome),
    translateCommand(context, outcome),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeOut: terminal.print, writeErr: terminal.warn });
  }
  return program;
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function explainFailure(context: CommandContext, error: unknown): number {
  const { terminal } = context.environment;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, advice, exitCode } = describeFailure(error);
  terminal.warn(
    `sekisho: ${printable(message).replaceAll("\uFFFD", " ")}\n${advice === "" ? "" : `  ${printable(advice)}\n`}`,
  );
  return exitCode;
}

function describeFailure(error: unknown): { message: string; advice: string; exitCode: number } {
  if (error instanceof CommandError) return error;
  if (error instanceof EnvoyUnavailable)
    return { message: error.message, advice: error.advice, exitCode: 1 };
  if (error instanceof FilesError)
    return { message: error.message, advice: `check ${error.path}`, exitCode: 1 };
  if (
    error instanceof StoreError ||
    error instanceof PortError ||
    error instanceof LocalSocketError
  ) {
    return { message: error.message, advice: "", exitCode: 1 };
  }
  if (error instanceof Http2ServerError) {
    return {
      message: error.message,
      advice: "give another data directory with --data DIRECTORY",
      exitCode: 1,
    };
  }
  throw error;
}
