/** Whether a cluster defines the kinds that we serve, and so that we can read them. */

import { textAt } from "#base/json-path.ts";
import {
  type DefinedKind,
  definedKinds,
  definitionName,
} from "#kinds/custom-resource-definition.ts";
import type { Found } from "./cluster-facts.ts";
import { inspectDefinition } from "./definition-owner.ts";
import { unread, type Verdict } from "./verdict.ts";

const about = "definitions";

/** One verdict for all that is well, and one for each kind that is not. */
export function checkDefinitions(definitions: Found): readonly Verdict[] {
  if (!("items" in definitions)) return [unread(about, definitions)];
  const verdicts = definedKinds.flatMap((kind) => judge(kind, definitions.items));
  const well = definedKinds.length - verdicts.length;
  const text = `${well} of ${definedKinds.length} kinds are defined so that Sekisho can read them`;
  return [{ level: "ok", about, text }, ...verdicts];
}

function judge(kind: DefinedKind, items: Extract<Found, { items: unknown }>["items"]): Verdict[] {
  const name = definitionName(kind);
  const there = items.find((item) => textAt(item, "metadata", "name") === name);
  if (there === undefined) {
    const text = `${name} is not defined: nobody can apply a ${kind.kind}`;
    return [{ level: "warning", about, text, advice: "to define it: sekisho install crds" }];
  }
  const { isReadable, served, keeper, owner } = inspectDefinition(kind, there);
  if (isReadable) return [];
  return [
    {
      level: "warning",
      about,
      text: `${name} serves ${served.join(", ") || "no version"}, and Sekisho reads ${kind.version}`,
      advice: owner === "ours" ? "upgrade it: sekisho install crds" : `have ${keeper} upgrade it`,
    },
  ];
}
