/** A TransportServer: what comes at a port of the GlobalConfiguration, or handshakes for a host, passed on as it is. */

import type { Known } from "#kinds/kind.ts";
import type { TransportServer } from "#kinds/nginx/transport-server.ts";
import type { Fragment, HostRules, SecretRef, Seniority, StreamRule } from "#model/fragment.ts";
import type { Host } from "#model/host.ts";
import type { OwnPort } from "#model/own-port.ts";
import type { Stream } from "#model/stream.ts";
import { originOf } from "../common/findings.ts";
import type { DialectSettings, World } from "../dialect.ts";
import { judgeClass } from "./features/server/class.ts";
import { parseHost } from "./features/server/host.ts";
import {
  checkListenerName,
  checkProtocol,
  listenersIn,
  passthroughListener,
  portOf,
} from "./features/server/listeners.ts";
import { checkSecret } from "./features/server/tls.ts";
import { translateStream } from "./features/streams/stream.ts";
import { forbids, isRejected, placeOf, type Report, refuses, requires, warns } from "./report.ts";

type Spec = NonNullable<TransportServer["spec"]>;

/** What takes the connections. */
type Place =
  | { readonly kind: "passthrough" }
  | { readonly kind: "listener"; readonly name: string };

/** A TransportServer's fragment; one in which anything is wrong serves nothing. */
export function translateTransportServer(
  object: Known<TransportServer>,
  world: World,
  settings: DialectSettings,
  seniority: Seniority,
): Fragment {
  const nothing = { seniority, rules: [], certificates: [] };
  const verdict = judgeClass(object, world, settings);
  if (!verdict.served) return { ...nothing, claimed: false, findings: verdict.findings };
  const report: Report = { origin: originOf(object), findings: [] };
  const spec = object.value?.spec ?? {};
  const place = placeIn(spec, report);
  const protocol = spec.listener?.protocol === "UDP" ? "udp" : "tcp";
  const host = hostOf(spec, place, report);
  const stream = translateStream(spec, protocol, report, world);
  checkSnippets(spec, report);
  const secret = secretOf(spec, place, report, world);
  const served = { ...nothing, claimed: true };
  const isRead = object.problems.every(({ problem }) => problem === "unknown");
  if (isRejected(report) || !isRead || stream === undefined)
    return { ...served, findings: report.findings };
  if (place.kind === "passthrough") {
    const rules = host === undefined ? [] : [passOn(host, stream, report)];
    return { ...served, rules, findings: report.findings };
  }
  const port = findPort(place.name, protocol, report, listenersIn(world, settings));
  const rule = port && { port, stream, origin: placeOf(report, "spec.listener") };
  const streams = rule === undefined ? [] : [withNames(rule, host, secret)];
  return { ...served, streams, findings: report.findings };
}

/** Who says a part of what passes handshakes on means that, however wrong the rest is. */
function placeIn({ listener = {} }: Spec, report: Report): Place {
  const { name = "", protocol = "" } = listener;
  const builtIn = passthroughListener;
  if (name !== builtIn.name && protocol !== builtIn.protocol) {
    checkListenerName(name, "spec.listener.name", report);
    checkProtocol(protocol, "spec.listener.protocol", report);
    return { kind: "listener", name };
  }
  if (protocol !== builtIn.protocol) {
    const detail = `must be '${builtIn.protocol}' for the built-in ${builtIn.name} listener`;
    refuses(report, "spec.listener.protocol", protocol, detail);
  }
  if (name !== builtIn.name) {
    const detail = `must be '${builtIn.name}' for a listener with the protocol ${builtIn.protocol}`;
    refuses(report, "spec.listener.name", name, detail);
  }
  return { kind: "passthrough" };
}

function hostOf(
  { host = "", listener, tls }: Spec,
  place: Place,
  report: Report,
): Host | undefined {
  const at = "spec.host";
  if (listener?.protocol === "UDP") {
    if (host !== "") forbids(report, at, "host field is not allowed for UDP TransportServers");
    return undefined;
  }
  const isPassedOn = place.kind === "passthrough";
  if (host === "") {
    if (isPassedOn) requires(report, at, "must specify host for TLS Passthrough TransportServers");
    return undefined;
  }
  const hasSecret = (tls?.secret ?? "") !== "";
  if (!isPassedOn && !hasSecret) {
    const detail =
      "must specify spec.tls.secret when host is specified for non-TLS Passthrough TransportServers";
    return requires(report, at, detail);
  }
  return parseHost(host, report);
}

function secretOf(
  { tls, listener }: Spec,
  place: Place,
  report: Report,
  world: World,
): SecretRef | undefined {
  if (tls === undefined) return undefined;
  if (place.kind === "passthrough")
    return forbids(report, "spec.tls", "cannot specify tls for TLS Passthrough TransportServers");
  if (listener?.protocol === "UDP")
    return forbids(report, "spec.tls", "tls is not allowed for UDP TransportServers");
  const { secret = "" } = tls;
  if (secret === "") return undefined;
  return checkSecret(secret, "connections", report, { world });
}

function checkSnippets(spec: Spec, report: Report): void {
  for (const field of ["serverSnippets", "streamSnippets"] as const) {
    if ((spec[field] ?? "") !== "")
      forbids(report, `spec.${field}`, "snippet specified but snippets feature is not enabled");
  }
}

/** Over plain HTTP there is nothing for the host. */
function passOn(host: Host, stream: Stream, report: Report): HostRules {
  const origin = placeOf(report, "spec.host");
  const nothing = {
    match: { kind: "prefix", path: "/" },
    action: { kind: "respond", status: 404 },
    origin,
  } as const;
  return { host, ownership: "whole", routes: [nothing], passthrough: stream, origin };
}

function findPort(
  name: string,
  protocol: OwnPort["protocol"],
  report: Report,
  listeners: ReturnType<typeof listenersIn>,
): OwnPort | undefined {
  const found = listeners?.get(name);
  if (found === undefined || found.protocol.toLowerCase() !== protocol) {
    return warns(report, "spec.listener.name", {
      reason: "ListenerNotFound",
      message: `Listener ${name} doesn't exist`,
      advice: `add a listener of that name with protocol ${protocol.toUpperCase()} to the GlobalConfiguration`,
    });
  }
  return portOf(found, protocol);
}

function withNames(
  rule: StreamRule,
  serverName: Host | undefined,
  secret: SecretRef | undefined,
): StreamRule {
  return {
    ...rule,
    ...(serverName === undefined ? {} : { serverName }),
    ...(secret === undefined ? {} : { secret }),
  };
}
