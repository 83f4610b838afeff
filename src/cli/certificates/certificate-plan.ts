/** What certificates a set of objects would cause: their issuers, orders, challenges, DNS records, and which limits these meet. */

import { issuerKey, readIssuer } from "#certificates/acme/accounts/issuers.ts";
import { knownLimits } from "#certificates/acme/limits/known-limits.ts";
import { registeredDomain } from "#certificates/acme/limits/registered-domain.ts";
import type { BucketLimit } from "#certificates/acme/limits/token-bucket.ts";
import {
  chooseSolver,
  type NameToProve,
  prefersHandshakes,
} from "#certificates/solvers/solver-choice.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";

export interface PlannedCertificate {
  /** `namespace/name` */
  readonly certificate: string;
  /** The object that asks for it. */
  readonly by: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly challenges: readonly PlannedChallenge[];
  /** Of an ACME server: where it is ordered. */
  readonly server?: string;
  /** Why it would not be issued. */
  readonly problem?: string;
}

export interface PlannedChallenge {
  readonly name: string;
  /** `HTTP-01`, `TLS-ALPN-01`, `DNS-01` */
  readonly type: string;
  /** The DNS record that is created, and by whom. */
  readonly record?: { readonly name: string; readonly provider: string };
}

/** A limit of a server, and how much of it is needed. */
export interface MetLimit {
  readonly server: string;
  readonly what: string;
  readonly needed: number;
  readonly atOnce: number;
  /** How long the last one waits; absent: all can be had at once. */
  readonly lastAfterHours?: number;
}

export interface CertificatePlan {
  readonly certificates: readonly PlannedCertificate[];
  readonly limits: readonly MetLimit[];
}

/** What an object other than a Certificate asks for. */
export interface AskedFor {
  /** `Ingress shop/web` */
  readonly by: string;
  readonly namespace: string;
  readonly wanted: WantedCertificate;
}

interface Request {
  readonly name: string;
  readonly namespace: string;
  readonly by: string;
  readonly issuerRef: IssuerReference;
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The plan for Certificates among the objects, and for what others ask for besides. */
export function planCertificates(
  objects: readonly KubeObject[],
  asked: readonly AskedFor[],
): CertificatePlan {
  const byKey = new Map(objects.map((object) => [formatKey(keyOf(object)), object]));
  const own = objects.filter((one) => keyOf(one).kind === certificateKind.id).flatMap(ownRequest);
  const taken = new Set(own.map(idOf));
  const others = asked.map(requestOf).filter((one) => !taken.has(idOf(one)));
  const certificates = [...own, ...others].map((request) => plan(request, byKey));
  return { certificates, limits: limitsOf(certificates) };
}

function idOf({ namespace, name }: Request): string {
  return `${namespace}/${name}`;
}

function ownRequest(object: KubeObject): readonly Request[] {
  const spec = read(certificateKind, object).value?.spec;
  if (spec === undefined) return [];
  const { name, namespace, labels } = object.metadata;
  const { dnsNames = [], ipAddresses = [], issuerRef } = spec;
  const names = [...dnsNames, ...ipAddresses];
  return [{ name, namespace, labels, by: "itself", issuerRef, names }];
}

function requestOf({ by, namespace, wanted }: AskedFor): Request {
  const { name, hosts, issuer, labels } = wanted;
  return { name, namespace, by, labels, issuerRef: issuer, names: hosts };
}

function plan(request: Request, objects: ReadonlyMap<string, KubeObject>): PlannedCertificate {
  const { by, issuerRef, names, namespace } = request;
  const { name, kind = "Issuer" } = issuerRef;
  const about = { certificate: idOf(request), by, issuer: `${kind} ${name}`, names };
  const key = issuerKey(issuerRef, namespace);
  if (key === undefined) return { ...about, challenges: [] };
  const issuer = objects.get(formatKey(key));
  if (issuer === undefined) {
    const problem = `${about.issuer} is not among the manifests`;
    return { ...about, challenges: [], problem };
  }
  const { config } = readIssuer(issuer);
  if (config === undefined) return { ...about, challenges: [] };
  const { server, solvers = [] } = config;
  const inHandshakes = prefersHandshakes(issuer);
  const { labels } = request;
  const challenges = names.map((one) =>
    challengeFor({ name: one, offered, inHandshakes, labels }, solvers),
  );
  const unsolved = challenges.find(({ type }) => type === "none");
  return {
    ...{ ...about, challenges, server },
    ...(unsolved === undefined
      ? {}
      : { problem: `no solver of ${about.issuer} proves ${unsolved.name}` }),
  };
}

/** Every server offers these. */
const offered = ["http-01", "tls-alpn-01", "dns-01"];

function challengeFor(
  wanted: NameToProve,
  solvers: Parameters<typeof chooseSolver>[0],
): PlannedChallenge {
  const { name } = wanted;
  const chosen = chooseSolver(solvers, wanted);
  if (chosen === undefined) return { name, type: "none" };
  const { type, solver } = chosen;
  if (type !== "dns-01") return { name, type: type.toUpperCase() };
  const { cnameStrategy: _, nameservers: __, ...providers } = solver.dns01 ?? {};
  const provider = Object.keys(providers)[0] ?? "";
  const record = `_acme-challenge.${name.replace(/^\*\./, "")}`;
  return { name, type: "DNS-01", record: { name: record, provider } };
}

function limitsOf(certificates: readonly PlannedCertificate[]): readonly MetLimit[] {
  const servers = new Set(certificates.flatMap(({ server }) => server ?? []));
  return [...servers].sort().flatMap((server) => {
    const mine = certificates.filter((one) => one.server === server);
    const { orders, domain } = knownLimits(server);
    const domains = mine.flatMap(({ names }) => [...new Set(names.map(registeredDomain))]);
    return [
      ...(orders === undefined ? [] : [meet(server, "orders of an account", mine.length, orders)]),
      ...(domain === undefined
        ? []
        : [...new Set(domains)].sort().map((one) => {
            const needed = domains.filter((other) => other === one).length;
            return meet(server, `certificates for ${one}`, needed, domain);
          })),
    ];
  });
}

function meet(
  server: string,
  what: string,
  needed: number,
  { count, refillMs }: BucketLimit,
): MetLimit {
  const late = needed - count;
  const hours = Math.ceil((late * refillMs) / 3_600_000);
  return { server, what, needed, atOnce: count, ...(late > 0 ? { lastAfterHours: hours } : {}) };
}
