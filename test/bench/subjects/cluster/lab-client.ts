/** An administrator's client of a lab, who waits for nobody but the server. */

import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { findAccess } from "#store/kubernetes/access/find-access.ts";
import type { ApiResource } from "#store/kubernetes/collection.ts";
import { createKubernetesStore, type KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { Lab } from "#test/lab/lab.ts";

const pacing = { perSecond: 10_000, burst: 10_000, underWay: 64 };

/** Without namespaces, lists and watches show all. */
export async function openLabClient(
  lab: Lab,
  resources: readonly ApiResource[],
  namespaces: "all" | readonly string[] = "all",
): Promise<KubernetesStore> {
  const clock = createClock();
  const access = await findAccess(
    {
      clock,
      files: createFiles(),
      processes: createProcesses(),
      variables: {},
      home: lab.directory,
      workingDirectory: lab.directory,
    },
    { kubeconfig: lab.kubeconfig },
  );
  return createKubernetesStore(
    { clock, random: createRandom(), http: createHttpClients(), log: silentLog },
    { access, resources, namespaces, pacing },
  );
}
