/** Mergeable Ingresses: a master has the host, minions bring paths of it, from any namespace. */

import { compareText } from "#base/compare.ts";
import { type Ingress, ingressKind } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { parseKey } from "#kinds/object.ts";
import { compareSeniority, type Seniority } from "#model/fragment.ts";
import { annotationField } from "../../common/support.ts";
import type { DialectSettings, World } from "../../dialect.ts";
import type { WorldIndex } from "../../world-indexes.ts";
import { type Report, refuses, requires, warns } from "../report.ts";
import { judgeIngressClass, takesIngress } from "./class.ts";

const typeAnnotation = "nginx.org/mergeable-ingress-type";

export type MergeableType = "master" | "minion" | undefined;

export function typeOf({ object }: Known<Ingress>): MergeableType {
  const type = object.metadata.annotations[typeAnnotation];
  return type === "master" || type === "minion" ? type : undefined;
}

/** Complains about a type that is none. */
export function checkType({ object }: Known<Ingress>, report: Report): void {
  const type = object.metadata.annotations[typeAnnotation];
  const at = annotationField(typeAnnotation);
  if (type === "") requires(report, at);
  else if (type !== undefined && type !== "master" && type !== "minion")
    refuses(report, at, type, "must be one of: 'master' or 'minion'");
}

function filedBy(type: MergeableType): (known: Known<unknown>) => readonly string[] {
  return (known) => {
    const ingress = known as Known<Ingress>;
    const rule = ingress.value?.spec?.rules?.[0];
    return typeOf(ingress) === type && rule !== undefined ? [rule.host ?? ""] : [];
  };
}

const mastersByHost: WorldIndex = {
  name: "nginx.mastersByHost",
  kind: ingressKind.id,
  keysOf: filedBy("master"),
};

const minionsByHost: WorldIndex = {
  name: "nginx.minionsByHost",
  kind: ingressKind.id,
  keysOf: filedBy("minion"),
};

export const mergeableIndexes = [mastersByHost, minionsByHost];

/** The minions of a host, the oldest first. */
export function minionsOf(
  host: string,
  world: World,
  settings: DialectSettings,
): readonly Known<Ingress>[] {
  return ofHost(minionsByHost, host, world, settings);
}

/** The master of a host: the oldest. */
export function masterOf(
  host: string,
  world: World,
  settings: DialectSettings,
): Known<Ingress> | undefined {
  return ofHost(mastersByHost, host, world, settings)[0];
}

function ofHost(
  index: WorldIndex,
  host: string,
  world: World,
  settings: DialectSettings,
): readonly Known<Ingress>[] {
  return [...world.filed(index.name, host)]
    .sort(compareText)
    .flatMap((key) => {
      const { namespace, name } = parseKey(key);
      return world.get(ingressKind, namespace, name) ?? [];
    })
    .filter((one) => takesIngress(one, world) && judgeIngressClass(one, world, settings).served)
    .sort((a, b) => compareSeniority(seniorityOf(a), seniorityOf(b)));
}

/** By its age, then by its name. */
export function seniorityOf({ object }: Known<Ingress>): Seniority {
  const { creationTimestamp, namespace, name } = object.metadata;
  return { creationTimestamp, kind: ingressKind.id, namespace, name };
}

const notOfMasters = [
  ...["nginx.org/rewrites", "nginx.org/ssl-services", "nginx.org/grpc-services"],
  ...["nginx.org/websocket-services", "nginx.org/sticky-cookie-services"],
  ...["nginx.com/sticky-cookie-services", "nginx.com/health-checks"],
  ...["nginx.com/health-checks-mandatory", "nginx.com/health-checks-mandatory-queue"],
  "nginx.org/use-cluster-ip",
];

const notOfMinions = [
  ...["nginx.org/proxy-hide-headers", "nginx.org/proxy-pass-headers"],
  ...["nginx.org/redirect-to-https", "ingress.kubernetes.io/ssl-redirect"],
  ...["nginx.org/ssl-redirect", "nginx.org/http-redirect-code", "nginx.org/hsts"],
  ...["nginx.org/hsts-max-age", "nginx.org/hsts-include-subdomains", "nginx.org/hsts-behind-proxy"],
  ...["nginx.org/server-tokens", "nginx.org/listen-ports", "nginx.org/listen-ports-ssl"],
  ...["nginx.org/server-snippets", "nginx.org/ssl-ciphers", "nginx.org/ssl-prefer-server-ciphers"],
  "nginx.org/app-root",
];

const inherited: ReadonlySet<string> = new Set(
  [
    ...["proxy-connect-timeout", "proxy-read-timeout", "proxy-send-timeout"],
    ...["client-max-body-size", "proxy-buffering", "proxy-buffers", "proxy-buffer-size"],
    ...["proxy-busy-buffers-size", "proxy-max-temp-file-size", "upstream-zone-size"],
    ...["location-snippets", "lb-method", "keepalive", "max-fails", "max-conns", "fail-timeout"],
    ...["limit-req-rate", "limit-req-key", "limit-req-zone-size", "limit-req-delay"],
    ...["limit-req-no-delay", "limit-req-burst", "limit-req-dry-run", "limit-req-log-level"],
    ...["limit-req-reject-code", "limit-req-scale"],
  ].map((name) => `nginx.org/${name}`),
);

type Texts = Readonly<Record<string, string>>;

/** The annotations of an Ingress that count for what it is. */
export function countingAnnotations(ingress: Known<Ingress>): Texts {
  const ignored = ignoredFor(typeOf(ingress));
  return Object.fromEntries(
    Object.entries(ingress.object.metadata.annotations).filter(([name]) => !ignored.includes(name)),
  );
}

/** What of them holds for the minions of a master. */
export function inheritedAnnotations(master: Known<Ingress>): Texts {
  return Object.fromEntries(
    Object.entries(countingAnnotations(master)).filter(([name]) => inherited.has(name)),
  );
}

function ignoredFor(type: MergeableType): readonly string[] {
  if (type === undefined) return [];
  return type === "master" ? notOfMasters : notOfMinions;
}

/** A warning for each annotation that means nothing where it is. */
export function reportIgnored(ingress: Known<Ingress>, report: Report): void {
  const type = typeOf(ingress);
  for (const name of ignoredFor(type)) {
    if (ingress.object.metadata.annotations[name] === undefined) continue;
    warns(report, annotationField(name), {
      reason: "AnnotationIgnored",
      message: `a ${type} cannot contain the annotation ${name}; it is ignored`,
      advice: type === "master" ? "give it to its minions" : "give it to its master",
    });
  }
}
