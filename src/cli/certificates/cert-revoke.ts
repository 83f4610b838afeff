/** `sekisho cert revoke NAME`: has the authority revoke what a Certificate serves, and another one issued with another key. */

import { Command, Option } from "commander";
import type { Acme } from "#certificates/acme/acme.ts";
import { AcmeError } from "#certificates/acme/client/acme-error.ts";
import { type RevocationReason, revocationReasons } from "#certificates/acme/client/revocation.ts";
import { isPair, readStoredPair, type StoredPair } from "#certificates/policies/stored-pair.ts";
import { secretAnnotations } from "#certificates/secret-annotations.ts";
import { type Certificate, certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import {
  type HomeOptions,
  type ObjectHome,
  openHome,
  withHomeOptions,
} from "../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { settingsOf } from "../read-settings.ts";
import { openAcme } from "./acme-of-home.ts";
import { findObject, setCondition } from "./cert-changes.ts";

interface RevokeOptions extends HomeOptions {
  readonly namespace?: string;
  readonly reason: RevocationReason;
  readonly yes?: boolean;
  readonly config?: string;
}

export function revokeCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("revoke"))
    .summary("have the authority revoke a certificate, and issue another one")
    .description(
      "Has the ACME server that issued it revoke the certificate in the Secret of a Certificate: by the account of its issuer, or, where the server does not take that, by the certificate's own key. Then has another one issued, with another key. Asks before; there is no way back.",
    )
    .argument("<name>", "name of a Certificate")
    .addOption(homeNamespaceOption())
    .addOption(
      new Option("--reason <reason>", "why")
        .choices(Object.keys(revocationReasons))
        .default("unspecified"),
    )
    .option("--yes", "do not ask")
    .option(
      "--config <file>",
      "settings: outboundAddresses and clusterResourceNamespace count (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText("after", exampleText("sekisho cert revoke cafe-secret --reason keyCompromise"))
    .action((name: string, options: RevokeOptions) => revoke(context, name, options));
}

interface Subject {
  readonly object: KubeObject;
  readonly spec: Certificate["spec"];
  readonly pair: StoredPair;
  /** Whoever issued what is there, which the Certificate need not name any more. */
  readonly issuerRef: IssuerReference;
}

async function revoke(
  context: CommandContext,
  name: string,
  options: RevokeOptions,
): Promise<void> {
  const home = await openHome(context, options);
  try {
    const subject = await findSubject(home, options.namespace ?? home.namespace, name);
    if (options.yes !== true) await confirm(context, subject);
    const { print } = context.environment.terminal;
    const by = await atServer(context, home, subject, options);
    const { namespace } = subject.object.metadata;
    const signer = by === "account" ? "the account of its issuer" : "its own key";
    print(`Revoked certificate ${serialOf(subject)} of ${namespace}/${name}, by ${signer}\n`);
    await replace(context, home, subject);
  } finally {
    home.close();
  }
}

async function findSubject(home: ObjectHome, namespace: string, name: string): Promise<Subject> {
  const object = await findObject(home, certificateKind.id, namespace, name);
  const spec = read(certificateKind, object).value?.spec;
  const secretName = spec?.secretName ?? "";
  const secret = await home.store.get({ kind: secretKind.id, namespace, name: secretName });
  const pair = readStoredPair(secret);
  if (spec === undefined || !isPair(pair) || secret === undefined) {
    const why = isPair(pair) ? "it cannot be read" : pair.message;
    throw new CommandError(
      1,
      `nothing of Certificate ${namespace}/${name} can be revoked: ${why}`,
      `see how it stands: sekisho cert status ${name} -n ${namespace}`,
    );
  }
  const { annotations } = secret.metadata;
  const issuer = annotations[secretAnnotations.issuerName];
  const issuerRef =
    issuer === undefined
      ? spec.issuerRef
      : {
          name: issuer,
          kind: annotations[secretAnnotations.issuerKind] ?? "",
          group: annotations[secretAnnotations.issuerGroup] ?? "",
        };
  return { object, spec, pair, issuerRef };
}

async function confirm({ environment }: CommandContext, subject: Subject): Promise<void> {
  const { namespace, name } = subject.object.metadata;
  const { issuerRef } = subject;
  const answer = await environment.terminal.ask(
    `Certificate ${serialOf(subject)} of ${namespace}/${name}, issued by ${issuerRef.name}, is not trusted any more once it is revoked. Revoke it? [yes/no] `,
  );
  if (answer === undefined)
    throw new CommandError(
      2,
      "there is no terminal to ask at",
      "give --yes to revoke all the same",
    );
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CommandError(1, "nothing was revoked", 'answer "yes", or give --yes');
}

async function atServer(
  context: CommandContext,
  home: ObjectHome,
  { object, pair, issuerRef }: Subject,
  { reason, config }: RevokeOptions,
): Promise<Awaited<ReturnType<Acme["revoke"]>>> {
  const settings = await settingsOf(context, config);
  const { acme, close } = await openAcme(context, home, settings);
  try {
    const { namespace } = object.metadata;
    const subject = { issuerRef, namespace, certificate: pair.leaf.der, key: pair.key };
    return await acme.revoke(subject, reason, new AbortController().signal);
  } catch (error) {
    throw error instanceof AcmeError ? notRevoked(error) : error;
  } finally {
    close();
  }
}

function notRevoked(cause: AcmeError): CommandError {
  const advice = cause.retryable
    ? "try again in a while"
    : "only ACME servers are asked to revoke; see how its issuer stands: sekisho get issuers,clusterissuers -A";
  return new CommandError(1, `it was not revoked: ${cause.message}`, advice, { cause });
}

/** A key that stays is as compromised as before. */
async function replace(
  context: CommandContext,
  home: ObjectHome,
  { object, spec }: Subject,
): Promise<void> {
  const { print } = context.environment.terminal;
  const { name, namespace } = object.metadata;
  if (spec.privateKey?.rotationPolicy === "Never") {
    print(
      `Its key never changes (privateKey.rotationPolicy Never): to have another one issued with another key, sekisho delete secret ${spec.secretName} -n ${namespace}\n`,
    );
    return;
  }
  await setCondition(context, home, object, {
    type: "Issuing",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance triggered, as the certificate was revoked",
  });
  print(
    `Another one is being issued with another key; see it: sekisho cert status ${name} -n ${namespace}\n`,
  );
}

function serialOf({ pair }: Subject): string {
  return pair.leaf.serialNumber;
}
