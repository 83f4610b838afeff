/** What deploy/ grants: nothing by which whoever gets hold of Sekisho, or of a namespace, gets hold of more. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadAll } from "js-yaml";

const root = join(import.meta.dirname, "../..");

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly Rule[];
  readonly aggregationRule?: unknown;
}

const roles = globSync("deploy/**/*.yaml", { cwd: root })
  .flatMap((file) => loadAll(readFileSync(join(root, file), "utf8")) as readonly (Role | null)[])
  .filter((one) => one !== null)
  .filter(({ kind }) => kind === "ClusterRole" || kind === "Role");

/** `role: resource verb` of every right that is granted. */
const rights = roles.flatMap(({ metadata, rules = [] }) =>
  rules.flatMap(({ resources = [], verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${metadata.name}: ${resource} ${verb}`)),
  ),
);

test("there are roles, and none of everything", () => {
  assert.ok(rights.length > 20, `${rights.length} rights were read`);
  assert.deepEqual(
    rights.filter((right) => right.includes("*")),
    [],
  );
});

test("nobody is given tokens of ServiceAccounts, other people's rights, or more than he has", () => {
  const wide = /serviceaccounts\/token|pods\/exec| (impersonate|escalate|bind|deletecollection)$/;
  assert.deepEqual(
    rights.filter((right) => wide.test(right)),
    [],
  );
});

test("no role is handed on to users: to write Orders and Challenges stays ours", () => {
  const handedOn = roles.filter(
    ({ metadata, aggregationRule }) =>
      aggregationRule !== undefined ||
      Object.keys(metadata.labels ?? {}).some((label) => label.includes("aggregate-to")),
  );
  assert.deepEqual(handedOn, []);
});
