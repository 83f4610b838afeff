/**
 * The gateway as a whole: fragments in, virtual hosts and certificate groups out, kept up by change.
 *
 * A host has a virtual host when a rule claims it or a certificate names it:
 *
 *   rules for a.example.com         → its own routes, then the fallback
 *   only a certificate for it       → the routes of the host that would take it otherwise, under its own certificate
 *   neither                         → the virtual host of a wildcard, or of every host
 *
 * An answer to a certificate authority claims nothing: it stands before the routes that its host has anyway.
 */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey, type KeyListener } from "#base/tracked/index-by-key.ts";
import { Memo } from "#base/tracked/memo.ts";
import {
  type CertificateChoice,
  type CertificateClaim,
  chooseCertificate,
  type KeyTypeFor,
} from "./certificate-choice.ts";
import {
  type CertificateUse,
  type ChosenCertificate,
  compareSeniority,
  type Fragment,
  groupName,
  type Seniority,
} from "./fragment.ts";
import { coveringHosts, formatHost, hostFromText, serverNameHosts } from "./host.ts";
import { type Contribution, type MergedRoutes, mergeRoutes } from "./merge.ts";
import { compareRoutes } from "./order.ts";
import { formatOwnPort } from "./own-port.ts";
import { PortClaims } from "./port-claims.ts";
import type { Route } from "./route.ts";
import { answeredHost, routeOfAnswer, type SolverAnswer } from "./solver-route.ts";
import type { Passthrough } from "./stream.ts";
import { type CertificateGroup, groupSecrets, type VirtualHost } from "./virtual-host.ts";

/** The origin of answers that no object decides. */
export const unclaimed: Origin = { kind: "Gate", namespace: "", name: "unclaimed", path: "" };

/** The group of hosts whose Secret is missing or broken: their handshakes are refused. */
export const refusedGroup = "refused";

export interface GatewayListeners {
  /** Hosts (`formatHost`) that get or lose a virtual host. */
  readonly hosts: KeyListener;
  /** Server names (`formatHost`) that get or lose a certificate. */
  readonly serverNames: KeyListener;
  /** Hosts (`formatHost`) whose handshakes somebody wants passed on, or nobody any more. Default: nobody is told. */
  readonly passthroughs?: KeyListener;
  /** Ports of their own (`formatOwnPort`) that somebody wants, or nobody any more. Default: nobody is told. */
  readonly ports?: KeyListener;
}

/** What is known of the certificates that objects name. Tracked. */
export interface CertificateView {
  /** Whether handshakes can be answered so now. */
  readonly isUsable: (use: CertificateUse) => boolean;
  readonly keyTypeFor: KeyTypeFor;
}

interface Fallback {
  readonly seniority: Seniority;
  readonly route: Route;
}

const onlyKey = "only";

export class Gateway {
  /** Ports beside those for HTTP and HTTPS. */
  readonly ownPorts: PortClaims;
  readonly #hosts: IndexByKey<true>;
  readonly #rules: IndexByKey<Contribution>;
  readonly #certificates: IndexByKey<CertificateClaim>;
  readonly #fallbacks: IndexByKey<Fallback>;
  readonly #passthroughs: IndexByKey<true>;
  readonly #answers: IndexByKey<SolverAnswer>;
  readonly #answerOf = new Map<string, SolverAnswer>();
  readonly #fragments = new Map<string, Fragment>();
  readonly #merged: Memo<MergedRoutes | undefined>;
  readonly #choices: Memo<CertificateChoice | undefined>;
  readonly #view: CertificateView;

