/** Why a request is answered as it is: each decision with the object, field and line that made it. */

import type { Place } from "#base/origin.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import type { ListenerPorts } from "#envoy/listeners/layout.ts";
import type { Backend } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { formatClientCertificates } from "#model/client-certificate.ts";
import { formatClientRule } from "#model/client-rule.ts";
import { formatCondition } from "#model/condition.ts";
import { secretNames } from "#model/fragment.ts";
import { type Gateway, refusedGroup, unclaimed } from "#model/gateway.ts";
import { normaliseHost, normalisePath, routesFor } from "#model/lookup.ts";
import { formatOwnPort } from "#model/own-port.ts";
import type { PathMatch, Route } from "#model/route.ts";
import type { Passthrough, Stream } from "#model/stream.ts";

export interface Step {
  /** `listener`, `certificate`, `host`, `route`, `guard`, `cluster`, `endpoints`, `next`. */
  readonly step: string;
  readonly text: string;
  /** `Ingress/default/cafe spec.rules[0]`; absent when no object decided. */
  readonly origin?: string;
  readonly place?: Place;
}

export interface Explanation {
  readonly url: string;
  /** What the client gets: `forwarded`, a status such as `404`, for a handshake `refused` or `passed on`. */
  readonly answer: string;
  readonly steps: readonly Step[];
}

export interface ExplainInputs {
  readonly gateway: Gateway;
  /** Where the listeners are, when that is known. */
  readonly ports?: ListenerPorts;
  readonly locate: (origin: Origin) => Promise<Place | undefined>;
  /** The addresses that answer for a backend now, each with the pod behind it where that is known. */
  readonly endpointsOf: (backend: Backend) => Promise<readonly string[]>;
}

/** A request as a client sends it. */
export interface ExplainedRequest {
  readonly scheme: "http" | "https";
  /** Of the Host header, or `:authority`: its port does not matter. */
  readonly authority: string;
  readonly path: string;
  /** The name that the handshake asks for; empty: none. Default: the authority's, as clients do. */
  readonly serverName?: string;
}

/** The request that a client makes of a URL. */
export function requestOf(url: URL): ExplainedRequest {
  const scheme = url.protocol === "https:" ? "https" : "http";
  return { scheme, authority: url.host, path: `${url.pathname}${url.search}` };
}

/** Explains a GET; the scheme decides the listener. */
export async function explain(
  request: ExplainedRequest,
  inputs: ExplainInputs,
): Promise<Explanation> {
  const { scheme, authority } = request;
  const url = `${scheme}://${authority}${request.path}`;
  const name = normaliseHost(authority);
  const port = inputs.ports === undefined ? "" : ` on port ${inputs.ports[scheme]}`;
  const steps: Step[] = [{ step: "listener", text: `${scheme}${port}` }];
  const serverName = scheme === "http" ? undefined : normaliseHost(request.serverName ?? name);
  const passed = serverName && inputs.gateway.passthroughFor(serverName);
  if (passed) {
    await explainPassthrough(serverName, passed, inputs, steps);
    return { url, answer: "passed on", steps };
  }
  const shown = serverName === undefined ? undefined : await explainCertificate(serverName, inputs);
  if (shown !== undefined) {
    steps.push(shown.step);
    if (shown.group === refusedGroup) return { url, answer: "refused", steps };
  }
  const host = inputs.gateway.hostFor(name);
  const virtualHost = inputs.gateway.virtualHost(host);
  if (virtualHost.ports !== undefined) {
    const own = virtualHost.ports.map(formatOwnPort).join(", ");
    steps.push({
      step: "listener",
      text: `${host} is at ports of its own alone: ${own || "none"}`,
    });
  }
  steps.push(
    await located(
      "host",
      host === name ? host : `${name}, taken by ${host}`,
      virtualHost.origin,
      inputs,
    ),
  );
  if (shown !== undefined && shown.group !== virtualHost.certificateGroup) {
    const text = `connections for ${serverName === "" ? "no name" : serverName} may not carry this host: another certificate is named for it`;
    steps.push(await located("route", text, virtualHost.origin, inputs));
    return { url, answer: "421", steps };
  }
  const path = normalisePath(request.path);
  const facts = { method: "GET", scheme, target: targetOf(path, request.path), headers: {} };
  const [route, next] = routesFor(virtualHost.routes, facts);
  if (route === undefined) throw new Error(`host ${host} has no last route`);
  const answer = await explainRoute(route, path, inputs, steps);
  if (next !== undefined) steps.push(await located("next", describe(next), next.origin, inputs));
  return { url, answer, steps };
}

