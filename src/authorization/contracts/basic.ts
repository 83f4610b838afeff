/** Basic credentials (RFC 7617) against a password file. */

import { fields, integer, oneOf, type Parsed, required, text } from "#base/schema.ts";
import { unreachable } from "#base/unreachable.ts";
import { allow, type Check, deny, type Header, type Verdict } from "../check.ts";
import { parseHtpasswd } from "../htpasswd.ts";
import { clientNetwork } from "../passwords/client-network.ts";
import { type Contract, contractOf } from "./contract-kind.ts";

const policy = fields({
  kind: required(oneOf("basic")),
  /** Shown by the browser; may be empty. */
  realm: required(text),
  /** The password file. */
  passwords: required(text),
  /** What answers when it cannot be judged. */
  status: required(integer(400, 599)),
});

export type BasicPolicy = Parsed<typeof policy>;

/** Longer credentials are nobody's: what is hashed is bounded. */
const maxCredentialsLength = 1024;

export const basic: Contract = contractOf<BasicPolicy>(
  "basic",
  policy,
  ({ realm, passwords, status }, deps) => {
    const file = parseHtpasswd(passwords);
    const challenge: Header = {
      name: "www-authenticate",
      value: `Basic realm="${realm.replaceAll(/["\\]/g, "\\$&")}"`,
    };
    const judge = async (check: Check): Promise<Verdict> => {
      const credentials = credentialsOf(check.headers.get("authorization"));
      if (credentials === undefined) return deny(401, challenge);
      const verdict = await deps.passwords.judge(file, {
        ...credentials,
        client: clientNetwork(check.client),
      });
      switch (verdict) {
        case "right":
          return allow;
        case "wrong":
          return deny(401, challenge);
        case "exhausted":
          return deny(429, retryAfter);
        case "busy":
          return deny(status, retryAfter);
        default:
          return unreachable(verdict);
      }
    };
    return { judge, close: () => undefined };
  },
);

const retryAfter: Header = { name: "retry-after", value: "5" };

function credentialsOf(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  if (header === undefined || header.length > 2 * maxCredentialsLength) return undefined;
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0 || decoded.length > maxCredentialsLength) return undefined;
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
