/** What a request must show before a route takes it. Secrets are named, never part of it. */

import { contentHash } from "#base/content-hash.ts";
import type { Origin } from "#base/origin.ts";
import { unreachable } from "#base/unreachable.ts";
import { type Backend, backendName } from "./backend.ts";
import type { ReadLimit } from "./rate-limit.ts";

/** A Secret, by its name. */
interface NamedSecret {
  readonly namespace: string;
  readonly name: string;
}

/** One entry of a Secret. */
export interface SecretEntry extends NamedSecret {
  readonly key: string;
}

interface Judged {
  /** What answers while it cannot be judged: what it needs is missing, broken or does not answer. */
  readonly failureStatus: 500 | 503;
  readonly origin: Origin;
}

/** Name and password (RFC 7617). */
export interface BasicProtection extends Judged {
  readonly kind: "basic";
  /** May be empty. */
  readonly realm: string;
  /** A password file as htpasswd(1) writes it. */
  readonly passwords: SecretEntry;
}

/** A key that only the client knows. */
export interface ApiKeyProtection extends Judged {
  readonly kind: "api-key";
  /** Where the key may be; the first that has one counts. */
  readonly places: readonly { readonly in: "header" | "query"; readonly name: string }[];
  /** Its entries: client id → key. */
  readonly keys: NamedSecret;
}

/** How a service that has a say in who may pass is spoken to. */
export interface ServiceTls {
  /** Whether its certificate must be signed by somebody who is trusted, and be for `serverName`. */
  readonly verify: boolean;
  /** Who is trusted, as PEM. Default: whom the system trusts. */
  readonly trusted?: SecretEntry;
  /** Default: the host that is asked. */
  readonly serverName?: string;
}

/** Another service decides: asked by GET with the client's headers; 2xx lets the request pass, 401 and 403 do not. */
export interface ExternalProtection extends Judged {
  readonly kind: "external-request";
  readonly backend: Backend;
  /** Over TLS. Default: in clear. */
  readonly tls?: ServiceTls;
  /** The Host header it is asked with. */
  readonly host: string;
  /** With query. */
  readonly path: string;
  /** Headers of its answer for the backend; those that it does not send are taken from the client's request. */
  readonly upstreamHeaders: readonly string[];
  /** Where a browser is sent instead of 401. */
  readonly signIn?: string;
  /** Pages on which users sign in, below that path, open to everybody: the dialect makes routes of them. Default: none. */
  readonly pages?: { readonly path: string; readonly backend: Backend };
  readonly timeoutMs: number;
}

/** A signed token (RFC 7519). */
export interface JwtProtection extends Judged {
  readonly kind: "jwt";
  /** Named in the challenge. */
  readonly realm: string;
  /** The keys of whom one must have signed it, as a JSON Web Key Set. */
  readonly keys: SecretEntry | PublishedKeys;
  /** Where a request carries it. Default: behind `Bearer` in the Authorization header. */
  readonly place?: { readonly in: "header" | "cookie" | "query"; readonly name: string };
  /** Where a browser is sent instead of 401. */
  readonly signIn?: string;
}

/** Somebody who is asked over HTTP. */
export interface AskedServer {
  /** A Service here, or a name and a port somewhere else. */
  readonly server: Backend | { readonly name: string; readonly port: number };
  /** Over TLS. Default: in clear. */
  readonly tls?: ServiceTls;
  /** The Host header it is asked with. */
  readonly host: string;
  /** With query. */
  readonly path: string;
}

/** Keys that are asked for where they are published. */
export interface PublishedKeys extends AskedServer {
  readonly keepMs: number;
}

/** Users who signed in at an OpenID Connect provider. Paths of its own are answered wherever they are asked for. */
export interface OidcProtection extends Judged {
  readonly kind: "oidc";
  /** Where users sign in: a URL. */
  readonly authEndpoint: string;
  /** Where a code is exchanged for tokens. */
  readonly token: AskedServer;
  readonly keys: PublishedKeys;
  readonly clientId: string;
  /** Default: a client without a secret. */
  readonly clientSecret?: SecretEntry;
  /** With blanks between the parts. */
  readonly scope: string;
  /** More arguments for `authEndpoint`: `name=value`. */
  readonly arguments: readonly string[];
  /** Whether it is proved that who brings a code asked for it (RFC 7636). */
  readonly pkce: boolean;
  /** Whether the backend gets the access token. */
  readonly passesToken: boolean;
  /** Where users come back. */
  readonly redirectPath: string;
  /** Where the session at the provider ends: a URL. */
  readonly endSession?: string;
  /** Where users are after that: a URL, or a path. */
  readonly afterLogout: string;
}

