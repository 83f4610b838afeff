/** What annotations hold: flags, numbers, lists. A value that is none has the whole Ingress rejected, as the controller does. */

import { annotationField } from "../../common/support.ts";
import type { Defaults } from "../defaults.ts";
import { type Report, refuses, requires } from "../report.ts";

/** What an Ingress is told: by itself, else by its master, else by the controller's ConfigMap. */
export interface Told {
  /** Under the name of an annotation. */
  readonly text: (annotation: string) => string | undefined;
  /** The same without what the ConfigMap says. */
  readonly said: (annotation: string) => string | undefined;
  /** What the ConfigMap says. */
  readonly defaults: Defaults;
  readonly report: Report;
}

/** As Go reads a boolean; undefined: it is none. */
export function flagText(text: string): boolean | undefined {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  return ["0", "f", "F", "FALSE", "false", "False"].includes(text) ? false : undefined;
}

/** Undefined where nothing is said. */
export function flagOf({ text, report }: Told, name: string): boolean | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const flag = flagText(value);
  return flag ?? refuses(report, annotationField(name), value, "must be a boolean");
}

/** Whether something is said to be so. */
export function isOn(told: Told, name: string): boolean {
  return flagOf(told, name) === true;
}

/** A whole number from 0 on; undefined where there is none. */
export function countOf({ text, report }: Told, name: string): number | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  return refuses(report, annotationField(name), value, "must be a non-negative integer");
}

/** A text that may not be empty. */
export function textOf({ text, report }: Told, name: string): string | undefined {
  const value = text(name);
  return value === "" ? requires(report, annotationField(name)) : value;
}

/** Names between commas. */
export function listOf(told: Told, name: string): readonly string[] {
  return (textOf(told, name) ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Services between commas, all of which the Ingress must have. */
export function servicesOf(
  told: Told,
  name: string,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const services = listOf(told, name);
  const unknown = services.filter((service) => !known.has(service));
  if (unknown.length > 0) {
    const detail = `must be a comma-separated list of services. The following services were not found: ${unknown.join(",")}`;
    refuses(told.report, annotationField(name), told.text(name) ?? "", detail);
  }
  return new Set(services);
}

/** Entries `serviceName=NAME REST` between semicolons, by service; all of them must be in `known`, where that is given. */
export function byService(
  told: Told,
  name: string,
  known?: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const value = textOf(told, name);
  const entries = new Map<string, string>();
  for (const part of (value ?? "").split(";").map((text) => text.trim())) {
    if (part === "" && value === undefined) continue;
    const [, service = "", rest = ""] = /^serviceName=(\S+)\s+(.*)$/s.exec(part) ?? [];
    if (service === "") {
      const detail = `'${part}' must have the form 'serviceName=tea-svc ...'`;
      refuses(told.report, annotationField(name), value ?? "", detail);
    } else if (known?.has(service) === false) {
      const detail = `The following services were not found: ${service}`;
      refuses(told.report, annotationField(name), value ?? "", detail);
    } else entries.set(service, rest);
  }
  return entries;
}
