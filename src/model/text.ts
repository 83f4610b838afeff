/** Texts that are put together anew for each request: parts as they stand, and parts that the request fills in. */

/** What a request fills in. */
export type Variable =
  /** `http` or `https`: how the client spoke to us, or to a proxy that we trust. */
  | { readonly kind: "scheme" }
  /** The host asked for, without a port. */
  | { readonly kind: "host" }
  /** Path and query as asked for. */
  | { readonly kind: "target" }
  | { readonly kind: "method" }
  | { readonly kind: "protocol" }
  /** Of the client, as far as we know it. */
  | { readonly kind: "client-address" }
  | { readonly kind: "client-port" }
  /** Where the client reached us. */
  | { readonly kind: "local-address" }
  | { readonly kind: "local-port" }
  | { readonly kind: "connection" }
  /** When the request came: `2026-01-31T15:04:05+00:00`, or `31/Jan/2026:15:04:05 +0000`. */
  | { readonly kind: "time"; readonly form: "iso8601" | "common-log" }
  /** Of the answer that a backend, or the gate itself, gave. */
  | { readonly kind: "status" }
  /** A header of that answer, in lower case; empty when it has none. */
  | { readonly kind: "response-header"; readonly name: string }
  /** How the connection is encrypted; empty without TLS. */
  | { readonly kind: "tls"; readonly part: "version" | "cipher" | "server-name" | "session" }
  /** Of the certificate that the client showed, whoever signed it; empty when it showed none. */
  | {
      readonly kind: "client-certificate";
      readonly part:
        | "subject"
        | "issuer"
        | "serial"
        | "sha1"
        | "escaped-pem"
        | "not-before"
        | "not-after";
    }
  /** `SUCCESS`, `NONE`, or `FAILED:` with a reason: what became of the client's certificate. */
  | { readonly kind: "client-verdict" }
  /**
   * The Origin header of the request if it is one of these, else nothing. `https://*.example.com` is every origin with one
   * label there.
   */
  | { readonly kind: "origin-among"; readonly origins: readonly string[] }
  /** A header of the request, in lower case; empty when it has none. */
  | { readonly kind: "header"; readonly name: string };

/** A text that stands as it is, or one in parts; what a request does not have is empty. */
export type Text = string | readonly (string | Variable)[];
