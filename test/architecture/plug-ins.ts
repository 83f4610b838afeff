/** Every plug-in folder is registered in the all.ts of its plug point, says what it supports, and has cases. */

import { posix } from "node:path";
import type { Sources } from "./sources.ts";

export interface PlugPoint {
  /** `src/dialects` */
  readonly folder: string;
  /** Folders beside the plug-ins that are none. */
  readonly except: readonly string[];
  /** The list of plug-ins. */
  readonly registry: string;
  /** What each plug-in folder must hold. */
  readonly needs: readonly ("README.md" | "cases")[];
}

function folderNames(sources: Sources, folder: string): readonly string[] {
  const names = [...sources.keys()]
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1).split("/"))
    .filter((parts) => parts.length > 1)
    .map(([name]) => name ?? "");
  return [...new Set(names)].sort();
}

function problemsOf(sources: Sources, point: PlugPoint, name: string): readonly string[] {
  const folder = posix.join(point.folder, name);
  const registry = sources.get(point.registry) ?? "";
  const problems: string[] = [];
  if (!registry.includes(`"./${name}/`))
    problems.push(`${folder} is not listed in ${point.registry}`);
  if (point.needs.includes("README.md") && !sources.get(`${folder}/README.md`)?.trim()) {
    problems.push(`${folder} has no README.md`);
  }
  const cases = [...sources.keys()].filter((path) => path.startsWith(`${folder}/cases/`));
  if (point.needs.includes("cases") && cases.length === 0) problems.push(`${folder} has no cases`);
  return problems;
}

/** What is missing in the plug-ins of `point`; nothing when the plug point itself does not exist. */
export function findPlugInProblems(sources: Sources, point: PlugPoint): readonly string[] {
  return folderNames(sources, point.folder)
    .filter((name) => !point.except.includes(name))
    .flatMap((name) => problemsOf(sources, point, name));
}

/** Feature files of a dialect whose name is not one of the shared concerns: the same concern has the same name everywhere. */
export function findUnknownConcerns(
  sources: Sources,
  concerns: readonly string[],
): readonly string[] {
  return [...sources.keys()].flatMap((path) => {
    const name = /^src\/dialects\/[^/]+\/features\/(?:[^/]+\/)?([^/]+?)(\.test)?\.ts$/.exec(
      path,
    )?.[1];
    return name === undefined || concerns.includes(name) ? [] : [`${path} is no listed concern`];
  });
}
