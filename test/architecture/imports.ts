/** Who may import whom, applied to source files; every breach reads "X imports Y". */

import type { Sources } from "./sources.ts";
import { importsOf, targetOf, typeScriptIn } from "./sources.ts";

/** Folder or file under src → what it may import: folders, single modules (`model/solver-route`), or anything. */
export type ImportTable = Readonly<Record<string, readonly string[] | "anything">>;

/** Package → the folders or files under src that may import it. */
export type PackageHomes = Readonly<Record<string, readonly string[]>>;

/** `src/xds/stream.ts` → `xds`; `src/main.ts` → `main.ts`. */
function areaOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function isInside(path: string, place: string): boolean {
  return path === place || path === `${place}.ts` || path.startsWith(`${place}/`);
}

function isAllowed(table: ImportTable, from: string, target: string): boolean {
  const row = table[areaOf(from)];
  if (row === undefined) return false;
  if (row === "anything") return target.startsWith("src/") || target.startsWith("gen/");
  if (target.startsWith("gen/")) return row.includes("gen");
  if (!target.startsWith("src/")) return false;
  const inner = target.slice("src/".length);
  return areaOf(from) === areaOf(target) || row.some((place) => isInside(inner, place));
}

/** Imports between folders that the table does not allow, and folders without a row. */
export function findForbiddenImports(sources: Sources, table: ImportTable): readonly string[] {
  const files = typeScriptIn(sources, "src", "without tests");
  const unknown = new Set(files.map(([path]) => areaOf(path)).filter((area) => !(area in table)));
  const breaches = files.flatMap(([path, text]) =>
    importsOf(text).flatMap((specifier) => {
      const target = targetOf(path, specifier);
      const fine = target === undefined || isAllowed(table, path, target);
      return fine ? [] : [`${path} imports ${target}`];
    }),
  );
  return [...[...unknown].map((area) => `src/${area} has no row in the import table`), ...breaches];
}

/** `./x.ts` inside a folder, `#folder/x.ts` across: a `#` marks a crossing. Files directly in src have all folders below them. */
export function findUnmarkedCrossings(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "src", "with tests")
    .filter(([path]) => path.split("/").length > 2)
    .flatMap(([path, text]) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => targetOf(path, specifier) ?? "")
        .filter((target) => areaOf(target) !== areaOf(path) || !target.startsWith("src/"))
        .map((target) => `${path} imports ${target} by a relative path`),
    );
}

/** One plug-in of a folder never imports another; what two need moves to `common`. */
export function findSiblingImports(sources: Sources, plugPoint: string): readonly string[] {
  const pluginOf = (path: string): string | undefined => {
    if (!path.startsWith(`${plugPoint}/`)) return undefined;
    const [name, ...rest] = path.slice(plugPoint.length + 1).split("/");
    return rest.length === 0 || name === "common" ? undefined : name;
  };
  return typeScriptIn(sources, plugPoint, "without tests").flatMap(([path, text]) => {
    const own = pluginOf(path);
    return importsOf(text).flatMap((specifier) => {
      const target = targetOf(path, specifier) ?? "";
      const other = pluginOf(target);
      const fine = own === undefined || other === undefined || own === other;
      return fine ? [] : [`${path} imports ${target}`];
    });
  });
}

function packageOf(specifier: string): string | undefined {
  if (/^(node:|[.#])/.test(specifier)) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Packages imported outside the folders that may know them. */
export function findForbiddenPackages(sources: Sources, homes: PackageHomes): readonly string[] {
  return typeScriptIn(sources, "src", "without tests").flatMap(([path, text]) => {
    const names = new Set(importsOf(text).flatMap((specifier) => packageOf(specifier) ?? []));
    const inner = path.slice("src/".length);
    return [...names]
      .filter((name) => !homes[name]?.some((place) => isInside(inner, place)))
      .map((name) => `${path} imports ${name}`);
  });
}

/** Reference simulators judge the translators, so they share no code with them; their own tests may use other tests. */
export function findSimulatorImports(sources: Sources): readonly string[] {
  return typeScriptIn(sources, "test/simulators", "with tests").flatMap(([path, text]) => {
    const isTest = path.endsWith(".test.ts");
    return importsOf(text)
      .map((specifier) => targetOf(path, specifier) ?? "")
      .filter((target) => target !== "" && !target.startsWith("test/simulators/"))
      .filter((target) => !isTest || !target.startsWith("test/"))
      .map((target) => `${path} imports ${target}`);
  });
}