  constructor(graph: Graph, listeners: GatewayListeners, view: CertificateView) {
    this.#hosts = new IndexByKey(graph, listeners.hosts);
    this.#rules = new IndexByKey(graph);
    this.#certificates = new IndexByKey(graph, listeners.serverNames);
    this.#fallbacks = new IndexByKey(graph);
    this.#passthroughs = new IndexByKey(graph, listeners.passthroughs);
    this.#answers = new IndexByKey(graph);
    this.ownPorts = new PortClaims(graph, listeners.ports);
    this.#view = view;
    const onBug = (): undefined => undefined;
    this.#merged = new Memo(graph, (host) => mergeClaims(this.#rules.get(host)), { onBug });
    this.#choices = new Memo(graph, (host) => this.#chooseCertificate(host), { onBug });
    this.#hosts.set("*", "always", true);
  }

  /** Takes the fragment of an object, in place of its former one. */
  setFragment(key: string, fragment: Fragment): void {
    const before = this.#fragments.get(key);
    this.#fragments.set(key, fragment);
    this.#addFragment(key, fragment);
    this.ownPorts.replace(key, before, fragment);
    if (before !== undefined) this.#dropFragment(key, before, fragment);
  }

  removeFragment(key: string): void {
    const before = this.#fragments.get(key);
    if (before === undefined) return;
    this.#fragments.delete(key);
    this.ownPorts.replace(key, before, undefined);
    this.#dropFragment(key, before, undefined);
  }

  /** An object (`formatKey`) has this answer given to a certificate authority, or none any more. */
  setAnswer(key: string, answer: SolverAnswer | undefined): void {
    const before = this.#answerOf.get(key);
    if (answer !== undefined) {
      const host = formatHost(answeredHost(answer));
      this.#answerOf.set(key, answer);
      this.#answers.set(host, key, answer);
      this.#hosts.set(host, `answer ${key}`, true);
    }
    if (before === undefined) return;
    const host = formatHost(answeredHost(before));
    if (answer !== undefined && formatHost(answeredHost(answer)) === host) return;
    if (answer === undefined) this.#answerOf.delete(key);
    this.#answers.delete(host, key);
    this.#hosts.delete(host, `answer ${key}`);
  }

