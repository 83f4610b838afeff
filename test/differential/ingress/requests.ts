/** Random requests aimed at the borders of what a world's rules take. */

import fc from "fast-check";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { ofKind } from "#test/simulators/ingress/manifest.ts";
import type { Request } from "#test/simulators/ingress.ts";
import { hostPatterns, rulePaths } from "./pool.ts";

/** A request before it has a world: numbers pick a host and a path of the world, forms bend them. */
export interface Aim {
  readonly host: number;
  readonly path: number;
  readonly hostForm: keyof typeof hostForms;
  readonly pathForm: keyof typeof pathForms;
  /** Which name goes into the handshake; `http`: no handshake. */
  readonly handshake: "http" | "host" | "another" | "wildcard-child" | "none";
  readonly otherHost: number;
  readonly protocol: "h1" | "h2";
}

/** A request and how it travels. */
export interface Shot extends Request {
  /** Default: GET. */
  readonly method?: string;
  readonly protocol: "h1" | "h2";
}

const hostForms = {
  plain: (host: string): string => host,
  "one label more": (host: string): string => `x.${host}`,
  "two labels more": (host: string): string => `y.x.${host}`,
  "one label less": (host: string): string => host.slice(host.indexOf(".") + 1),
  "upper case": (host: string): string => host.toUpperCase(),
  "with port": (host: string): string => `${host}:8443`,
  "final dot": (host: string): string => `${host}.`,
  "final dot and port": (host: string): string => `${host.toUpperCase()}.:80`,
  unknown: (): string => "unknown.invalid",
  address: (): string => "127.0.0.1:8080",
  empty: (): string => "",
} as const;

const pathForms = {
  plain: (path: string): string => path,
  "final slash": (path: string): string => `${path}/`,
  "no final slash": (path: string): string => path.replace(/(.)\/+$/, "$1"),
  "longer word": (path: string): string => `${path}b`,
  "next segment": (path: string): string => `${path.replace(/\/$/, "")}/b`,
  "two segments": (path: string): string => `${path.replace(/\/$/, "")}/b/c`,
  "upper case": (path: string): string => path.toUpperCase(),
  "lower case": (path: string): string => path.toLowerCase(),
  "double slash before": (path: string): string => `/${path}`,
  "double slash behind": (path: string): string => `${path}//`,
  "out and in": (path: string): string => `/zzz/..${path}`,
  "one up": (path: string): string => `${path}/../b`,
  "dot segment": (path: string): string => `${path.replace(/\/$/, "")}/./b`,
  "encoded letter": (path: string): string => path.replace("a", "%61"),
  query: (path: string): string => `${path}?path=/a/b/../..//&x=%2F`,
  elsewhere: (): string => "/zzz",
  root: (): string => "/",
  "escaped slash": (path: string): string => `${path}%2Fb`,
} as const;

function weighted<K extends string>(
  forms: Record<K, unknown>,
  rare: readonly K[],
): fc.Arbitrary<K> {
  const keys = Object.keys(forms) as K[];
  return fc.oneof(
    { arbitrary: fc.constant(keys[0] as K), weight: 12 },
    { arbitrary: fc.constantFrom(...keys.filter((key) => !rare.includes(key))), weight: 24 },
    { arbitrary: fc.constantFrom(...rare), weight: 1 },
  );
}

const aim: fc.Arbitrary<Aim> = fc.record({
  host: fc.nat(99),
  path: fc.nat(99),
  hostForm: weighted(hostForms, ["unknown", "address", "empty"]),
  pathForm: weighted(pathForms, ["elsewhere", "root", "escaped slash"]),
  handshake: fc.oneof(
    { arbitrary: fc.constant<Aim["handshake"]>("http"), weight: 8 },
    { arbitrary: fc.constant<Aim["handshake"]>("host"), weight: 12 },
    {
      arbitrary: fc.constantFrom<Aim["handshake"][]>("another", "wildcard-child", "none"),
      weight: 4,
    },
  ),
  otherHost: fc.nat(99),
  protocol: fc.constantFrom("h1", "h2"),
});

/** Aims for one world. */
export function aims(count: number): fc.Arbitrary<readonly Aim[]> {
  return fc.array(aim, { minLength: count, maxLength: count });
}

/** The request an aim becomes in a world. */
export function shoot(world: World, target: Aim): Shot {
  const { hosts, tlsHosts, paths } = targetsOf(world);
  const ofTls = target.handshake !== "http" && target.otherHost % 3 > 0 && tlsHosts.length > 0;
  const clean = concrete(pick(ofTls ? tlsHosts : hosts, target.host) ?? "");
  const host = hostForms[target.hostForm](clean);
  const path = pathForms[target.pathForm](pick(paths, target.path) ?? "/");
  const sni = serverName(target, clean, hosts);
  return {
    scheme: target.handshake === "http" ? "http" : "https",
    ...(sni !== undefined && { sni }),
    host,
    path,
    // Over clear text nobody agrees on h2 beforehand; an empty `:authority` is no HTTP/2 request.
    protocol: target.handshake === "http" || host === "" ? "h1" : target.protocol,
  };
}

function serverName(target: Aim, clean: string, hosts: readonly string[]): string | undefined {
  const other = concrete(pick(hosts, target.otherHost) ?? "");
  switch (target.handshake) {
    case "http":
    case "none":
      return undefined;
    case "host": {
      // What a client would do: the name it asks for, without port and dot.
      const name = hostForms[target.hostForm](clean)
        .toLowerCase()
        .replace(/\.?(:\d+)?$/, "");
      return name === "" || /^[\d.]+$/.test(name) ? undefined : name;
    }
    case "another":
      return other;
    case "wildcard-child":
      return `y.x.${other}`;
  }
}

/** What the world's rules speak of; with something to aim at when they speak of nothing. */
function targetsOf(world: World): {
  readonly hosts: readonly string[];
  readonly tlsHosts: readonly string[];
  readonly paths: readonly string[];
} {
  const ingresses = ofKind(world, "Ingress");
  const rules = ingresses.flatMap(({ spec }) => spec.rules ?? []);
  const tlsHosts = ingresses
    .flatMap(({ spec }) => spec.tls ?? [])
    .flatMap((tls) => tls.hosts ?? []);
  const paths = rules.flatMap((rule) => rule.http?.paths ?? []).map(({ path }) => path ?? "");
  const absolute = paths.filter((path) => path.startsWith("/"));
  return {
    tlsHosts: [...new Set(tlsHosts)],
    hosts: [...new Set([...rules.map((rule) => rule.host ?? ""), ...tlsHosts, hostPatterns[1]])],
    paths: [...new Set([...absolute, rulePaths[1]])],
  };
}

function pick(list: readonly string[], index: number): string | undefined {
  return list[index % list.length];
}

/** A host that a pattern takes. */
function concrete(pattern: string): string {
  return pattern === "" ? "anything.test" : pattern.replace("*", "w");
}
