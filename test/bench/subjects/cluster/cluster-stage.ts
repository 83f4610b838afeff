/** A lab in which controllers are measured side by side: each has objects of its own, in a namespace of its own. */

import type { Json } from "#base/json.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { kindId } from "#kinds/object.ts";
import { serviceKind } from "#kinds/service.ts";
import { objectPath } from "#store/kubernetes/collection.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { Draft } from "#store/object-store.ts";
import { AuditLog, auditedUser } from "#test/lab/audit-log.ts";
import type { LabImage } from "#test/lab/images.ts";
import { startLab } from "#test/lab/lab.ts";
import { type ApiUse, apiUseOf } from "../../measure/api-use.ts";
import { startAnswersInside } from "../../programs/answers.ts";
import {
  allIngresses,
  allObjects,
  type ObjectPlace,
  objectsOf,
} from "../../world/kubernetes-objects.ts";
import { World, type WorldShape } from "../../world/world.ts";
import type { RunningSubject } from "../subject.ts";
import type { ClusterSubject, InstalledSubject } from "./cluster-subject.ts";
import { openLabClient } from "./lab-client.ts";

/** The node, on which the backends listen. */
const node = "10.244.0.1";

export interface ClusterStage extends AsyncDisposable {
  /** A bare server, reached as the proxies are. */
  readonly echoPort: number;
  /** Installs a subject with a world of its own, or with that of the one whose place it takes. */
  readonly open: (subject: ClusterSubject, instead?: ClusterShare) => Promise<ClusterShare>;
}

/** One subject in the lab. */
export interface ClusterShare {
  readonly subject: ClusterSubject;
  readonly world: World;
  readonly running: RunningSubject;
  /** Creates Services and EndpointSlices. */
  readonly prepare: () => Promise<void>;
  /** How every Ingress of the world is created, in the order of hosts. */
  readonly ingresses: readonly (() => Promise<unknown>)[];
  /** What its account has asked for so far, and behind so many requests. */
  readonly requests: () => number;
  readonly useSince: (requests: number) => ApiUse;
}

export async function openClusterStage(
  subjects: readonly ClusterSubject[],
  shape: WorldShape,
  images: readonly LabImage[],
): Promise<ClusterStage> {
  await using undo = new AsyncDisposableStack();
  const audit = undo.use(new AuditLog(...new Set(subjects.map(({ account }) => account))));
  const lab = undo.use(await startLab({ images, apiserverFlags: audit.flags }));
  const store = await openLabClient(lab, Object.values(resources));
  undo.defer(() => store.close());
  const backends = await startAnswersInside(lab, node);
  const echo = undo.use(await lab.forward(`${node}:${backends.echo}`));
  const open = undo.move();
  return {
    echoPort: echo.port,
    open: async (subject, instead) => {
      const world = instead?.world ?? new World(shape, backends);
      if (instead === undefined) await lab.kubectl(["create", "namespace", subject.namespace]);
      const installed = await subject.install(lab);
      const { port } = open.use(await lab.forward(`${installed.address}:80`));
      return shareOf({ subject, world, store, audit }, installed, port);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

interface Share {
  readonly subject: ClusterSubject;
  readonly world: World;
  readonly store: KubernetesStore;
  readonly audit: AuditLog;
}

function shareOf(
  { subject, world, store, audit }: Share,
  installed: InstalledSubject,
  port: number,
): ClusterShare {
  const { namespace, ingressClass } = subject;
  const place: ObjectPlace = { namespace, address: node, ingressClass };
  const user = auditedUser(subject.account);
  const requests = (): ReturnType<AuditLog["requests"]> =>
    audit.requests().filter((request) => request.user === user);
  return {
    subject,
    world,
    running: {
      http: port,
      https: 0,
      startedAt: performance.now(),
      processes: installed.processes,
      apply: async (change) => {
        for (const draft of objectsOf(world, change, place)) await patch(store, draft);
      },
      death: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => undefined,
    },
    prepare: async () => {
      const others = allObjects(world, place).filter(({ kind }) => kind !== "Ingress");
      await Promise.all(others.map((draft) => store.create(draft)));
    },
    ingresses: allIngresses(world, place).map((draft) => () => store.create(draft)),
    requests: () => requests().length,
    useSince: (count) => apiUseOf(requests().slice(count)),
  };
}

const resources = {
  Ingress: ingressKind,
  Service: serviceKind,
  EndpointSlice: endpointSliceKind,
} as const;

/** One request, as kubectl patch sends it. */
async function patch(store: KubernetesStore, draft: Draft): Promise<void> {
  const { apiVersion, kind, metadata, body } = draft;
  const { namespace, name } = metadata;
  const id = kindId(apiVersion, kind);
  const resource = Object.values(resources).find((one) => one.id === id);
  if (resource === undefined) throw new Error(`${kind} is not among what is changed here`);
  await store.call({
    method: "PATCH",
    path: objectPath(resource, { kind: id, namespace, name }),
    contentType: "application/merge-patch+json",
    body: body as Json,
  });
}
