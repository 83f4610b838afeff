/** `sekisho cert …`: how certificates stand, and what a person wants done about them. */

import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { approveCommand, denyCommand, renewCommand } from "./cert-changes.ts";
import { exportCommand } from "./cert-export.ts";
import { inspectCommand } from "./cert-inspect.ts";
import { planCommand } from "./cert-plan.ts";
import { revokeCommand } from "./cert-revoke.ts";
import { certStatusCommand } from "./cert-status.ts";
import { certPreflightCommand } from "./preflight/cert-preflight.ts";

export function certCommand(context: CommandContext, outcome: Outcome): Command {
  const cert = new Command("cert")
    .summary("show, renew, revoke, approve and export certificates")
    .description(
      "Shows how certificates stand and what holds them up, has them renewed or revoked, approves requests, and writes certificates to files: of the running gate or of a cluster. Says what manifests would cause, and what would stand in the way of a name.",
    )
    .addHelpText(
      "after",
      exampleText("sekisho cert status cafe-secret", "sekisho cert renew --all"),
    );
  for (const make of [
    ...[renewCommand, revokeCommand, inspectCommand],
    ...[approveCommand, denyCommand, exportCommand],
  ])
    cert.addCommand(make(context));
  return cert
    .addCommand(certStatusCommand(context, outcome))
    .addCommand(planCommand(context, outcome))
    .addCommand(certPreflightCommand(context, outcome));
}
