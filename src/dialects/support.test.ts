/** The support tables: complete, without wildcards, true of the code beside them, and the same in the documents. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fieldsOf } from "#base/field-path.ts";
import { anyShape } from "#base/shape.ts";
import { kinds } from "#kinds/all.ts";
import type { Kind } from "#kinds/kind.ts";
import { formatSupportData, formatSupportPage } from "#test/documents/support-page.ts";
import { matchGolden } from "#test/golden.ts";
import { dialects } from "./all.ts";
import type { SupportRow } from "./common/support.ts";
import type { Dialect } from "./dialect.ts";
import { idleSupport, sharedSupport } from "./field-counts.ts";

const documents = path.join(import.meta.dirname, "../../docs/dialects");
/** An annotation, or a key of a ConfigMap. */
const annotation = /^(metadata\.annotations|data)\[[^\]]+\]$/;

const names: Readonly<Record<string, string>> = {
  ingress: "Core Ingress: what is supported",
  nginx: "F5 NGINX Ingress Controller: what is supported",
};

function kindOf(id: string): Kind<unknown> {
  const kind = (kinds as readonly Kind<unknown>[]).find((one) => one.id === id);
  assert.ok(kind !== undefined, id);
  return kind;
}

/** A field's own name. */
function lastName(field: string): string {
  return /([\w-]+)(\[\])*$/.exec(field)?.[1] ?? field;
}

/** Code of a dialect and of what it shares with others. */
function codeFor({ name }: Dialect): string {
  return globSync([`${name}/**/*.ts`, "common/*.ts"], { cwd: import.meta.dirname })
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => readFileSync(path.join(import.meta.dirname, file), "utf8"))
    .join("\n")
    .replaceAll(/\b(honoured|approximated|refused)\((?:[^()]|\([^()]*\))*\)/g, "");
}

for (const dialect of dialects as readonly Dialect[]) {
  const { support } = dialect;
  describe(`the support table of ${dialect.name}`, () => {
    it("has every field that the parsers of its kinds name, and no other", () => {
      for (const id of dialect.kinds) {
        const rows = support.filter(({ kind }) => kind === id);
        const listed = rows.map(({ field }) => field).filter((field) => !annotation.test(field));
        const named = fieldsOf(kindOf(id).parse.shape ?? anyShape);
        assert.deepEqual([...listed].sort(), [...named].sort(), id);
      }
    });

    it("has annotations alone of other kinds", () => {
      for (const { kind, field } of support) {
        assert.ok(dialect.kinds.includes(kind) || annotation.test(field), `${kind} ${field}`);
      }
    });

    it("has each row once, and none that stands for many", () => {
      const rows = support.map(({ kind, field }) => `${kind} ${field}`);
      assert.deepEqual(
        rows.filter((row, index) => rows.indexOf(row) < index || row.includes("*")),
        [],
      );
    });

    it("says of no field that it is served which its code does not read", () => {
      const code = codeFor(dialect);
      const isRead = ({ field }: SupportRow): boolean =>
        new RegExp(`\\b${lastName(field)}\\b`).test(code);
      const served = support.filter(
        ({ support: verdict, field }) => verdict !== "refused" && !annotation.test(field),
      );
      assert.deepEqual(
        served.filter((row) => !isRead(row)).map(({ kind, field }) => `${kind} ${field}`),
        [],
      );
    });

    it("is what docs/dialects/ says", () => {
      const page = formatSupportPage(names[dialect.name] ?? dialect.name, support);
      matchGolden(path.join(documents, `${dialect.name}.md`), page);
      matchGolden(path.join(documents, `${dialect.name}.yaml`), formatSupportData(support));
    });
  });
}

it("the table of kinds that dialects share is what docs/dialects/ says", () => {
  matchGolden(
    path.join(documents, "shared-kinds.md"),
    formatSupportPage("Kinds that all dialects share: what is supported", sharedSupport),
  );
});

it("the table of kinds that are referred to or not translated is what docs/dialects/ says", () => {
  matchGolden(
    path.join(documents, "other-kinds.md"),
    formatSupportPage("Kinds that are referred to, or not served yet", idleSupport),
  );
});
