/** Variables of nginx that limits go by → the parts of a request that they are. */

import type { Readable } from "#model/rate-limit.ts";

const plain: Readonly<Record<string, Readable>> = {
  binary_remote_addr: { kind: "client-address" },
  remote_addr: { kind: "client-address" },
  request_uri: { kind: "target" },
  uri: { kind: "path" },
  args: { kind: "query" },
  query_string: { kind: "query" },
  request_method: { kind: "method" },
  scheme: { kind: "scheme" },
  apikey_auth_token: { kind: "api-key" },
  apikey_client_name: { kind: "api-key-client" },
};

/** By its name, without `$`; undefined: it is not known here. */
export function readableOf(variable: string): Readable | undefined {
  const [, family, name = ""] = /^(http|arg|cookie|jwt_claim)_(\w+)$/.exec(variable) ?? [];
  switch (family) {
    case "http":
      return { kind: "header", name: name.replaceAll("_", "-").toLowerCase() };
    case "arg":
      return { kind: "argument", name };
    case "cookie":
      return { kind: "cookie", name };
    case "jwt_claim":
      return { kind: "claim", path: [name] };
    default:
      return plain[variable];
  }
}
