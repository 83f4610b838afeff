/** A container's environment and arguments from its spec, as the kubelet resolves them. */

import type { Container, EnvVar } from "#kinds/pod-template.ts";
import type { PodFacts } from "../pods/pod-facts.ts";
import { fieldValue } from "../pods/pod-facts.ts";

/** Values of ConfigMaps and Secrets of the pod's namespace; undefined when there is no such object. */
export interface Values {
  readonly configMap: (name: string) => ReadonlyMap<string, Uint8Array> | undefined;
  readonly secret: (name: string) => ReadonlyMap<string, Uint8Array> | undefined;
}

/** Something the container needs and that is not there; it waits with this message. */
export interface Missing {
  /** Below the container: `env[2].valueFrom.secretKeyRef`. */
  readonly path: string;
  readonly message: string;
}

export interface ResolvedEnv {
  readonly env: Readonly<Record<string, string>>;
  readonly missing: readonly Missing[];
}

interface Work {
  readonly env: Record<string, string>;
  readonly missing: Missing[];
  readonly facts: PodFacts;
  readonly values: Values;
}

/** The environment: `base`, then envFrom, then env in order, each value expanded with what came before it. */
export function resolveEnv(
  container: Container,
  base: Readonly<Record<string, string>>,
  facts: PodFacts,
  values: Values,
): ResolvedEnv {
  const work: Work = { env: { ...base }, missing: [], facts, values };
  addSources(container, work);
  for (const [index, entry] of (container.env ?? []).entries()) {
    if (entry !== undefined) addVariable(entry, `env[${index}]`, work);
  }
  return { env: work.env, missing: work.missing };
}

function addSources(container: Container, work: Work): void {
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    for (const kind of ["configMap", "secret"] as const) {
      const ref = source?.[`${kind}Ref`];
      if (ref === undefined) continue;
      const found = work.values[kind](ref.name);
      if (found !== undefined) addAll(found, source?.prefix ?? "", work.env);
      else if (ref.optional !== true) {
        const path = `envFrom[${index}].${kind}Ref`;
        work.missing.push({ path, message: `${kind} "${ref.name}" not found` });
      }
    }
  }
}

function addAll(
  found: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  env: Record<string, string>,
): void {
  for (const [key, value] of found) {
    const name = `${prefix}${key}`;
    // A name holding "=" or NUL cannot be an environment variable (POSIX.1-2017 §8.1).
    if (/^[^=\0]+$/.test(name)) env[name] = Buffer.from(value).toString("utf8");
  }
}

function addVariable(entry: EnvVar, path: string, work: Work): void {
  const from = entry.valueFrom;
  if (from === undefined) {
    work.env[entry.name] = expand(entry.value ?? "", work.env);
    return;
  }
  if (from.fieldRef !== undefined) {
    const value = fieldValue(work.facts, from.fieldRef.fieldPath);
    if (value !== undefined) work.env[entry.name] = value;
    else {
      const message = `field "${from.fieldRef.fieldPath}" cannot be read here`;
      work.missing.push({ path: `${path}.valueFrom.fieldRef`, message });
    }
  }
  for (const kind of ["configMap", "secret"] as const) {
    const ref = from[`${kind}KeyRef`];
    if (ref === undefined) continue;
    const found = work.values[kind](ref.name);
    const value = found?.get(ref.key);
    if (value !== undefined) work.env[entry.name] = Buffer.from(value).toString("utf8");
    else if (ref.optional !== true) {
      const what = found === undefined ? `${kind} "${ref.name}" not found` : undefined;
      const message = what ?? `${kind} "${ref.name}" has no key "${ref.key}"`;
      work.missing.push({ path: `${path}.valueFrom.${kind}KeyRef`, message });
    }
  }
}

/** `$(NAME)` becomes its value when known and stays as it is otherwise; `$$` becomes `$` (Kubernetes API reference, "EnvVar"). */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return name !== undefined && Object.hasOwn(env, name) ? (env[name] ?? "") : whole;
  });
}
