/** What can be asked for at a gate: the URLs of its hosts, and one request to begin with. */

import { openedPort } from "#envoy/listeners/layout.ts";
import type { Gateway } from "#model/gateway.ts";
import { formatHost } from "#model/host.ts";
import type { Ports } from "./ports.ts";
import { literalOf } from "./reachable-address.ts";

export interface GatePlace {
  readonly ports: Ports;
  /** Where this machine reaches the gate. */
  readonly address: string;
}

/** A URL for each host and scheme, and for each port of its own; who takes every name is shown by the address. */
export function servedUrls(gateway: Gateway, place: GatePlace): readonly string[] {
  const { ports, address } = place;
  const ofHosts = servedHosts(gateway).flatMap((host) => {
    const name = nameOf(host, address);
    const own = gateway.virtualHost(host).ports;
    if (own !== undefined)
      return own.map((port) => `${port.protocol}://${name}:${openedPort(port, ports)}`);
    const plain = `http://${name}${portText(ports.http, 80)}`;
    const secure = `https://${name}${portText(ports.https, 443)}`;
    if (gateway.passthroughOf(host) !== undefined) return [secure];
    return gateway.groupOf(host) === undefined ? [plain] : [secure, plain];
  });
  return [...ofHosts, ...ownPortUrls(gateway, place)];
}

/** `tcp://127.0.0.1:5353`, or `tls://db.example.com:5353` where a server name is asked for. */
function ownPortUrls({ ownPorts }: Gateway, { ports, address }: GatePlace): readonly string[] {
  return ownPorts.ports().flatMap((key) => {
    const { port, rules = [] } = ownPorts.served(key) ?? {};
    if (port === undefined) return [];
    const opened = openedPort(port, ports);
    return rules.map(({ serverName, secret }) => {
      const isTls = serverName !== undefined || secret !== undefined;
      const name = nameOf(serverName === undefined ? "*" : formatHost(serverName), address);
      return `${isTls ? "tls" : port.protocol}://${name}:${opened}`;
    });
  });
}

function nameOf(host: string, address: string): string {
  return host === "*" ? literalOf(address) : host.replace("**.", "*.");
}

/**
 * A curl command that a backend answers, without a change of any DNS, over plain HTTP, which needs no CA; undefined when
 * nothing is forwarded.
 */
export function sampleRequest(gateway: Gateway, place: GatePlace): string | undefined {
  for (const host of servedHosts(gateway)) {
    const path = forwardedPath(gateway, host);
    if (path !== undefined) return curlCommand(host, path, place);
  }
  return undefined;
}

/** Those that rules claim, and every host when a default backend takes it. */
function servedHosts(gateway: Gateway): readonly string[] {
  const claimed = gateway.claimedHosts();
  const isTaken = gateway.virtualHost("*").routes.some(({ origin }) => origin.kind !== "Gate");
  return isTaken && !claimed.includes("*") ? [...claimed, "*"] : claimed;
}

/** Of a route whose path needs no quotes in a shell. */
function forwardedPath(gateway: Gateway, host: string): string | undefined {
  const { routes } = gateway.virtualHost(host);
  return routes
    .filter(({ action, conditions = [] }) => action.kind === "forward" && conditions.length === 0)
    .flatMap(({ match }) => (match.kind === "regex" ? [] : [match.path]))
    .find((path) => /^[\w/.~%-]+$/.test(path));
}

function curlCommand(host: string, path: string, { ports, address }: GatePlace): string {
  const literal = literalOf(address);
  const port = portText(ports.http, 80);
  if (host === "*") return `curl http://${literal}${port}${path}`;
  const name = host.replace(/^\*+/, "www");
  return `curl --resolve ${name}:${ports.http}:${literal} http://${name}${port}${path}`;
}

function portText(port: number, usual: number): string {
  return port === usual ? "" : `:${port}`;
}
