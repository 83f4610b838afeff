/** Whether an authority may issue for a name, by the CAA records that count for it (RFC 8659 §4, RFC 8657). */

import type { CaaProperty } from "./record.ts";

/** Who would issue what. */
export interface IssuanceWish {
  /** Any of the names by which records name the authority. */
  readonly authorities: readonly string[];
  readonly isWildcard: boolean;
  /** `http-01` */
  readonly method: string;
  /** The URL of the account; absent: not known, and taken for the right one. */
  readonly account?: string;
}

/** Those that say nothing about who may issue certificates for servers (IANA, "Certification Authority Restriction Properties"). */
const knownTags: ReadonlySet<string> = new Set([
  ...["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"],
]);

/** What forbids it, as the end of a sentence about the records; undefined when nothing does. */
export function caaObjection(
  properties: readonly CaaProperty[],
  wish: IssuanceWish,
): string | undefined {
  const unknown = properties.find(({ tag, isCritical }) => isCritical && !knownTags.has(tag));
  if (unknown !== undefined) return `have the critical property ${unknown.tag}, which nobody knows`;
  const valuesOf = (tag: string): readonly string[] =>
    properties.filter((one) => one.tag === tag).map(({ value }) => value);
  const wild = wish.isWildcard ? valuesOf("issuewild") : [];
  const values = wild.length > 0 ? wild : valuesOf("issue");
  if (values.length === 0) return undefined;
  const permissions = values.map(permissionOf);
  const ours = permissions.filter(({ domain }) => wish.authorities.includes(domain));
  if (ours.length === 0) {
    const others = permissions.flatMap(({ domain }) => (domain === "" ? [] : [domain]));
    return others.length === 0 ? "let nobody issue" : `let ${others.join(", ")} alone issue`;
  }
  const methods = ours.flatMap(({ parameters }) => parameters.get("validationmethods") ?? []);
  const byMethod = ours.filter(({ parameters }) =>
    (parameters.get("validationmethods")?.split(",") ?? [wish.method]).includes(wish.method),
  );
  if (byMethod.length === 0) return `let names be proved by ${methods.join(", ")} alone`;
  const isOurAccount = byMethod.some(({ parameters }) => {
    const account = parameters.get("accounturi");
    return account === undefined || wish.account === undefined || account === wish.account;
  });
  return isOurAccount ? undefined : "let another account alone ask for certificates";
}

interface Permission {
  /** Empty: nobody. */
  readonly domain: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `ca.example; validationmethods=dns-01` */
function permissionOf(value: string): Permission {
  const [domain = "", ...rest] = value.split(";").map((part) => part.trim());
  const parameters = rest.flatMap((part): [string, string][] => {
    const [, name, text] = /^([A-Za-z0-9-]+)\s*=\s*(.*)$/.exec(part) ?? [];
    return name === undefined ? [] : [[name.toLowerCase(), text ?? ""]];
  });
  return { domain: domain.toLowerCase(), parameters: new Map(parameters) };
}
