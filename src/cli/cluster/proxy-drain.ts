/**
 * `sekisho proxy-drain`: beside an Envoy in its pod, for the end of the pod.
 *
 * Kubernetes stops the containers of a pod together, and Envoy would end at once with all requests under way. Its
 * container therefore first sleeps (`preStop`); meanwhile this program, told to stop at the same moment, lets clients
 * know and waits until their requests are done.
 */

import { Command, InvalidArgumentError } from "commander";
import { createEnvoyAdmin } from "#proxies/process/admin.ts";
import { drain } from "#proxies/process/drain.ts";
import type { Clock } from "#runtime/clock.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import type { CommandContext } from "../command-context.ts";
import { exampleText } from "../options.ts";

interface DrainFlags {
  readonly admin: string;
  readonly notice: number;
  readonly longest: number;
}

export function proxyDrainCommand(context: CommandContext): Command {
  return new Command("proxy-drain")
    .summary("let the requests of a pod's Envoy end before the pod does")
    .description(
      "Waits until it is told to stop. Then clients of the Envoy are asked to leave, new connections are refused after the notice, and the requests under way are waited for.",
    )
    .requiredOption("--admin <socket>", "the Unix socket of Envoy's administration interface")
    .option(
      "--notice <seconds>",
      "how long new connections are still taken, as others learn late that the pod goes",
      parseSeconds,
      5,
    )
    .option("--longest <seconds>", "how long requests are waited for", parseSeconds, 20)
    .addHelpText("after", exampleText("sekisho proxy-drain --admin /run/envoy/admin.sock"))
    .action((flags: DrainFlags) => waitAndDrain(context, flags));
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds from 0 to 3600.");
}

async function waitAndDrain(context: CommandContext, flags: DrainFlags): Promise<void> {
  const log = await context.createLog({ level: "info" });
  const told = new AbortController();
  const hurry = new AbortController();
  const forget = context.environment.onStopSignal(
    () => told.abort(),
    () => hurry.abort(),
  );
  try {
    await untilTold(context.clock, told.signal);
    const admin = createEnvoyAdmin(context.http, flags.admin);
    const { tookMs, left } = await drain(
      { clock: context.clock, admin },
      {
        notice: Temporal.Duration.from({ seconds: flags.notice }),
        longest: Temporal.Duration.from({ seconds: flags.notice + flags.longest }),
      },
      hurry.signal,
    );
    log.info(
      left === undefined ? "Envoy does not answer: nothing to wait for" : "Envoy is drained",
      {
        [logFields.milliseconds]: tookMs,
        [logFields.count]: left?.requests,
      },
    );
  } finally {
    forget();
  }
}

/** A timer is what keeps the program running. */
async function untilTold(clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(Temporal.Duration.from({ hours: 1 }), signal);
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
}
