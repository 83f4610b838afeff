/** A lab with Sekisho installed so that it issues the cluster's certificates, and what of its rights is used by the API server's audit log. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { repository } from "#test/system/harness/program.ts";
import { AuditLog } from "./audit-log.ts";
import { grantsOf, unusedGrants } from "./grants.ts";
import { type InstalledSekisho, installSekisho } from "./installed-sekisho.ts";
import { startLab } from "./lab.ts";

export interface IssuingLab extends InstalledSekisho, AsyncDisposable {
  /** Fails unless it was denied nothing, and made use of every right that roles of that name grant. */
  readonly checkRights: (role: string) => Promise<void>;
}

const account = { namespace: "sekisho-system", name: "sekisho-controller" };

/** As docs/kubernetes.md has a person do it. */
export async function startIssuingLab(): Promise<IssuingLab> {
  await using started = new AsyncDisposableStack();
  const audit = started.use(new AuditLog(`${account.namespace}:${account.name}`));
  const apiserverFlags = [...audit.flags, "--feature-gates=WatchList=false"];
  const lab = started.use(await startLab({ apiserverFlags }));
  await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
  for (const rights of ["deploy/certificates", "deploy/admission"])
    await lab.kubectl(["apply", "-f", join(repository, rights)]);
  const installed = await installSekisho(lab, { controller: ["--certificates", "own"] });
  const all = started.move();
  return {
    ...installed,
    checkRights: async (role) => {
      const requests = audit.requests();
      const denied = requests.filter(({ status }) => status === 401 || status === 403);
      assert.deepEqual(
        denied.map(({ status, verb, path }) => `${status} ${verb} ${path}`),
        [],
      );
      const grants = await grantsOf(lab, account);
      const ours = grants.filter((grant) => grant.role.endsWith(` ${role}`));
      assert.notEqual(ours.length, 0);
      assert.deepEqual(unusedGrants(ours, requests), []);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
