/**
 * One intent, said in several ways, gives one model: origins aside, and what a dialect does where nothing is said.
 *
 * A folder is an intent; each file in it is `DIALECT.yaml` or `DIALECT-FORM.yaml`. `plain/` is what every dialect says of a
 * host that goes to a Service, with nothing else: what its model holds beyond that are the dialect's own defaults.
 */

import assert from "node:assert/strict";
import { globSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { dump } from "js-yaml";
import { matchGolden } from "#test/golden.ts";
import { dialects } from "../../src/dialects/all.ts";
import { type Defaults, defaultsOf, modelOf, withoutDefaults } from "./canonical-model.ts";

const here = import.meta.dirname;
const plain = "plain";

const intents = globSync("*/", { cwd: here })
  .map((folder) => folder.replace(/\/$/, ""))
  .sort();

interface Way {
  readonly file: string;
  readonly dialect: string;
}

function waysOf(intent: string): readonly Way[] {
  return readdirSync(path.join(here, intent))
    .filter((name) => name.endsWith(".yaml") && !/^(model|defaults)\.yaml$/.test(name))
    .sort()
    .map((name) => ({
      file: path.join(here, intent, name),
      dialect: name.replace(/(-.*)?\.yaml$/, ""),
    }));
}

const defaults: ReadonlyMap<string, Defaults> = new Map(
  waysOf(plain).map(({ file, dialect }) => [dialect, defaultsOf(file)]),
);

it("what each dialect does where nothing is said is written down", () => {
  assert.deepEqual([...defaults.keys()].sort(), dialects.map(({ name }) => name).sort());
  matchGolden(
    path.join(here, plain, "defaults.yaml"),
    dump(Object.fromEntries(defaults), { noRefs: true, lineWidth: 120 }),
  );
});

/** Each way beside the first is one pair. */
function countPairs(isMeant: (dialects: ReadonlySet<string>) => boolean): number {
  return intents
    .map(waysOf)
    .filter((ways) => isMeant(new Set(ways.map(({ dialect }) => dialect))))
    .reduce((sum, ways) => sum + ways.length - 1, 0);
}

it("there are a dozen pairs at least, half of them of core Ingress and another dialect", () => {
  assert.ok(countPairs(() => true) >= 12);
  assert.ok(countPairs((said) => said.has("ingress") && said.size > 1) >= 6);
});

describe("every way to say an intent gives one model", () => {
  for (const intent of intents) {
    it(intent, () => {
      const ways = waysOf(intent);
      assert.ok(ways.length >= 2, "an intent is said in two ways at least");
      const texts = ways.map(({ file, dialect }) =>
        dump(withoutDefaults(modelOf(file), defaults.get(dialect)), {
          noRefs: true,
          lineWidth: 120,
          sortKeys: true,
        }),
      );
      matchGolden(path.join(here, intent, "model.yaml"), texts[0] ?? "");
      for (const [index, { file }] of ways.entries()) {
        assert.equal(texts[index], texts[0], path.basename(file));
      }
    });
  }
});
