/** A Secret that handshakes are to be answered with, and is missing or broken. */

import type { Fragment, SecretRef } from "#model/fragment.ts";
import { awaitedCertificate } from "../common/awaited-certificate.ts";
import type { World } from "../dialect.ts";
import { type Report, warns } from "./report.ts";

/** What an object asks for itself. */
export type Asked = Pick<Fragment, "wantedCertificates">;

/** Complains in the controller's words, unless it can be used. `refused`: what is not served without it. */
export function reportSecret(
  secret: SecretRef,
  { at, refused }: { readonly at: string; readonly refused: string },
  report: Report,
  { world, asked }: { readonly world: World; readonly asked: () => Asked },
): void {
  const { state, ...more } = world.certificate(secret);
  if (state === "usable") return;
  const awaited = state === "missing" ? awaitedCertificate(secret, asked(), world) : undefined;
  const why = "problem" in more ? more.problem : "secret doesn't exist";
  const { namespace, name } = secret;
  warns(report, at, {
    reason: state === "missing" ? "SecretNotFound" : "SecretNotUsable",
    message: `TLS secret ${name} is invalid: ${why}${awaited === undefined ? "" : `, as ${awaited.state}`}; ${refused} are refused`,
    advice:
      awaited?.advice ??
      `create it: sekisho create secret tls ${name} --namespace ${namespace} --cert FILE --key FILE`,
  });
}
