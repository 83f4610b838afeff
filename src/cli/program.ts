/** All commands, and how they end: 0 fine, 1 something is wrong with what was given, 2 wrong use. */

import { Command, CommanderError } from "commander";
import { PortError } from "#gate/ports/ports.ts";
import { EnvoyUnavailable } from "#proxies/process/install/envoy-unavailable.ts";
import { FilesError } from "#runtime/files.ts";
import { HttpClientError } from "#runtime/http/http-client.ts";
import { Http2ServerError } from "#runtime/http/http2-server.ts";
import { PageServerError } from "#runtime/http/page-server.ts";
import { LocalSocketError } from "#runtime/network/local-socket.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import { StoreError, type StoreErrorCode } from "#store/object-store.ts";
import { backupCommand } from "./backup/backup.ts";
import { restoreCommand } from "./backup/restore.ts";
import { certCommand } from "./certificates/cert.ts";
import { checkCommand } from "./check.ts";
import { authorizationCommand } from "./cluster/authorization.ts";
import { controllerCommand } from "./cluster/controller.ts";
import { installCommand } from "./cluster/install.ts";
import { preflightCommand } from "./cluster/preflight.ts";
import { proxyDrainCommand } from "./cluster/proxy-drain.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { downCommand } from "./down.ts";
import { explainCommand } from "./explain.ts";
import { initCommand } from "./init/init.ts";
import { migrateCommand } from "./migration/migrate.ts";
import { applyCommand } from "./objects/apply.ts";
import { createCommand } from "./objects/create.ts";
import { deleteCommand } from "./objects/delete.ts";
import { describeCommand } from "./objects/describe.ts";
import { eventsCommand } from "./objects/events.ts";
import { getCommand } from "./objects/get.ts";
import { logsCommand } from "./objects/logs.ts";
import { exampleText } from "./options.ts";
import type { Outcome } from "./output/outcome.ts";
import { printable } from "./output/table.ts";
import { serviceCommand } from "./service/service.ts";
import { statusCommand } from "./status.ts";
import { translateCommand } from "./translate.ts";
import { upCommand } from "./up/up.ts";
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
    );
  const commands = [
    initCommand(context),
    upCommand(context, outcome),
    downCommand(context),
    backupCommand(context),
    restoreCommand(context),
    serviceCommand(context),
    controllerCommand(context, outcome),
    proxyDrainCommand(context),
    authorizationCommand(context),
    preflightCommand(context, outcome),
    installCommand(context, outcome),
    migrateCommand(context, outcome),
    getCommand(context),
    describeCommand(context),
    eventsCommand(context),
    explainCommand(context),
    certCommand(context, outcome),
    logsCommand(context),
    statusCommand(context),
    applyCommand(context),
    createCommand(context),
    deleteCommand(context),
    checkCommand(context, outcome),
    translateCommand(context, outcome),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showHelpAfterError(`  see ${nameOf(command)} --help`)
      .configureOutput({
        writeOut: terminal.print,
        writeErr: terminal.warn,
        outputError: (text, write) =>
          write(text.replace(/^error: /, "sekisho: ").replace(/\n+$/, "\n")),
      });
  }
  return program;
}

/** As it is typed: `sekisho create secret tls`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function explainFailure(context: CommandContext, error: unknown): number {
  const { terminal } = context.environment;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, advice, exitCode } = describeFailure(error);
  const lines = advice.split("\n").map((line) => `  ${printable(line)}\n`);
  terminal.warn(`sekisho: ${printable(message).replaceAll("\uFFFD", " ")}\n${lines.join("")}`);
  return exitCode;
}

function describeFailure(error: unknown): { message: string; advice: string; exitCode: number } {
  if (error instanceof CommandError) return error;
  if (error instanceof EnvoyUnavailable || error instanceof PortError)
    return { message: error.message, advice: error.advice, exitCode: 1 };
  if (error instanceof FilesError)
    return { message: error.message, advice: `check ${error.path}`, exitCode: 1 };
  if (error instanceof LocalSocketError || isFromGate(error)) {
    const advice = "see whether the gate still runs, else start it again: sekisho up DIR";
    return { message: `the gate gave no answer: ${error.message}`, advice, exitCode: 1 };
  }
  if (error instanceof StoreError && error.cause instanceof HttpClientError) {
    const advice = "see whether the API server answers: kubectl version";
    return { message: error.message, advice, exitCode: 1 };
  }
  if (error instanceof StoreError)
    return { message: error.message, advice: storeAdvice[error.code], exitCode: 1 };
  if (error instanceof ProcessError)
    return { message: error.message, advice: "run it as the user who started it", exitCode: 1 };
  if (error instanceof PageServerError) {
    const advice = "choose another place for the metrics with --metrics ADDRESS:PORT";
    return { message: error.message, advice, exitCode: 1 };
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

/** Not the gate's refusal, but its silence. */
function isFromGate(error: unknown): error is StoreError {
  return (
    error instanceof StoreError &&
    error.code === "unavailable" &&
    error.cause instanceof LocalSocketError
  );
}

/** What to do next when the store refuses. */
const storeAdvice: Readonly<Record<StoreErrorCode, string>> = {
  "not-found": "see what there is: sekisho get KIND -A",
  exists: "change it with sekisho apply, or delete it first: sekisho delete KIND NAME",
  conflict: "somebody else changed it at the same time: run the command again",
  expired: "run the command again",
  "read-only": "edit the file that holds it: sekisho describe KIND NAME names it",
  invalid: "correct what is named above",
  denied: "use credentials that may do it: sekisho uses those of kubectl's current context",
  locked: "stop the one that has it, or give another directory with --data DIRECTORY",
  unavailable: "restore the file from a backup, or move it away",
};
