/** `sekisho authorization`: beside an Envoy in its pod, for what only some may see. */

import { Command } from "commander";
import { runAdapter } from "#authorization/adapter.ts";
import { findControlPlane } from "#authorization/control-plane.ts";
import type { CommandContext } from "../command-context.ts";
import { exampleText } from "../options.ts";

interface AuthorizationFlags {
  readonly node: string;
  readonly socket: string;
  readonly controlPlane: string;
  readonly identity: string;
}

export function authorizationCommand(context: CommandContext): Command {
  return new Command("authorization")
    .summary("say who may pass, beside a pod's Envoy")
    .description(
      "Answers Envoy's questions who may pass (passwords, keys, services that decide), by the policies that the control plane sends. Goes on without a control plane; while it is away itself, what is protected is answered with 503.",
    )
    .requiredOption("--node <name>", "what the Envoy calls itself to the control plane")
    .requiredOption("--socket <path>", "the Unix socket on which Envoy asks")
    .requiredOption("--control-plane <host:port>", "where the control plane serves xDS")
    .requiredOption("--identity <directory>", "where tls.crt, tls.key and ca.crt for xDS are")
    .addHelpText(
      "after",
      exampleText(
        'sekisho authorization --node "$POD_NAME" --socket /run/envoy/authorization.sock --control-plane sekisho-xds.sekisho-system.svc:18000 --identity /etc/sekisho/xds',
      ),
    )
    .action((flags: AuthorizationFlags) => answer(context, flags));
}

async function answer(context: CommandContext, flags: AuthorizationFlags): Promise<void> {
  const { environment, files } = context;
  const { node, socket, controlPlane, identity } = flags;
  const log = await context.createLog({ level: "info" });
  const stopping = new AbortController();
  const forget = environment.onStopSignal(
    () => stopping.abort(),
    () => environment.exit(1),
  );
  try {
    await runAdapter(
      { ...context, log },
      { node, socket, controlPlane: () => findControlPlane(files, controlPlane, identity) },
      stopping.signal,
    );
  } finally {
    forget();
  }
}
