/** Rules of a Policy that let clients in by their address. */

import { isNetwork } from "#base/network-text.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { ClientRule } from "#model/client-rule.ts";

type PolicySpec = NonNullable<Policy["spec"]>;

/** Whom the rule lets in; else why it cannot be applied, as the end of a sentence about the Policy. */
export function accessControl({ accessControl: rule }: PolicySpec): Result<ClientRule, string> {
  const allow = (rule?.allow ?? []).map((network) => network ?? "");
  const deny = (rule?.deny ?? []).map((network) => network ?? "");
  if ((allow.length === 0) === (deny.length === 0))
    return err("is invalid: spec.accessControl: must specify exactly one of: `allow` or `deny`");
  const wrong = [...allow, ...deny].find((network) => !isNetwork(network));
  if (wrong !== undefined) {
    const detail = "must be a CIDR or IP";
    return err(
      `is invalid: spec.accessControl: Invalid value: ${JSON.stringify(wrong)}: ${detail}`,
    );
  }
  return ok(
    allow.length > 0 ? { kind: "only", networks: allow } : { kind: "except", networks: deny },
  );
}

/** Several at one place: once anybody is let in by name, nobody else is, whoever else is kept out. */
export function mergeAccessControl(rules: readonly ClientRule[]): ClientRule | undefined {
  const only = rules.filter(({ kind }) => kind === "only");
  const [first] = only.length > 0 ? only : rules;
  if (first === undefined) return undefined;
  const alike = rules.filter(({ kind }) => kind === first.kind);
  return { kind: first.kind, networks: alike.flatMap(({ networks }) => networks) };
}