  /** All answers that are given to certificate authorities now. */
  answers(): readonly SolverAnswer[] {
    return [...this.#answerOf.values()];
  }

  /** Tracked. What answers for a host that has a virtual host. */
  virtualHost(host: string): VirtualHost {
    const own = this.#merged.get(host);
    const merged = own ?? this.#coveringRules(host);
    const origin = merged?.origin ?? unclaimed;
    const routes = merged?.routes ?? [];
    const last = routes.at(-1)?.match;
    const takesAll = last?.kind === "prefix" && last.path === "/";
    const use = this.#useOf(host);
    const answers = [...this.#answers.get(host).values()].map(routeOfAnswer).sort(compareRoutes);
    return {
      host: hostFromText(host),
      routes: [...answers, ...routes, ...(takesAll ? [] : [this.#lastRoute(origin)])],
      ...(use === undefined ? {} : { certificateGroup: groupName(use) }),
      ...(use?.clients === undefined ? {} : { clients: use.clients }),
      ...(merged?.ports === undefined ? {} : { ports: merged.ports }),
      origin,
      findings: own?.findings ?? [],
    };
  }

  /** How many hosts the object behind a fragment wants. */
  hostsOf(key: string): number {
    return this.#fragments.get(key)?.rules.length ?? 0;
  }

  /** Hosts that objects claim by rules now, sorted. */
  claimedHosts(): readonly string[] {
    return [...this.#rules.keys()].sort();
  }

  /** Server names that objects name certificates for now, sorted. */
  serverNames(): readonly string[] {
    return [...this.#certificates.keys()].sort();
  }

  /** Tracked. The host (`formatHost`) that takes requests for a name in lower case, without port and trailing dot. */
  hostFor(name: string): string {
    const candidates = [
      { kind: "exact", name } as const,
      ...coveringHosts({ kind: "exact", name }),
    ];
    const found = candidates.find((candidate) => this.#hosts.get(formatHost(candidate)).size > 0);
    return found === undefined ? "*" : formatHost(found);
  }

  /** Tracked. The server name named by an object under which a handshake for a name is answered; undefined: refused as unknown. */
  serverNameFor(name: string): string | undefined {
    return serverNameHosts({ kind: "exact", name })
      .map(formatHost)
      .find((candidate) => this.#choices.get(candidate) !== undefined);
  }

  /** Tracked. To whom handshakes for a host (`formatHost`) are passed on unopened; undefined: they are not. */
  passthroughOf(host: string): Passthrough | undefined {
    const merged = this.#merged.get(host);
    if (merged?.passthrough === undefined) return undefined;
    return { stream: merged.passthrough, origin: merged.origin };
  }

  /** Tracked. The same for a server name that may be taken by a wildcard. */
  passthroughFor(name: string): Passthrough | undefined {
    for (const candidate of serverNameHosts({ kind: "exact", name }).map(formatHost)) {
      const found = this.passthroughOf(candidate);
      if (found !== undefined) return found;
      if (this.#choices.get(candidate) !== undefined) return undefined;
    }
    return undefined;
  }

  /** Tracked. The hosts (`formatHost`) among these whose requests are taken at a port of its own, sorted. */
  hostsAt(port: string, hosts: readonly string[]): readonly string[] {
    const isThere = (host: string): boolean =>
      this.#merged.get(host)?.ports?.some((one) => formatOwnPort(one) === port) === true;
    return hosts.filter(isThere).sort();
  }

  /** Tracked. The certificate chosen for a server name that objects name themselves. */
  certificateOf(serverName: string): CertificateChoice | undefined {
    return this.#choices.get(serverName);
  }

  /** Tracked. The group that a server name named by an object belongs to. */
  groupOfServerName(serverName: string): string {
    const choice = this.#choices.get(serverName);
    return choice !== undefined && this.#view.isUsable(choice.use)
      ? groupName(choice.use)
      : refusedGroup;
  }

  /** Tracked. The group whose connections may carry requests for a host; undefined when none may. */
  groupOf(host: string): string | undefined {
    const use = this.#useOf(host);
    return use === undefined ? undefined : groupName(use);
  }

  /** Tracked. The group of a host, with it alone in it; that of refused handshakes when none may carry it. */
  groupFor(host: string): CertificateGroup {
    const use = this.#useOf(host);
    const hosts = [hostFromText(host)];
    if (use === undefined) return { name: refusedGroup, hosts };
    const clients = use.clients === undefined ? {} : { clients: use.clients };
    return { name: groupName(use), hosts, ...groupSecrets(use), ...clients };
  }

  /** Tracked. How handshakes for a host are answered; undefined when they are refused, or passed on. */
  #useOf(host: string): ChosenCertificate | undefined {
    // Who comes over the connection of another host has not met who answers for this one.
    if (this.passthroughOf(host) !== undefined) return undefined;
    for (const candidate of serverNameHosts(hostFromText(host))) {
      const use = this.#choices.get(formatHost(candidate))?.use;
      if (use !== undefined) return this.#view.isUsable(use) ? use : undefined;
    }
    return undefined;
  }

  /** Tracked. Younger fallbacks that lose to the oldest. */
  fallbackFindings(): readonly Finding[] {
    const [winner, ...others] = this.#fallbacksBySeniority();
    if (winner === undefined) return [];
    return others.map(({ route }) => ({
      severity: "warning",
      reason: "FallbackConflict",
      origin: route.origin,
      message: `requests that no rule takes go to the default backend of ${winner.seniority.namespace}/${winner.seniority.name}, which is older`,
      advice: "keep one default backend",
    }));
  }

  /** On a host that is one object's alone, the certificates that others name for it do not count. */
  #chooseCertificate(host: string): CertificateChoice | undefined {
    const claims = [...this.#certificates.get(host).values()];
    const owner = this.#merged.get(host)?.owner;
    return chooseCertificate(
      owner === undefined
        ? claims
        : claims.filter(({ seniority }) => compareSeniority(seniority, owner) === 0),
      this.#view.keyTypeFor,
    );
  }

  #addFragment(key: string, fragment: Fragment): void {
    for (const [host, contribution] of contributionsOf(fragment)) {
      this.#rules.set(host, key, contribution);
      this.#hosts.set(host, `rule ${key}`, true);
      if (contribution.passthrough === undefined) this.#passthroughs.delete(host, key);
      else this.#passthroughs.set(host, key, true);
    }
    for (const [position, use] of fragment.certificates.entries()) {
      const member = memberOf(key, use);
      this.#certificates.set(formatHost(use.host), member, {
        seniority: fragment.seniority,
        position,
        use,
      });
      this.#hosts.set(formatHost(use.host), member, true);
    }
    if (fragment.fallback !== undefined) {
      this.#fallbacks.set(onlyKey, key, {
        seniority: fragment.seniority,
        route: fragment.fallback,
      });
    }
  }

  #dropFragment(key: string, before: Fragment, now: Fragment | undefined): void {
    const rules = now === undefined ? new Map() : contributionsOf(now);
    for (const host of contributionsOf(before).keys()) {
      if (rules.has(host)) continue;
      this.#rules.delete(host, key);
      this.#hosts.delete(host, `rule ${key}`);
      this.#passthroughs.delete(host, key);
    }
    const kept = new Set(
      (now?.certificates ?? []).map((use) => `${formatHost(use.host)} ${memberOf(key, use)}`),
    );
    for (const use of before.certificates) {
      const host = formatHost(use.host);
      const member = memberOf(key, use);
      if (kept.has(`${host} ${member}`)) continue;
      this.#certificates.delete(host, member);
      this.#hosts.delete(host, member);
    }
    if (before.fallback !== undefined && now?.fallback === undefined)
      this.#fallbacks.delete(onlyKey, key);
  }

  #coveringRules(host: string): MergedRoutes | undefined {
    for (const candidate of coveringHosts(hostFromText(host))) {
      const merged = this.#merged.get(formatHost(candidate));
      if (merged !== undefined) return merged;
    }
    return undefined;
  }

  #lastRoute(origin: Origin): Route {
    const [oldest] = this.#fallbacksBySeniority();
    return (
      oldest?.route ?? {
        match: { kind: "prefix", path: "/" },
        action: { kind: "respond", status: 404 },
        origin,
      }
    );
  }

  #fallbacksBySeniority(): readonly Fallback[] {
    return [...this.#fallbacks.get(onlyKey).values()].sort((a, b) =>
      compareSeniority(a.seniority, b.seniority),
    );
  }
}

function mergeClaims(claims: ReadonlyMap<string, Contribution>): MergedRoutes | undefined {
  return claims.size === 0 ? undefined : mergeRoutes(claims.values());
}

/** An object's rules by host; several rules for one host count as one, in their order. */
function contributionsOf(fragment: Fragment): Map<string, Contribution> {
  const byHost = new Map<string, Contribution>();
  for (const { host, ownership, routes, origin, ...rules } of fragment.rules) {
    const text = formatHost(host);
    const before = byHost.get(text);
    const passthrough = before?.passthrough ?? rules.passthrough;
    const ports = before?.ports ?? rules.ports;
    byHost.set(text, {
      seniority: fragment.seniority,
      ownership: before?.ownership ?? ownership,
      routes: before === undefined ? routes : [...before.routes, ...routes],
      origin: before?.origin ?? origin,
      ...(passthrough === undefined ? {} : { passthrough }),
      ...(ports === undefined ? {} : { ports }),
    });
  }
  return byHost;
}

/** One object may name a server name several times: each place counts for itself. */
function memberOf(key: string, use: CertificateUse): string {
  return `certificate ${key} ${use.origin.path}`;
}
