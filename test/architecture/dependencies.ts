/** What package.json, its lock file and the page of reasons say about dependencies. */

import type { Sources } from "./sources.ts";

/** All that package.json asks for: name and version. */
function dependenciesOf(sources: Sources): readonly (readonly [name: string, version: string])[] {
  const manifest = JSON.parse(sources.get("package.json") ?? "{}") as Readonly<
    Record<string, Readonly<Record<string, string>> | undefined>
  >;
  return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((section) =>
    Object.entries(manifest[section] ?? {}),
  );
}

/** Dependencies without a reason in the document, and reasons for what is no dependency. */
export function findDependencyGaps(sources: Sources, document: string): readonly string[] {
  const wanted = dependenciesOf(sources).map(([name]) => name);
  const rows = (sources.get(document) ?? "").matchAll(/^\| (`[^|]+`) \|/gm);
  const named = [...rows].flatMap((row) =>
    [...(row[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ""),
  );
  return [
    ...wanted.filter((name) => !named.includes(name)).map((name) => `${document} lacks ${name}`),
    ...named
      .filter((name) => !wanted.includes(name))
      .map((name) => `${document} names ${name}, which package.json does not`),
  ];
}

/** Dependencies that are not pinned to one version. */
export function findLooseVersions(sources: Sources): readonly string[] {
  return dependenciesOf(sources)
    .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    .map(
      ([name, version]) => `package.json asks for ${name} ${version}, which is no single version`,
    );
}

/** Packages of the lock file that npm could not verify, or that name the registry they came from. */
export function findUnverifiedPackages(sources: Sources): readonly string[] {
  const lock = JSON.parse(sources.get("package-lock.json") ?? "{}") as {
    readonly packages?: Readonly<Record<string, { integrity?: string; resolved?: string }>>;
  };
  return Object.entries(lock.packages ?? {})
    .filter(([place]) => place !== "")
    .flatMap(([place, { integrity, resolved }]) => [
      ...(integrity === undefined ? [`package-lock.json has no integrity for ${place}`] : []),
      ...(resolved === undefined ? [] : [`package-lock.json says where ${place} came from`]),
    ]);
}
