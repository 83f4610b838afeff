/** Why a URL is answered as it is: each decision with the object, field and line that made it. */

import type { Place } from "#base/origin.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import type { Backend } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { secretName } from "#model/fragment.ts";
import { type Gateway, refusedGroup, unclaimed } from "#model/gateway.ts";
import { normaliseHost, normalisePath, routesFor } from "#model/lookup.ts";
import type { Route } from "#model/route.ts";

export interface Step {
  /** `listener`, `certificate`, `host`, `route`, `cluster`, `endpoints`, `next`. */
  readonly step: string;
  readonly text: string;
  /** `Ingress/default/cafe spec.rules[0]`; absent when no object decided. */
  readonly origin?: string;
  readonly place?: Place;
}

export interface Explanation {
  readonly url: string;
  /** What the client gets: `forwarded`, a status such as `404`, or `refused` for a handshake. */
  readonly answer: string;
  readonly steps: readonly Step[];
}

export interface ExplainInputs {
  readonly gateway: Gateway;
  readonly ports: { readonly http: number; readonly https: number };
  readonly locate: (origin: Origin) => Promise<Place | undefined>;
  /** The addresses that answer for a backend now, each with the pod behind it where that is known. */
  readonly endpointsOf: (backend: Backend) => Promise<readonly string[]>;
}

/** Explains a GET of `url`; its port does not matter, its scheme decides the listener. */
export async function explain(url: URL, inputs: ExplainInputs): Promise<Explanation> {
  const isTls = url.protocol === "https:";
  const name = normaliseHost(url.host);
  const steps: Step[] = [
    {
      step: "listener",
      text: isTls ? `https on port ${inputs.ports.https}` : `http on port ${inputs.ports.http}`,
    },
  ];
  if (isTls) {
    const certificate = await explainCertificate(name, inputs);
    steps.push(certificate.step);
    if (certificate.refused) return { url: url.href, answer: "refused", steps };
  }
  const host = inputs.gateway.hostFor(name);
  const virtualHost = inputs.gateway.virtualHost(host);
  steps.push(
    await located(
      "host",
      host === name ? host : `${name}, taken by ${host}`,
      virtualHost.origin,
      inputs,
    ),
  );
  const path = normalisePath(url.pathname);
  const [route, next] = routesFor(virtualHost.routes, path);
  if (route === undefined) throw new Error(`host ${host} has no last route`);
  const answer = await explainRoute(route, path, inputs, steps);
  if (next !== undefined) steps.push(await located("next", describe(next), next.origin, inputs));
  return { url: url.href, answer, steps };
}

async function explainCertificate(
  name: string,
  inputs: ExplainInputs,
): Promise<{ readonly step: Step; readonly refused: boolean }> {
  const serverName = inputs.gateway.serverNameFor(name);
  if (serverName === undefined) {
    const text = `no certificate is named for ${name}: the handshake is refused`;
    return { step: { step: "certificate", text }, refused: true };
  }
  const choice = inputs.gateway.certificateOf(serverName);
  const refused = inputs.gateway.groupOfServerName(serverName) === refusedGroup;
  const secret = choice === undefined ? "" : secretName(choice.use.secret);
  const text = refused
    ? `Secret ${secret} for ${serverName.replace("**", "*")} is missing or not usable: the handshake is refused`
    : `Secret ${secret}, named for ${serverName.replace("**", "*")}`;
  return {
    step: await located("certificate", text, choice?.use.origin ?? unclaimed, inputs),
    refused,
  };
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
  if (route.action.kind === "respond") return `${route.action.status}`;
  const { backend } = route.action;
  steps.push({ step: "cluster", text: backendName(backend) });
  const endpoints = await inputs.endpointsOf(backend);
  const text = endpoints.length === 0 ? "nobody is ready: requests get 503" : endpoints.join(", ");
  steps.push({ step: "endpoints", text });
  return endpoints.length === 0 ? "503" : "forwarded";
}

function describe(route: Route): string {
  const { match, action } = route;
  const what = match.kind === "exact" ? `path ${match.path} exactly` : `prefix ${match.path}`;
  return action.kind === "forward"
    ? `${what}, to ${backendName(action.backend)}`
    : `${what}, answered ${action.status}`;
}

async function located(
  step: string,
  text: string,
  origin: Origin,
  inputs: ExplainInputs,
): Promise<Step> {
  if (origin.kind === "Gate") return { step, text: `${text} (no object claims it)` };
  const place = await inputs.locate(origin);
  return { step, text, origin: formatOrigin(origin), ...(place === undefined ? {} : { place }) };
}
