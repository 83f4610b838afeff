/** What one object contributes to the model. */

import { compareInTurn, compareText } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { type ClientCertificates, clientCertificatesName } from "./client-certificate.ts";
import type { Host } from "./host.ts";
import type { OwnPort } from "./own-port.ts";
import type { Route } from "./route.ts";
import type { Stream } from "./stream.ts";
import type { WantedCertificate } from "./wanted-certificate.ts";
import type { WantedRecord } from "./wanted-record.ts";

export interface Fragment {
  readonly seniority: Seniority;
  /** False when the object is another controller's: it then contributes nothing and gets no status. */
  readonly claimed: boolean;
  readonly rules: readonly HostRules[];
  readonly certificates: readonly CertificateUse[];
  /** What it takes on ports of their own. Default: nothing. */
  readonly streams?: readonly StreamRule[];
  /** Takes the requests that no route of any host takes. */
  readonly fallback?: Route;
  /** The object among whose routes this one's are served: `KIND/NAMESPACE/NAME`. Absent: there is none, or it serves its own. */
  readonly servedBy?: string;
  /** What its status says of where it is reached. Default: where the gate is. */
  readonly reachedAt?: ReachedAt;
  /** Absent: it asks for none. `as-before`: it cannot be told now which, and what was made before stays. */
  readonly wantedCertificates?: readonly WantedCertificate[] | "as-before";
  /** Absent: none is wanted. `as-before`: it cannot be told now which, and what was asked for before stays. */
  readonly wantedRecord?: WantedRecord | "as-before";
  readonly findings: readonly Finding[];
}

/** An IP address, or the name of a host. */
export type ReachedAt = { readonly ip: string } | { readonly hostname: string };

/** What an object wants for one host. The host is claimed even when no route is left: its other paths are then 404. */
export interface HostRules {
  readonly host: Host;
  /**
   * `shared`: routes of other objects may stand among these, in the order of `order.ts`.
   * `whole`: the host is this object's alone, and its routes are tried in the order given.
   */
  readonly ownership: "shared" | "whole";
  readonly routes: readonly Route[];
  /** Handshakes for the host are passed on unopened; the host must be whole. Default: they are answered here. */
  readonly passthrough?: Stream;
  /** Requests are taken at these alone, by HTTP and HTTPS; the host must be whole. Default: at the gate's own ports. */
  readonly ports?: readonly OwnPort[];
  readonly origin: Origin;
}

/** What takes connections or datagrams of a port of its own. */
export interface StreamRule {
  readonly port: OwnPort;
  /** Handshakes that ask for this name. Default: whatever no other rule of the port takes. */
  readonly serverName?: Host;
  /** TLS ends here, answered with this Secret. Default: what comes is passed on as it is. */
  readonly secret?: SecretRef;
  readonly stream: Stream;
  readonly origin: Origin;
}

/** Which Secret a host's handshakes are answered with. */
export interface CertificateUse {
  readonly host: Host;
  readonly secret: SecretRef;
  /** Default: clients are asked for none. */
  readonly clients?: ClientCertificates;
  readonly origin: Origin;
}

/** How handshakes are answered where a choice was made among what objects name. */
export interface ChosenCertificate extends CertificateUse {
  /** The other one of an RSA and an ECDSA certificate: clients get the one that they can use. */
  readonly partner?: SecretRef;
}

export interface SecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** `default/cafe-tls`: the name under which a Secret is served to Envoy. */
export function secretName(ref: SecretRef): string {
  return `${ref.namespace}/${ref.name}`;
}

/** The names of those that answer, the one first that would answer alone. */
export function secretNames({
  secret,
  partner,
}: Pick<ChosenCertificate, "secret" | "partner">): readonly string[] {
  return [secret, ...(partner === undefined ? [] : [partner])].map(secretName);
}

/**
 * Names the certificate group of a use: `default/cafe-tls`, with its partner and what clients are asked for behind it. Hosts of
 * one group may be asked for over one connection.
 */
export function groupName({ clients, ...use }: ChosenCertificate): string {
  const name = secretNames(use).join("+");
  return clients === undefined ? name : `${name}+clients=${clientCertificatesName(clients)}`;
}

/** Who wins where objects compete: the oldest, then by kind, namespace and name. */
export interface Seniority {
  readonly creationTimestamp: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const compareSeniority = compareInTurn<Seniority>(
  (a, b) => compareText(a.creationTimestamp, b.creationTimestamp),
  (a, b) => compareText(a.kind, b.kind),
  (a, b) => compareText(a.namespace, b.namespace),
  (a, b) => compareText(a.name, b.name),
);
