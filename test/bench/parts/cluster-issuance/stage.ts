/** A lab in which those who issue take turns: one authority for all, and a namespace for each turn. */

import { join } from "node:path";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { type AuditedRequest, AuditLog, auditedUser } from "#test/lab/audit-log.ts";
import type { LabImage } from "#test/lab/images.ts";
import { type Lab, startLab } from "#test/lab/lab.ts";
import { repository } from "#test/system/harness/program.ts";
import { type CertificateWatch, watchCertificates } from "../../measure/certificate-watch.ts";
import { pause } from "../../measure/waiting.ts";
import { certManagerNamespace } from "../../subjects/cluster/cert-manager-in-cluster.ts";
import type { ClusterIssuer } from "../../subjects/cluster/cluster-issuer.ts";
import { openLabClient } from "../../subjects/cluster/lab-client.ts";

export interface IssuingStage extends AsyncDisposable {
  readonly lab: Lab;
  /** Opens a namespace, which goes with everything in it. */
  readonly open: (namespace: string) => Promise<IssuingPlace>;
  /** What an issuer asks of the API server from now on. */
  readonly listen: (issuer: ClusterIssuer) => Listener;
}

export interface IssuingPlace extends AsyncDisposable {
  readonly watch: CertificateWatch;
  readonly create: (name: string, issuer: string) => Promise<void>;
}

export interface Listener {
  /** Everything, once it has written nothing for a while but that it is there. */
  readonly untilStill: () => Promise<readonly AuditedRequest[]>;
}

/** Of our own authority. */
export const authorityName = "bench";
const selfSigned = "bench-self";
const root = "bench-root";
const stillLooks = 3;
const lookEveryMs = 1_000;
const longestLooks = 120;
/** What was made in a turn is to be gone before the next. */
const deletionWorkers = "--delete-collection-workers=16";

export async function openIssuingStage(
  issuers: readonly ClusterIssuer[],
  images: readonly LabImage[],
): Promise<IssuingStage> {
  await using undo = new AsyncDisposableStack();
  const audit = undo.use(new AuditLog(...issuers.map(({ account }) => account)));
  const apiserverFlags = [...audit.flags, deletionWorkers];
  const lab = undo.use(await startLab({ images, apiserverFlags }));
  await lab.kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
  await lab.kubectl(["create", "namespace", certManagerNamespace]);
  for (const issuer of issuers) await issuer.install(lab);
  const list = { apiVersion: "v1", kind: "List", items: authority() };
  await lab.kubectl(["apply", "-f", "-"], JSON.stringify(list));
  const open = undo.move();
  return {
    lab,
    open: (namespace) => openPlace(lab, namespace),
    listen: ({ account }) => listen(audit, auditedUser(account)),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** Made by whoever has the first turn, and taken over by the others. */
function authority(): readonly object[] {
  const apiVersion = "cert-manager.io/v1";
  const ofCluster = (name: string, spec: object): object => ({
    ...{ apiVersion, kind: "ClusterIssuer", metadata: { name }, spec },
  });
  return [
    ofCluster(selfSigned, { selfSigned: {} }),
    {
      ...{ apiVersion, kind: "Certificate" },
      metadata: { name: root, namespace: certManagerNamespace },
      spec: {
        ...{ secretName: root, commonName: root, isCA: true, duration: "87600h" },
        privateKey: { algorithm: "ECDSA", size: 256 },
        issuerRef: { kind: "ClusterIssuer", name: selfSigned },
      },
    },
    ofCluster(authorityName, { ca: { secretName: root } }),
  ];
}

async function openPlace(lab: Lab, namespace: string): Promise<IssuingPlace> {
  await using undo = new AsyncDisposableStack();
  await lab.kubectl(["create", "namespace", namespace]);
  undo.defer(async () => {
    await lab.kubectl(["delete", "namespace", namespace, "--timeout=240s"]);
  });
  const store = await openLabClient(lab, [certificateKind], [namespace]);
  undo.defer(() => store.close());
  const watch = undo.use(await watchCertificates(store));
  const open = undo.move();
  return {
    watch,
    create: async (name, issuer) => {
      const spec = {
        ...{ secretName: name, dnsNames: [`${name}.${namespace}.example.com`] },
        privateKey: { algorithm: "ECDSA", size: 256 },
        issuerRef: { kind: "ClusterIssuer", name: issuer },
      };
      const metadata = { name, namespace };
      const draft = { apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata };
      await store.create({ ...draft, body: { spec } });
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function listen(audit: AuditLog, user: string): Listener {
  const heard: AuditedRequest[] = [];
  let { end: place } = audit.since(0);
  const hear = (): readonly AuditedRequest[] => {
    const { requests, end } = audit.since(place);
    place = end;
    const own = requests.filter((one) => one.user === user && !isKeptUp(one));
    heard.push(...own);
    return own;
  };
  return {
    untilStill: async () => {
      let still = 0;
      for (let look = 0; look < longestLooks && still < stillLooks; look += 1) {
        await pause(lookEveryMs);
        still = hear().length === 0 ? still + 1 : 0;
      }
      return heard;
    },
  };
}

/** By time, whatever there is to do: leases, and watches begun anew. */
function isKeptUp({ resource, verb }: AuditedRequest): boolean {
  return resource === "leases" || verb === "watch";
}
