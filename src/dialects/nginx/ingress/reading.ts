/** An Ingress that is being read, with what it is told beside what it says. */

import type { Ingress } from "#kinds/ingress.ts";
import type { Known } from "#kinds/kind.ts";
import { originOf } from "../../common/findings.ts";
import type { DialectSettings, World } from "../../dialect.ts";
import { defaultsIn } from "../config-map.ts";
import type { Defaults } from "../defaults.ts";
import type { Report } from "../report.ts";
import type { Told } from "./values.ts";

export interface Reading {
  readonly object: Known<Ingress>;
  readonly spec: NonNullable<Ingress["spec"]>;
  readonly told: Told;
  readonly report: Report;
  readonly world: World;
  readonly settings: DialectSettings;
}

export interface Surroundings {
  readonly world: World;
  readonly settings: DialectSettings;
}

/** `annotations`: those that count, inherited ones with them. */
export function readIngress(
  object: Known<Ingress>,
  annotations: Readonly<Record<string, string>>,
  { world, settings }: Surroundings,
): Reading {
  const report: Report = { origin: originOf(object), findings: [] };
  const told = toldBy(annotations, report, defaultsIn(world, settings));
  return { object, spec: object.value?.spec ?? {}, told, report, world, settings };
}

const prefix = "nginx.org/";

function toldBy(
  annotations: Readonly<Record<string, string>>,
  report: Report,
  defaults: Defaults,
): Told {
  const byDefault = (name: string): string | undefined =>
    name.startsWith(prefix) ? defaults(name.slice(prefix.length)) : undefined;
  const said = (name: string): string | undefined => annotations[name];
  return { text: (name) => said(name) ?? byDefault(name), said, defaults, report };
}

/** Whether everything that was written of an object could be read. */
export function isReadable({ problems }: Known<unknown>): boolean {
  return problems.every(({ problem }) => problem === "unknown");
}

/** The Services of an Ingress. */
export function servicesIn(spec: NonNullable<Ingress["spec"]>): ReadonlySet<string> {
  const backends = [
    spec.defaultBackend,
    ...(spec.rules ?? []).flatMap((rule) => (rule?.http?.paths ?? []).map((one) => one?.backend)),
  ];
  return new Set(backends.flatMap((backend) => backend?.service?.name ?? []));
}
