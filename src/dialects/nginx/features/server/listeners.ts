/** The listeners of the GlobalConfiguration: ports that other objects refer to by name. One is in force. */

import type { Known } from "#kinds/kind.ts";
import {
  type GlobalConfiguration,
  globalConfigurationKind,
} from "#kinds/nginx/global-configuration.ts";
import { formatKey, keyOf, parseKey } from "#kinds/object.ts";
import type { OwnPort } from "#model/own-port.ts";
import { originOf } from "../../../common/findings.ts";
import type { DialectSettings, World } from "../../../dialect.ts";
import type { WorldIndex } from "../../../world-indexes.ts";
import { isServiceName } from "../../names.ts";
import { forbids, type Report, refuses, refusesTwice, requires, warns } from "../../report.ts";

/** A valid one. */
export interface Listener {
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "HTTP";
  readonly port: number;
  readonly ssl: boolean;
  /** Default: those of the gate's own ports. */
  readonly addresses: readonly string[];
}

/** The name of the listener that is always there, and of its protocol. */
export const passthroughListener = {
  name: "tls-passthrough",
  protocol: "TLS_PASSTHROUGH",
} as const;

/** GlobalConfigurations, all under one key: there is hardly ever more than one. */
export const globalConfigurations: WorldIndex = {
  name: "nginxGlobalConfigurations",
  kind: globalConfigurationKind.id,
  keysOf: () => ["all"],
};

/** Ports of the gate itself. */
const reserved: readonly number[] = [80, 443];

const protocols = ["HTTP", "TCP", "UDP"] as const;

/** The GlobalConfiguration in force, the named one or the oldest; undefined when there is none. */
export function globalConfigurationIn(
  world: World,
  { nginxGlobalConfiguration: named }: DialectSettings,
): Known<GlobalConfiguration> | undefined {
  if (named !== undefined) return world.get(globalConfigurationKind, named.namespace, named.name);
  const all = [...world.filed(globalConfigurations.name, "all")].flatMap((key) => {
    const { namespace, name } = parseKey(key);
    return world.get(globalConfigurationKind, namespace, name) ?? [];
  });
  const byAge = all.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
  return byAge[0];
}

function ageOf({ object }: Known<unknown>): string {
  return `${object.metadata.creationTimestamp} ${formatKey(keyOf(object))}`;
}

/** The listeners that objects may refer to now; undefined without a GlobalConfiguration. */
export function listenersIn(
  world: World,
  settings: DialectSettings,
): ReadonlyMap<string, Listener> | undefined {
  const known = globalConfigurationIn(world, settings);
  return known && readListeners(known, { origin: originOf(known), findings: [] });
}

/** The valid listeners by name, with a complaint about each of the others. */
export function readListeners(
  { value }: Known<GlobalConfiguration>,
  report: Report,
): ReadonlyMap<string, Listener> {
  const byName = new Map<string, Listener>();
  const taken = new Set<string>();
  for (const [index, given] of (value?.spec?.listeners ?? []).entries()) {
    const at = `spec.listeners[${index}]`;
    const listener = given && readListener(given, at, report);
    if (listener === undefined) continue;
    if (byName.has(listener.name)) {
      refusesTwice(report, `${at}.name`, listener.name);
      continue;
    }
    const places = placesOf(listener);
    const twice = places.find((place) => taken.has(place));
    for (const place of places) taken.add(place);
    if (twice === undefined) byName.set(listener.name, listener);
    else {
      const { name, protocol } = listener;
      const detail = `Listener ${name}: Duplicated ip:port protocol combination ${twice} ${protocol}`;
      refuses(report, `${at}.protocol`, protocol, detail);
    }
  }
  return byName;
}

