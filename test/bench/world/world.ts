/** What a measured proxy serves, in the words of no proxy: hosts, their routes, the Services behind, and how they change. */

import { createHash, X509Certificate } from "node:crypto";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import type { Bystander } from "../measure/bystanders.ts";

export interface WorldShape {
  readonly hosts: number;
  readonly routesPerHost: number;
  /** The first half answers `a`, the other half `b`; routes are dealt out in turn. */
  readonly services: number;
  /** The first hosts have a certificate each. */
  readonly certificates: number;
  /** The name of the first host, for clients that cannot be told where a name leads. */
  readonly firstHost?: string;
}

export function formatShape({ hosts, routesPerHost }: WorldShape): string {
  return `${hosts.toLocaleString("en-US")} × ${routesPerHost.toLocaleString("en-US")}`;
}

export const changeKinds = ["route", "endpoint", "host", "certificate", "secure host"] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** One change, already made in the world, and by what a client sees that it is in force. */
export type Change =
  | { readonly kind: "route"; readonly route: number; readonly seen: Bystander }
  | { readonly kind: "endpoint"; readonly service: number; readonly seen: Bystander }
  | { readonly kind: "host"; readonly route: number; readonly seen: Bystander }
  | ({ readonly kind: "certificate"; readonly host: number } & ShownCertificate)
  /** A host with a certificate of its own. */
  | ({ readonly kind: "secure host"; readonly route: number } & ShownCertificate);

interface ShownCertificate {
  readonly serverName: string;
  readonly fingerprint: string;
}

/** Changes keep to the routes of one Service each, bystanders to those of others. */
const changed = { route: 7, endpoint: 8, host: 9 };
const watched = [20, 21, 22, 23, 24];
/** With fewer, changes and bystanders would meet. */
export const fewestServices = 30;

/** The ports of two servers on 127.0.0.1. */
export interface Backends {
  readonly a: number;
  readonly b: number;
  /** What the first answers; the second answers `b`. Default: `a`. */
  readonly bodyOfA?: string;
}

export class World {
  readonly shape: WorldShape;
  readonly #backends: Backends;
  /** By route; those behind the shape's are hosts that were added. */
  readonly #serviceOf: number[];
  readonly #isFlipped: boolean[];
  /** By host. */
  readonly #pairs: Map<number, SelfSigned>;

  constructor(shape: WorldShape, backends: Backends) {
    if (shape.services < fewestServices) throw new Error(`a world has ${fewestServices} Services`);
    this.shape = shape;
    this.#backends = backends;
    const routes = shape.hosts * shape.routesPerHost;
    this.#serviceOf = Array.from({ length: routes }, (_, route) => route % shape.services);
    this.#isFlipped = Array.from({ length: shape.services }, () => false);
    const certificates = Math.min(shape.certificates, shape.hosts);
    this.#pairs = new Map();
    for (let host = 0; host < certificates; host += 1) this.#renew(host);
  }

  /** How many routes there are now, those of added hosts included. */
  get routeCount(): number {
    return this.#serviceOf.length;
  }

