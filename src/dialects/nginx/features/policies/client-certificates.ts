/** Rules of a Policy that say which certificate a client must show. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import { findEntry, type RuleContext } from "../../policy-secrets.ts";

type PolicySpec = NonNullable<Policy["spec"]>;

/** `off`: nothing is asked for. */
const demands: Readonly<Record<string, ClientCertificates["demand"] | "nothing">> = {
  on: "required",
  off: "nothing",
  optional: "optional",
  optional_no_ca: "unverified",
};

/** nginx's own. */
const defaultDepth = 1;
const mostDepth = 100;

/** What the rule asks clients for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function ingressMtls(
  { ingressMTLS: rule = {} }: PolicySpec,
  context: RuleContext,
): Result<ClientCertificates | undefined, string> {
  const { clientCertSecret = "", crlFileName = "", verifyClient = "", verifyDepth } = rule;
  const demand = demands[verifyClient === "" ? "on" : verifyClient];
  if (demand === undefined) {
    const detail = "must be one of: `on`, `off`, `optional`, `optional_no_ca`";
    return err(
      `is invalid: spec.ingressMTLS.verifyClient: Invalid value: ${JSON.stringify(verifyClient)}: ${detail}`,
    );
  }
  const depth = verifyDepth ?? defaultDepth;
  if (depth < 0 || depth > mostDepth)
    return err(
      `is invalid: spec.ingressMTLS.verifyDepth: must be between 0 and ${mostDepth}, but is ${depth}`,
    );
  const entry = findEntry(clientCertSecret, { type: "nginx.org/ca", key: "ca.crt" }, context);
  if (!entry.ok) return entry;
  // Without a list what was taken back would be good again.
  const revoked = findEntry(clientCertSecret, { type: "nginx.org/ca", key: "ca.crl" }, context);
  if (crlFileName !== "" && !revoked.ok)
    return err(
      `has spec.ingressMTLS.crlFileName, and there are no files here: it ${revoked.error}`,
    );
  const { namespace, name } = entry.value;
  const found = context.world.authorities({ namespace, name });
  if (found.state === "broken")
    return err(`refers to Secret ${namespace}/${name}, which is broken: ${found.problem}`);
  return ok(demand === "nothing" ? undefined : { authorities: { namespace, name }, demand, depth });
}