/** Where a host takes requests; undefined: at the gate's own ports. What cannot be had is left out, and told. */
export function hostPorts(
  wanted: { readonly http?: string; readonly https?: string } | undefined,
  report: Report,
  { world, settings }: { readonly world: World; readonly settings: DialectSettings },
): readonly OwnPort[] | undefined {
  if (wanted === undefined) return undefined;
  const known = listenersIn(world, settings);
  if (known === undefined) {
    notUsable(report, "spec.listener", "Listeners defined, but no GlobalConfiguration is deployed");
    return [];
  }
  return (["http", "https"] as const).flatMap((protocol) => {
    const name = wanted[protocol] ?? "";
    const listener = known.get(name);
    const at = `spec.listener.${protocol}`;
    if (name === "") return [];
    if (listener?.protocol !== "HTTP") {
      notUsable(report, at, `Listener ${name} is not defined in GlobalConfiguration`);
      return [];
    }
    if (listener.ssl !== (protocol === "https")) {
      const state = listener.ssl ? "enabled" : "not enabled";
      const text = `Listener ${name} can't be use in \`listener.${protocol}\` context as SSL is ${state} for that listener.`;
      notUsable(report, at, text);
      return [];
    }
    return [portOf(listener, protocol)];
  });
}

function notUsable(report: Report, at: string, message: string): void {
  const advice =
    "add it to the GlobalConfiguration, or name one that is there; until then nothing is served for it";
  warns(report, at, { reason: "ListenerNotUsable", message, advice });
}

/** The port of a listener. */
export function portOf(
  { name, port, addresses }: Listener,
  protocol: OwnPort["protocol"],
): OwnPort {
  return { name, protocol, port, ...(addresses.length === 0 ? {} : { addresses }) };
}

type GivenListener = NonNullable<
  NonNullable<NonNullable<GlobalConfiguration["spec"]>["listeners"]>[number]
>;

function readListener(given: GivenListener, at: string, report: Report): Listener | undefined {
  const before = report.findings.length;
  const { name = "", port = 0, ipv4 = "", ipv6 = "" } = given;
  if (name === passthroughListener.name) forbids(report, at, "is the name of a built-in listener");
  else checkListenerName(name, at, report);
  if (reserved.includes(port))
    forbids(report, `${at}.port`, `Listener ${name}: port ${port} is forbidden`);
  else if (port < 1 || port > 65_535)
    refuses(report, `${at}.port`, port, "must be between 1 and 65535, inclusive");
  const protocol = checkProtocol(given.protocol, `${at}.protocol`, report);
  if (ipv4 !== "" && !isIpv4(ipv4))
    refuses(report, `${at}.ipv4`, ipv4, "must be a valid IPv4 address");
  if (ipv6 !== "" && !URL.canParse(`http://[${ipv6}]`))
    refuses(report, `${at}.ipv6`, ipv6, "must be a valid IPv6 address");
  if (report.findings.length > before || protocol === undefined) return undefined;
  const addresses = [ipv4, ipv6].filter((address) => address !== "");
  return { name, protocol, port, ssl: given.ssl === true, addresses };
}

/** One of the protocols of listeners; undefined after a complaint. */
export function checkProtocol(
  text: string | undefined,
  at: string,
  report: Report,
): Listener["protocol"] | undefined {
  const known = protocols.find((protocol) => protocol === text);
  if (known !== undefined) return known;
  const detail = `must specify a valid protocol. Accepted values: ${protocols.join(",")}`;
  return refuses(report, at, text ?? "", detail);
}

/** Complains about what is no name of a listener. */
export function checkListenerName(name: string, at: string, report: Report): void {
  if (name === "") requires(report, at);
  else if (!isServiceName(name))
    refuses(
      report,
      at,
      name,
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    );
}

/** Where it wants to be the only one, an address of each family and the port: HTTP and TCP are both by TCP. */
function placesOf({ protocol, port, addresses }: Listener): readonly string[] {
  const transport = protocol === "UDP" ? "UDP" : "TCP";
  const ipv4 = addresses.find((address) => !address.includes(":")) ?? "0.0.0.0";
  const ipv6 = addresses.find((address) => address.includes(":")) ?? "::";
  return [`${ipv4}:${port}`, `${ipv6}:${port}`].map(
    (place) => `${place}${transport === "UDP" ? " by UDP" : ""}`,
  );
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}
