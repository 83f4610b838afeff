/** What the repository's texts must and must not say. */

import type { Sources } from "./sources.ts";

/** A text that must not be in any file. Patterns are written so that they do not match themselves. */
const forbidden: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\b(TO[D]O|FIX[M]E|X{3})\b/, what: "leaves work for later" },
  { pattern: /(?<![\w./-])\/(wor[k]|roo[t])\//, what: "names a path of one machine" },
  { pattern: /\/hom[e]\/[a-z]+\/|\.pyen[v]\b/, what: "names a path of one machine" },
  { pattern: /registry\.npmj[s]\.org|registry\.yarnpk[g]\.com/, what: "names a registry host" },
  { pattern: /\bpyp[i]\.org|files\.pythonhoste[d]\.org/, what: "names a registry host" },
  { pattern: /\b(proxy|sum)\.golan[g]\.org/, what: "names a registry host" },
  {
    pattern: /\.\.\/share[d]\/(?!corpora|walkthroughs)/,
    what: "names a folder outside the repository",
  },
  { pattern: /\b[Ii]ssu[e] #?\d+\b/, what: "names an item of the work list" },
];

/** Files made by tools or quoting others. */
const exempt = /^(package-lock\.json|proto\/|tools\/descriptors\/go\.sum|LICENSE)/;

export function findForbiddenTexts(sources: Sources): readonly string[] {
  return [...sources]
    .filter(([path]) => !exempt.test(path))
    .flatMap(([path, text]) =>
      text
        .split("\n")
        .flatMap((line, index) =>
          forbidden
            .filter(({ pattern }) => pattern.test(line))
            .map(({ what }) => `${path}:${index + 1} ${what}`),
        ),
    );
}

/** Paths of this repository that a document names in backticks. */
export function namedPaths(text: string): readonly string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  const places = /^(src|test|tools|docs|examples|proto|charts|\.ci)(\/[\w.@-]+)*\/?$/;
  return [...new Set(spans.filter((span) => places.test(span) && span.includes("/")))];
}

/** Names in a document that lead nowhere; a missing document, or one that names fewer than `least` places, is a breach too. */
export function findDeadNames(
  sources: Sources,
  document: string,
  least: number,
): readonly string[] {
  const text = sources.get(document);
  if (text === undefined) return [`${document} does not exist`];
  const named = namedPaths(text);
  const paths = [...sources.keys()];
  const exists = (place: string): boolean => {
    const folder = place.endsWith("/") ? place : `${place}/`;
    return (
      place === "proto/envoy.binpb" ||
      sources.has(place) ||
      paths.some((path) => path.startsWith(folder))
    );
  };
  const dead = named.filter((place) => !exists(place));
  return [
    ...(named.length < least ? [`${document} names only ${named.length} places`] : []),
    ...dead.map((place) => `${document} names ${place}, which does not exist`),
  ];
}

/** Links of a document to files of this repository that are not there. */
export function findDeadLinks(sources: Sources): readonly string[] {
  const documents = [...sources].filter(([path]) => path.endsWith(".md"));
  return documents.flatMap(([path, text]) =>
    [...text.matchAll(/\]\(([^)#:\s]+)(#[^)]*)?\)/g)]
      .map((match) => new URL(match[1] ?? "", `file:///${path}`).pathname.slice(1))
      .filter((target) => !sources.has(target) && !hasFolder(sources, target))
      .map((target) => `${path} links to ${target}, which does not exist`),
  );
}

function hasFolder(sources: Sources, target: string): boolean {
  const folder = `${target.replace(/\/$/, "")}/`;
  return [...sources.keys()].some((path) => path.startsWith(folder));
}
