/** Which paths a VirtualServerRoute may have: those that the VirtualServer has given away. */

import { type Report, refuses } from "./report.ts";

/** Complains about paths of subroutes that the paths of the VirtualServer do not cover; without any, about mixed kinds. */
export function checkSubroutes(
  subroutes: readonly string[],
  paths: readonly string[],
  report: Report,
): void {
  const at = (index: number): string => `spec.subroutes[${index}].path`;
  const [first = ""] = paths;
  const kind = kindOf(first);
  if (paths.length === 0) {
    checkOneKind(subroutes, report);
  } else if (paths.length > 1 && paths.some((path) => kindOf(path) !== "regex")) {
    const detail = "multiple VS route paths are only supported for regex routes";
    refuses(report, "spec.subroutes", "subroutes", detail);
  } else if (kind === "exact") {
    const [only = ""] = subroutes;
    if (subroutes.length !== 1) {
      const detail = "must have only one subroute if exact match is being used";
      refuses(report, "spec.subroutes", "subroutes", detail);
    } else if (normal(only) !== normal(first)) {
      const detail = `must have the same path as the referenced VirtualServer route path '${first}'`;
      refuses(report, at(0), only, detail);
    }
  } else if (kind === "regex") {
    checkPatterns(subroutes, paths, report);
  } else {
    for (const [index, path] of subroutes.entries()) {
      if (!normal(path).startsWith(normal(first)))
        refuses(report, at(index), path, `must start with '${first}'`);
    }
  }
}

function checkOneKind(subroutes: readonly string[], report: Report): void {
  const [first = ""] = subroutes;
  for (const [index, path] of subroutes.entries()) {
    if (kindOf(path) === kindOf(first)) continue;
    const detail = `all subroutes must use the same path modifier type; got '${kindOf(first)}' and '${kindOf(path)}'`;
    refuses(report, `spec.subroutes[${index}].path`, path, detail);
  }
}

function checkPatterns(
  subroutes: readonly string[],
  paths: readonly string[],
  report: Report,
): void {
  const known = new Set(subroutes.map(normal));
  const wanted = new Set(paths.map(normal));
  for (const path of paths.filter((one) => !known.has(normal(one)))) {
    const detail = `subroute with path '${path}' is missing; all VS route paths must be covered by VSR subroutes`;
    refuses(report, "spec.subroutes", "subroutes", detail);
  }
  for (const [index, path] of subroutes.entries()) {
    if (wanted.has(normal(path))) continue;
    const detail = `subroute path '${path}' is not referenced by any VS route; all VSR subroutes must be referenced`;
    refuses(report, `spec.subroutes[${index}].path`, path, detail);
  }
}

/** Blanks behind a modifier mean nothing. */
function normal(path: string): string {
  return path.replace(/^(~\*|~|\^~|=)\s+/, "$1");
}

function kindOf(path: string): "regex" | "exact" | "longest-prefix" | "prefix" {
  if (path.startsWith("~")) return "regex";
  if (path.startsWith("=")) return "exact";
  return path.startsWith("^~") ? "longest-prefix" : "prefix";
}