async function explainCertificate(
  name: string,
  inputs: ExplainInputs,
): Promise<{ readonly step: Step; readonly group: string }> {
  const serverName = inputs.gateway.serverNameFor(name);
  if (serverName === undefined) {
    const text = `no certificate is named for ${name || "no name"}: the handshake is refused`;
    return { step: { step: "certificate", text }, group: refusedGroup };
  }
  const choice = inputs.gateway.certificateOf(serverName);
  const group = inputs.gateway.groupOfServerName(serverName);
  const named = choice === undefined ? "" : secretNames(choice.use).join(" and ");
  const text =
    group === refusedGroup
      ? `Secret ${named} for ${serverName.replace("**", "*")} is missing or not usable: the handshake is refused`
      : `Secret ${named}, named for ${serverName.replace("**", "*")}`;
  return {
    step: await located("certificate", text, choice?.use.origin ?? unclaimed, inputs),
    group,
  };
}

async function explainPassthrough(
  serverName: string,
  { stream, origin }: Passthrough,
  inputs: ExplainInputs,
  steps: Step[],
): Promise<void> {
  const text = `handshakes for ${serverName} are passed on unopened`;
  steps.push(await located("host", text, origin, inputs));
  await explainStreamEnd(stream, inputs, steps);
}

/** To whom a stream leads. */
export async function explainStreamEnd(
  { backend }: Stream,
  inputs: ExplainInputs,
  steps: Step[],
): Promise<void> {
  steps.push({ step: "cluster", text: backendName(backend) });
  const answering = (await inputs.endpointsOf(backend)).join(", ");
  const loss = backend.protocol === "udp" ? "datagrams are dropped" : "connections are closed";
  const text = answering === "" ? `nobody is ready: ${loss}` : answering;
  steps.push({ step: "endpoints", text });
}

/** What a request must get past before the route answers it, in words. */
function guardsOf({
  clients,
  clientCertificates,
  protections = [],
  rateLimits,
}: Route): readonly string[] {
  return [
    ...(clientCertificates === undefined ? [] : [formatClientCertificates(clientCertificates)]),
    ...(rateLimits === undefined ? [] : [`limits of rate (${rateLimits.status})`]),
    ...(clients === undefined ? [] : [`addresses: ${formatClientRule(clients)}`]),
    ...protections.map(({ kind, origin }) => `${kind} of ${formatOrigin(origin)}`),
  ];
}

async function explainRoute(
  route: Route,
  path: string,
  inputs: ExplainInputs,
  steps: Step[],
): Promise<string> {
  steps.push(
    await located("route", `${path} is taken by ${describe(route)}`, route.origin, inputs),
  );
  const guards = guardsOf(route);
  if (guards.length > 0)
    steps.push({ step: "guard", text: `who may not pass is turned away: ${guards.join("; ")}` });
  if (route.action.kind !== "forward") return `${route.action.status}`;
  const { backend, unreachableStatus = 503 } = route.action;
  steps.push({ step: "cluster", text: backendName(backend) });
  const endpoints = await inputs.endpointsOf(backend);
  const text =
    endpoints.length === 0
      ? `nobody is ready: requests get ${unreachableStatus}`
      : endpoints.join(", ");
  steps.push({ step: "endpoints", text });
  return endpoints.length === 0 ? `${unreachableStatus}` : "forwarded";
}

function describe(route: Route): string {
  const { match, action, conditions = [], drawBelow } = route;
  const share = drawBelow === undefined ? [] : [`if its draw of a hundred is below ${drawBelow}`];
  const what = [describeMatch(match), ...conditions.map(formatCondition), ...share].join(", ");
  return action.kind === "forward"
    ? `${what}, to ${backendName(action.backend)}`
    : `${what}, answered ${action.status}`;
}

function describeMatch(match: PathMatch): string {
  if (match.kind === "regex") return `pattern ${match.pattern}`;
  return match.kind === "exact" ? `path ${match.path} exactly` : `prefix ${match.path}`;
}

/** The query stays as it was asked for. */
function targetOf(path: string, asked: string): string {
  const query = /\?[^#]*/.exec(asked)?.[0] ?? "";
  return `${path}${query}`;
}

/** A step that an object decided, with the place of that in its file. */
export async function located(
  step: string,
  text: string,
  origin: Origin,
  inputs: ExplainInputs,
): Promise<Step> {
  if (origin.kind === "Gate") return { step, text: `${text} (no object claims it)` };
  const place = await inputs.locate(origin);
  return { step, text, origin: formatOrigin(origin), ...(place === undefined ? {} : { place }) };
}