  /** The hosts that have a certificate. */
  get secureHosts(): readonly number[] {
    return [...this.#pairs.keys()];
  }

  isSecure(host: number): boolean {
    return this.#pairs.has(host);
  }

  hostName(host: number): string {
    const { firstHost } = this.shape;
    return host === 0 && firstHost !== undefined ? firstHost : `h${host}.bench.test`;
  }

  hostOf(route: number): number {
    const { hosts, routesPerHost } = this.shape;
    const ofShape = hosts * routesPerHost;
    return route < ofShape ? Math.floor(route / routesPerHost) : hosts + (route - ofShape);
  }

  /** Whether its host came later, with this route alone. */
  isAdded(route: number): boolean {
    return route >= this.shape.hosts * this.shape.routesPerHost;
  }

  pathOf(route: number): string {
    const { routesPerHost } = this.shape;
    return routesPerHost === 1 || this.isAdded(route) ? "/" : `/r${route % routesPerHost}`;
  }

  serviceOf(route: number): number {
    return this.#serviceOf[route] ?? 0;
  }

  portOfService(service: number): number {
    const isFirstHalf = service < this.shape.services / 2;
    return isFirstHalf !== this.#isFlipped[service] ? this.#backends.a : this.#backends.b;
  }

  portOf(route: number): number {
    return this.portOfService(this.serviceOf(route));
  }

  pairOf(host: number): SelfSigned {
    const pair = this.#pairs.get(host);
    if (pair === undefined) throw new Error(`host ${host} has no certificate`);
    return pair;
  }

  /** What a client must be answered on a route now. */
  expected(route: number): Bystander {
    return {
      host: this.hostName(this.hostOf(route)),
      path: this.pathOf(route),
      body: this.portOf(route) === this.#backends.a ? (this.#backends.bodyOfA ?? "a") : "b",
    };
  }

  /** Routes that no change touches. */
  bystanders(): readonly Bystander[] {
    return watched.map((service) => this.expected(this.#routeNear(service, 3)));
  }

  /** Makes the next change of a kind here; the caller makes it there. */
  change(kind: ChangeKind, turn: number): Change {
    switch (kind) {
      case "route":
        return this.#changeRoute(turn);
      case "endpoint":
        return this.#flipEndpoint(turn);
      case "host":
        return { kind, ...this.#addHost() };
      case "secure host": {
        const { route } = this.#addHost();
        return { kind, route, ...this.#renew(this.hostOf(route)) };
      }
      case "certificate": {
        const host = (turn * 7) % Math.min(this.shape.certificates, this.shape.hosts);
        return { kind, host, ...this.#renew(host) };
      }
    }
  }

  /** Takes the hosts away that were added; returns their routes. */
  removeAdded(): readonly number[] {
    const ofShape = this.shape.hosts * this.shape.routesPerHost;
    const added = this.#serviceOf.splice(ofShape);
    for (const host of this.secureHosts) if (host >= this.shape.hosts) this.#pairs.delete(host);
    return added.map((_, index) => ofShape + index);
  }

  /** To a Service that other routes use as well, of the half that answers otherwise. */
  #changeRoute(turn: number): Change {
    const { services } = this.shape;
    const route = this.#routeNear(changed.route, turn);
    const other = (changed.route + Math.floor(services / 2)) % services;
    this.#serviceOf[route] = this.serviceOf(route) === changed.route ? other : changed.route;
    return { kind: "route", route, seen: this.expected(route) };
  }

  #flipEndpoint(turn: number): Change {
    const service = changed.endpoint;
    this.#isFlipped[service] = this.#isFlipped[service] !== true;
    return { kind: "endpoint", service, seen: this.expected(this.#routeNear(service, turn)) };
  }

  #addHost(): { readonly route: number; readonly seen: Bystander } {
    this.#serviceOf.push(changed.host);
    const route = this.routeCount - 1;
    return { route, seen: this.expected(route) };
  }

  #renew(host: number): ShownCertificate {
    const serverName = this.hostName(host);
    const pair = selfSigned([serverName]);
    this.#pairs.set(host, pair);
    return { serverName, fingerprint: fingerprintOf(pair) };
  }

  /** Some route that was dealt to this Service; another one each turn. */
  #routeNear(service: number, turn: number): number {
    const { hosts, routesPerHost, services } = this.shape;
    const dealt = Math.max(1, Math.floor((hosts * routesPerHost - service - 1) / services) + 1);
    return service + services * ((turn * 31) % dealt);
  }
}

/** As TLS clients show it. */
export function fingerprintOf({ certificate }: SelfSigned): string {
  const { raw } = new X509Certificate(certificate);
  const digest = createHash("sha256").update(raw).digest("hex").toUpperCase();
  return digest.match(/../g)?.join(":") ?? "";
}