/**
 * How often requests may come that are told apart by what must be looked into: a token, a key, a cookie. It stands before
 * what asks for tokens and keys, so who shows none that is good is counted, too: what they say is empty then.
 */
export interface RateProtection extends Judged {
  readonly kind: "rate";
  /** All of them must have room for a request; at least one. None is a dry run. */
  readonly limits: readonly Omit<ReadLimit, "dryRun">[];
  /** What requests without room get. */
  readonly status: number;
  /** For whom it counts: routes of one text with equal limits share them. */
  readonly countedFor: string;
  /** Where tokens are, and whose are believed; `unsigned`: every bearer of one. Absent: none are read. */
  readonly tokens?: JwtProtection | "unsigned";
  /** Where keys are, and whose they are. Absent: none are read. */
  readonly keys?: ApiKeyProtection;
}

export type Protection =
  | RateProtection
  | BasicProtection
  | ApiKeyProtection
  | ExternalProtection
  | JwtProtection
  | OidcProtection;

/** What a route may be protected by. */
export interface Protected {
  /** All must let a request pass; the first that does not answers. Default: everybody passes. */
  readonly protections?: readonly Protection[];
}

/** Names a protection by what it asks for: two that ask for the same are one, whoever wants them. */
export function protectionName(protection: Protection): string {
  const { kind, failureStatus } = protection;
  return `${kind}/${contentHash(...wants(protection), String(failureStatus)).slice(0, 24)}`;
}

function wants(protection: Protection): readonly string[] {
  switch (protection.kind) {
    case "rate": {
      const { kind, failureStatus, origin, tokens, keys, ...counted } = protection;
      return [
        JSON.stringify(counted),
        typeof tokens === "object" ? protectionName(tokens) : (tokens ?? ""),
        keys === undefined ? "" : protectionName(keys),
      ];
    }
    case "basic":
      return [protection.realm, ...entryTexts(protection.passwords)];
    case "api-key": {
      const { places, keys } = protection;
      const where = places.flatMap((place) => [place.in, place.name]);
      return [keys.namespace, keys.name, ...where];
    }
    case "external-request": {
      const { backend, host, path, signIn = "", timeoutMs, upstreamHeaders, tls } = protection;
      return [
        ...[backendName(backend), host, path, signIn, String(timeoutMs)],
        ...[String(upstreamHeaders.length), ...upstreamHeaders, ...tlsTexts(tls)],
      ];
    }
    case "jwt": {
      const { realm, keys, place, signIn = "" } = protection;
      const where = place === undefined ? ["bearer", ""] : [place.in, place.name];
      return [realm, signIn, ...where, ...keyTexts(keys)];
    }
    case "oidc": {
      const { kind, failureStatus, origin, token, keys, clientSecret, ...asked } = protection;
      return [
        ...[JSON.stringify(asked), ...serverTexts(token), ...keyTexts(keys)],
        ...entryTexts(clientSecret),
      ];
    }
    default:
      return unreachable(protection);
  }
}

function tlsTexts(tls: ServiceTls | undefined): readonly string[] {
  if (tls === undefined) return [];
  return [String(tls.verify), tls.serverName ?? "", ...entryTexts(tls.trusted)];
}

function keyTexts(keys: JwtProtection["keys"]): readonly string[] {
  if ("key" in keys) return entryTexts(keys);
  return [String(keys.keepMs), ...serverTexts(keys)];
}

function serverTexts({ server, host, path, tls }: AskedServer): readonly string[] {
  const where = "name" in server ? `${server.name}:${server.port}` : backendName(server);
  return [where, host, path, ...tlsTexts(tls)];
}

function entryTexts(entry: SecretEntry | undefined): readonly string[] {
  return entry === undefined ? [] : [entry.namespace, entry.name, entry.key];
}
