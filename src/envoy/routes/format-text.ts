/** A text of the model → a format string of Envoy ("Access log format strings"), in which `%` begins a command. */

import { quoteRe2 } from "#base/re2.ts";
import { unreachable } from "#base/unreachable.ts";
import type { Host } from "#model/host.ts";
import type { Text, Variable } from "#model/text.ts";

/** The format string; `host` is the host whose route says the text. */
export function formatText(text: Text, host: Host): string {
  const parts = typeof text === "string" ? [text] : text;
  return parts
    .map((part) => (typeof part === "string" ? part.replaceAll("%", "%%") : command(part, host)))
    .join("");
}

/** The text itself when nothing of it depends on the request; undefined else. */
export function plainText(text: Text, host: Host): string | undefined {
  const parts = (typeof text === "string" ? [text] : text).map((part) =>
    typeof part !== "string" && part.kind === "host" && host.kind === "exact" ? host.name : part,
  );
  const plain = parts.filter((part) => typeof part === "string");
  return plain.length === parts.length ? plain.join("") : undefined;
}

const tlsCommands = {
  version: "%DOWNSTREAM_TLS_VERSION%",
  cipher: "%DOWNSTREAM_TLS_CIPHER%",
  "server-name": "%REQUESTED_SERVER_NAME%",
  session: "%DOWNSTREAM_TLS_SESSION_ID%",
} as const;

const certificateCommands = {
  subject: "%DOWNSTREAM_PEER_SUBJECT%",
  issuer: "%DOWNSTREAM_PEER_ISSUER%",
  serial: "%DOWNSTREAM_PEER_SERIAL%",
  sha1: "%DOWNSTREAM_PEER_FINGERPRINT_1%",
  "escaped-pem": "%DOWNSTREAM_PEER_CERT%",
  "not-before": "%DOWNSTREAM_PEER_CERT_V_START(%b %e %H:%M:%S %Y GMT)%",
  "not-after": "%DOWNSTREAM_PEER_CERT_V_END(%b %e %H:%M:%S %Y GMT)%",
} as const;

/** In CEL; an origin has no character that would end a text there, or it is left out. */
function originAmong(origins: readonly string[]): string {
  const patterns = origins
    .filter((origin) => /^[A-Za-z0-9.:/*[\]-]+$/.test(origin))
    .map((origin) => quoteRe2(origin).replace("\\*", "[^./:]+"));
  const origin = "request.headers['origin']";
  const matches = `${origin}.matches('^(?i:${patterns.join("|")})$')`;
  return `%CEL('origin' in request.headers && ${matches.replaceAll("\\", "\\\\")} ? ${origin} : '')%`;
}

function command(variable: Variable, host: Host): string {
  switch (variable.kind) {
    case "scheme":
      return "%REQ(X-FORWARDED-PROTO)%";
    case "host":
      // A wildcard's requests may carry a port; the host alone is in no header of theirs.
      return host.kind === "exact" ? host.name : "%REQ(:AUTHORITY)%";
    case "target":
      return "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%";
    case "method":
      return "%REQ(:METHOD)%";
    case "protocol":
      return "%PROTOCOL%";
    case "client-address":
      return "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%";
    case "client-port":
      return "%DOWNSTREAM_REMOTE_PORT%";
    case "local-address":
      return "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%";
    case "local-port":
      return "%DOWNSTREAM_LOCAL_PORT%";
    case "connection":
      return "%CONNECTION_ID%";
    case "time":
      return variable.form === "iso8601"
        ? "%START_TIME(%Y-%m-%dT%H:%M:%S+00:00)%"
        : "%START_TIME(%d/%b/%Y:%H:%M:%S +0000)%";
    case "status":
      return "%RESPONSE_CODE%";
    case "response-header":
      return `%RESP(${variable.name})%`;
    case "tls":
      return tlsCommands[variable.part];
    case "client-certificate":
      return certificateCommands[variable.part];
    case "client-verdict":
      // Who knows better has put it in already: see `client-certificate.ts`.
      return "NONE";
    case "origin-among":
      return originAmong(variable.origins);
    case "header":
      return `%REQ(${variable.name === "host" ? ":AUTHORITY" : variable.name})%`;
    default:
      return unreachable(variable);
  }
}
