/** The features of kubernetes-sigs/ingress-controller-conformance, read from a checkout of the corpora. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Feature } from "./gherkin.ts";
import { parseFeature } from "./gherkin.ts";

/** For the option `skip` of tests that read them. */
export const skipWithoutFeatures =
  corpora() === undefined &&
  "SEKISHO_CORPORA names no checkout of the upstream conformance features";

/** Name of the file without its ending → feature; none when no checkout is named. Throws when one is named that holds none. */
export function readIngressFeatures(): ReadonlyMap<string, Feature> {
  const checkout = corpora();
  if (checkout === undefined) return new Map();
  const folder = join(checkout, "kubernetes-sigs/ingress-controller-conformance/features");
  const files = readdirSync(folder).filter((file) => file.endsWith(".feature"));
  if (files.length === 0) throw new Error(`${folder} holds no features: correct SEKISHO_CORPORA`);
  return new Map(
    files
      .sort()
      .map((file) => [
        file.replace(/\.feature$/, ""),
        parseFeature(readFileSync(join(folder, file), "utf8")),
      ]),
  );
}

function corpora(): string | undefined {
  return process.env["SEKISHO_CORPORA"] || undefined;
}
