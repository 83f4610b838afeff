/**
 * A signed token (RFC 7519), as nginx asks for it (ngx_http_auth_jwt_module): one of the keys must have signed it, and it
 * must not be before or behind its time. For whom it is and by whom is not looked at.
 */

import { fields, integer, oneOf, optional, type Parsed, required, text } from "#base/schema.ts";
import { unreachable } from "#base/unreachable.ts";
import { allow, deny, type Header, type Verdict } from "../check.ts";
import { type Contract, contractOf } from "./contract-kind.ts";
import { TokenReader, type TokenReading, tokenFields } from "./token-reader.ts";

const policy = fields({
  kind: required(oneOf("jwt")),
  /** Named in the challenge. */
  realm: required(text),
  ...tokenFields,
  /** Where a browser is sent instead of 401. */
  signIn: optional(text),
  /** What answers when it cannot be judged. */
  status: required(integer(400, 599)),
});

export type JwtPolicy = Parsed<typeof policy>;

export const jwt: Contract = contractOf<JwtPolicy>("jwt", policy, (opened, deps) => {
  const tokens = new TokenReader(opened, deps);
  return {
    judge: async (check) => verdictOn(await tokens.read(check), opened),
    close: () => tokens.close(),
  };
});

function verdictOn({ kind }: TokenReading, { realm, signIn, status }: JwtPolicy): Verdict {
  const refuse = (error: string): Verdict =>
    signIn === undefined
      ? deny(401, challenge(realm, error))
      : deny(302, { name: "location", value: signIn });
  switch (kind) {
    case "good":
      return allow;
    case "not-judged":
      return deny(status);
    case "none":
      return refuse("");
    case "bad":
      return refuse(', error="invalid_token"');
    default:
      return unreachable(kind);
  }
}

function challenge(realm: string, error: string): Header {
  const quoted = realm.replaceAll(/["\\]/g, "\\$&");
  return { name: "www-authenticate", value: `Bearer realm="${quoted}"${error}` };
}
