/** `sekisho cert inspect SECRET`: the certificates of a Secret, and whether they fit together. */

import { Command } from "commander";
import { checkKeyPair } from "#crypto/keys/key-pair.ts";
import { describeCertificates } from "#crypto/x509/certificate-description.ts";
import { read } from "#kinds/kind.ts";
import { type Secret, secretKind, secretValue } from "#kinds/secret.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import {
  type HomeOptions,
  type ObjectHome,
  openHome,
  withHomeOptions,
} from "../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { formatCertificate } from "./certificate-text.ts";

interface InspectOptions extends HomeOptions {
  readonly namespace?: string;
}

export function inspectCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("inspect"))
    .summary("show the certificates of a Secret")
    .description(
      "Shows each certificate of a Secret, and whether the chain holds and the private key fits. The key itself is not shown.",
    )
    .argument("<secret>", "name of a Secret")
    .addOption(homeNamespaceOption())
    .addHelpText("after", exampleText("sekisho cert inspect cafe-secret"))
    .action((name: string, options: InspectOptions) => inspect(context, name, options));
}

async function inspect(
  context: CommandContext,
  name: string,
  options: InspectOptions,
): Promise<void> {
  const home = await openHome(context, options);
  try {
    const secret = await readSecret(home, options.namespace ?? home.namespace, name);
    context.environment.terminal.print(formatSecret(secret, context.clock.now()));
  } finally {
    home.close();
  }
}

/** A Secret that must be there. Throws CommandError. */
export async function readSecret(
  { store }: ObjectHome,
  namespace: string,
  name: string,
): Promise<Secret> {
  const object = await store.get({ kind: secretKind.id, namespace, name });
  const secret = object === undefined ? undefined : read(secretKind, object).value;
  if (secret !== undefined) return secret;
  const message = `secrets "${name}" not found in namespace ${namespace}`;
  throw new CommandError(1, message, "see what is there: sekisho get secrets -A");
}

function formatSecret(secret: Secret, now: Temporal.Instant): string {
  const chain = secretValue(secret, "tls.crt");
  if (chain === undefined)
    throw new CommandError(
      1,
      "the Secret has no tls.crt",
      "name a Secret of type kubernetes.io/tls",
    );
  return [
    formatChain("tls.crt", chain, now),
    formatAuthorities(secretValue(secret, "ca.crt"), now),
    `tls.key:\n  ${keyVerdict(chain, secretValue(secret, "tls.key"))}\n`,
  ].join("");
}

function formatAuthorities(authorities: Uint8Array | undefined, now: Temporal.Instant): string {
  return authorities === undefined ? "" : formatChain("ca.crt", authorities, now);
}

function formatChain(title: string, pem: Uint8Array, now: Temporal.Instant): string {
  const described = describeCertificates(pem);
  if (!described.ok) return `${title}:\n  ${described.error}\n`;
  const parts = described.value.map((certificate, index) => {
    const link =
      certificate.isSignedByNext === false ? "  It was not issued by the next one.\n" : "";
    return `${title} ${index + 1} of ${described.value.length}:\n${formatCertificate(certificate, now)}${link}`;
  });
  return parts.join("");
}

function keyVerdict(chain: Uint8Array, key: Uint8Array | undefined): string {
  if (key === undefined) return "not there";
  const checked = checkKeyPair(chain, key);
  return checked.ok ? "belongs to the first certificate" : checked.error;
}
