/** What a person says of one's own server and domain → a site that manifests can be written for. */

import { err, ok, type Result } from "#base/result.ts";
import { isAddress } from "#crypto/ip-address.ts";

export interface Site {
  /** In lower case. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Absent: the authority has no address to warn at. */
  readonly email?: string;
  /** Whether certificates come from the staging twin of the authority, whose limits are wide and whom no browser trusts. */
  readonly isStaging: boolean;
}

/** What is wrong with something given, and what to write instead. */
export interface Objection {
  readonly message: string;
  readonly advice: string;
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const longestName = 253;

/** A name that public authorities issue for by HTTP-01: no address, no wildcard, at least two labels (RFC 1123 §2.1). */
export function parseHost(text: string): Result<string, Objection> {
  const host = text.toLowerCase().replace(/\.$/, "");
  const refused = (why: string, advice: string): Result<string, Objection> =>
    err({ message: `--host ${text} ${why}`, advice });
  if (isAddress(host)) return refused("is an address", "give the DNS name that leads to it");
  if (host.startsWith("*."))
    return refused(
      "is a wildcard, which can be proved by DNS records alone",
      "give one name; for wildcards see the DNS-01 solvers in docs/first-certificate.md",
    );
  const labels = host.split(".");
  const isName =
    host.length <= longestName &&
    labels.every((one) => label.test(one)) &&
    !/^\d+$/.test(labels.at(-1) ?? "");
  if (!isName)
    return refused("is no DNS name", "write it as in www.example.com, without https:// and path");
  if (labels.length < 2)
    return refused("has one label, and no public authority issues for it", "give the whole name");
  return ok(host);
}

/** `127.0.0.1:3000`, `[::1]:3000`, `localhost:3000`. */
export function parseTarget(text: string): Result<Pick<Site, "address" | "port">, Objection> {
  const [, six, four = "", digits = ""] =
    /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text.trim()) ?? [];
  const address = (six ?? four).toLowerCase() === "localhost" ? "127.0.0.1" : (six ?? four);
  if (!isAddress(address) || (six === undefined) === address.includes(":")) {
    const advice = "write ADDRESS:PORT, as in --to 127.0.0.1:3000 or --to [::1]:3000";
    return err({ message: `--to ${text} is no address with a port`, advice });
  }
  const port = Number(digits);
  if (port < 1 || port > 65_535) {
    const advice = "give the port where your server listens";
    return err({ message: `--to ${text}: a port is a number from 1 to 65535`, advice });
  }
  return ok({ address, port });
}

/** As far as a text alone tells. */
export function parseEmail(text: string): Result<string, Objection> {
  if (/^[^\s@"<>]+@[^\s@"<>]+\.[^\s@"<>]+$/.test(text)) return ok(text);
  const advice = "write it as in --email someone@example.com, or leave it out";
  return err({ message: `--email ${text} is no e-mail address`, advice });
}
