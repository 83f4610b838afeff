import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatKey, type KubeObject, keyOf, parseKey } from "#kinds/object.ts";
import { createPipeline, rebuild } from "./driven-pipeline.ts";
import { dns, edits, layout, objects } from "./edits.ts";
import { seeded } from "./seeded.ts";

test("any sequence of edits ends byte for byte where a rebuild from nothing ends", (context) => {
  fc.assert(
    fc.property(objects, edits, layout, dns, (first, sequence, kind, answers) => {
      const driven = createPipeline(kind, answers);
      const known = new Map<string, KubeObject>();
      let said = answers;
      for (const one of [{ kind: "set", set: first } as const, ...sequence]) {
        if (one.kind === "set") {
          for (const object of one.set) known.set(formatKey(keyOf(object)), object);
          driven.set(one.set);
        }
        if (one.kind === "flush") driven.flush();
        if (one.kind === "resolve") {
          said = one.dns;
          driven.resolve(said);
        }
        if (one.kind === "delete") {
          const key = [...known.keys()][one.index];
          if (key === undefined) continue;
          known.delete(key);
          driven.delete(parseKey(key));
        }
      }
      driven.flush();
      assert.equal(driven.outcome(), rebuild(known.values(), kind, said).outcome());
    }),
    seeded(context),
  );
});

test("with equal stamps the order in which objects come changes nothing", (context) => {
  const shuffled = objects.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, fc.nat(40), layout, dns, ([one, other], flushAfter, kind, answers) => {
      const driven = createPipeline(kind, answers);
      driven.set(other.slice(0, flushAfter));
      driven.flush();
      driven.set(other.slice(flushAfter));
      driven.flush();
      assert.equal(driven.outcome(), rebuild(one, kind, answers).outcome());
    }),
    seeded(context),
  );
});
