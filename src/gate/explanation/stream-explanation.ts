/** Why a connection or datagram goes where it goes: who takes what comes at a port of its own. */

import { type ListenerPorts, openedPort } from "#envoy/listeners/layout.ts";
import type { StreamRule } from "#model/fragment.ts";
import type { Gateway } from "#model/gateway.ts";
import { formatHost, serverNameHosts } from "#model/host.ts";
import { normaliseHost } from "#model/lookup.ts";
import { formatOwnPort } from "#model/own-port.ts";
import type { ServedPort } from "#model/port-claims.ts";
import {
  type ExplainInputs,
  type Explanation,
  explainStreamEnd,
  located,
  type Step,
} from "./explanation.ts";

/** `tcp://ADDRESS:PORT`, `udp://ADDRESS:PORT`, or `tls://NAME:PORT` for a handshake. */
export function isStreamUrl({ protocol }: URL): boolean {
  return ["tcp:", "udp:", "tls:"].includes(protocol);
}

/** `serverName`: what the handshake asks for. Default: the URL's host. */
export async function explainStream(
  url: URL,
  inputs: ExplainInputs,
  serverName = url.hostname,
): Promise<Explanation> {
  const asked = url.href;
  const served = portOf(url, inputs.gateway, inputs.ports);
  if (served === undefined) {
    const step = { step: "listener", text: `no object asks for port ${url.port || "0"}` };
    return { url: asked, answer: "refused", steps: [step] };
  }
  const { port, rules } = served;
  const text = `${formatOwnPort(port)}, named ${port.name}`;
  const steps: Step[] = [{ step: "listener", text }];
  const rule = ruleFor(rules, url.protocol === "tls:" ? normaliseHost(serverName) : undefined);
  if (rule === undefined) {
    steps.push({ step: "host", text: `nobody takes ${describe(url, serverName)}` });
    return { url: asked, answer: "closed", steps };
  }
  steps.push(await located("host", whatIsTaken(rule), rule.origin, inputs));
  await explainStreamEnd(rule.stream, inputs, steps);
  return { url: asked, answer: "passed on", steps };
}

function portOf(
  { port, protocol }: URL,
  { ownPorts }: Gateway,
  ports?: ListenerPorts,
): ServedPort | undefined {
  const transport = protocol === "udp:" ? "udp" : "tcp";
  return ownPorts
    .ports()
    .flatMap((key) => ownPorts.served(key) ?? [])
    .find((served) => {
      const opened = ports === undefined ? served.port.port : openedPort(served.port, ports);
      return served.port.protocol === transport && `${opened}` === port;
    });
}

/** The most exact name first; who asks for none, or for one that nobody names, meets who takes what is left. */
function ruleFor(rules: readonly StreamRule[], serverName?: string): StreamRule | undefined {
  const names =
    serverName === undefined
      ? []
      : serverNameHosts({ kind: "exact", name: serverName }).map(formatHost);
  const named = names.flatMap(
    (name) => rules.find((rule) => rule.serverName && formatHost(rule.serverName) === name) ?? [],
  );
  return named[0] ?? rules.find((rule) => rule.serverName === undefined);
}

function whatIsTaken({ serverName, secret }: StreamRule): string {
  const name =
    serverName === undefined ? "everything" : formatHost(serverName).replace("**.", "*.");
  return secret === undefined ? name : `${name}; TLS ends here`;
}

function describe({ protocol }: URL, serverName: string): string {
  return protocol === "tls:" ? `handshakes for ${serverName}` : "what asks for no server name";
}
