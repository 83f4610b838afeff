/** Clock, random, network, files and processes are reached through src/runtime only; exceptions are data with a reason. */

import type { Sources } from "./sources.ts";
import { codeLines, importsOf, typeScriptIn } from "./sources.ts";

/** A place under src that may use something of the outside world, and why. */
export interface Allowance {
  readonly place: string;
  readonly uses: readonly string[];
  readonly reason: string;
}

/** Modules of Node that only compute. */
const pureModules = new Set([
  "node:async_hooks",
  "node:buffer",
  "node:events",
  "node:path",
  "node:path/posix",
  "node:querystring",
  "node:stream",
  "node:string_decoder",
  "node:url",
  "node:util",
  "node:util/types",
  "node:zlib",
]);

/** Ways outside that the lint rule noRestrictedGlobals does not see (it refuses Date, timers, fetch, crypto by scope). */
const globals: Readonly<Record<string, RegExp>> = {
  "Math.random": /\bMath\.random\b/,
  "Temporal.Now": /\bTemporal\.Now\b/,
  process: /(?<![.#\w"'`/-])process\.\w/,
  globalThis: /(?<![.\w"'`])globalThis\b/,
  eval: /(?<![.\w])eval\(|\bnew Function\(/,
};

function isAllowed(allowances: readonly Allowance[], path: string, used: string): boolean {
  const inner = path.slice("src/".length);
  return allowances.some(
    ({ place, uses }) =>
      (inner === place || inner.startsWith(`${place}/`)) &&
      (uses.includes(used) || uses.includes("anything")),
  );
}

/** Uses of the outside world that no allowance covers. */
export function findOutsideUses(
  sources: Sources,
  allowances: readonly Allowance[],
): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) => {
    const modules = importsOf(text)
      .filter((specifier) => specifier.startsWith("node:") && !pureModules.has(specifier))
      .map((specifier) => ({ used: specifier, place: path }));
    const direct = codeLines(text).flatMap(([number, line]) =>
      Object.entries(globals)
        .filter(([, pattern]) => pattern.test(line))
        .map(([used]) => ({ used, place: `${path}:${number}` })),
    );
    return [...modules, ...direct]
      .filter(({ used }) => !isAllowed(allowances, path, used))
      .map(({ used, place }) => `${place} uses ${used}`);
  });
}

/** Allowances that nothing needs any more: the list must not outlive its reasons. */
export function findUnusedAllowances(
  sources: Sources,
  allowances: readonly Allowance[],
): readonly string[] {
  return allowances.flatMap((allowance, index) => {
    const others = allowances.filter((_, other) => other !== index);
    const needed =
      findOutsideUses(sources, others).length > findOutsideUses(sources, allowances).length;
    return needed ? [] : [`nothing in src/${allowance.place} needs ${allowance.uses.join(", ")}`];
  });
}
