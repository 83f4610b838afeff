/** A gate that serves many hosts, each with a certificate of an authority of its own, and renews them when asked to. */

import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRemoteStore } from "#api/remote-store.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { conditionsOf, isConditionTrue, withCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { keyOf } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Clock } from "#runtime/clock.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import { repository } from "#test/system/harness/program.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { serveDirectory } from "#test/system/harness/served-directory.ts";

export type CertificateLayout = "chains" | "on-demand";

export interface Fleet extends AsyncDisposable {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Has the certificate of a host issued anew. */
  readonly renew: (host: string) => Promise<void>;
  /** Calls back for each certificate that is issued from now on: host and serial number. */
  readonly onIssued: (
    told: (host: string, serial: string) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** Resolves when every host's certificate is issued. */
export async function startFleet(
  clock: Clock,
  count: number,
  layout: CertificateLayout,
): Promise<Fleet> {
  await using undo = new AsyncDisposableStack();
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  const authority = join(repository, "examples/own-authority/authority.yaml");
  const directory = undo.use(
    serveDirectory({
      "authority.yaml": readFileSync(authority, "utf8"),
      "hosts.yaml": names
        .flatMap(manifestsOf)
        .map((one) => JSON.stringify(one))
        .join("\n---\n"),
    }),
  );
  const settings = join(directory.path, "../sekisho.yaml");
  writeFileSync(
    settings,
    JSON.stringify({ certificateLayout: layout, workloads: "none", concurrency: 1 }),
  );
  const sekisho = await startSekisho(["up", directory.path, "--config", settings]);
  undo.defer(async () => void (await sekisho.stop()));
  const store = createRemoteStore(createLocalSocket(), join(sekisho.data, "api.sock"));
  while (!(await areReady(store, count + 1)))
    await clock.sleep(Temporal.Duration.from({ milliseconds: 200 }));
  const open = undo.move();
  return {
    port: sekisho.httpsPort,
    hosts: names.map(hostOf),
    renew: (host) => renew(store, host.split(".")[0] ?? "", clock.now()),
    onIssued: (told, signal) => followSecrets(store, told, signal),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const hostOf = (name: string): string => `${name}.example.com`;

function manifestsOf(name: string): readonly Json[] {
  const privateKey = { algorithm: "ECDSA", size: 256 };
  const spec = {
    secretName: name,
    dnsNames: [hostOf(name)],
    privateKey,
    issuerRef: { name: "own" },
  };
  const routes = [{ path: "/", action: { return: { body: name } } }];
  return [
    { apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name }, spec },
    {
      ...{ apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata: { name } },
      spec: { host: hostOf(name), tls: { secret: name }, routes },
    },
  ];
}

async function areReady(store: ObjectStore, count: number): Promise<boolean> {
  const { items } = await store.list(certificateKind.id);
  return items.filter(({ status }) => isConditionTrue(status, "Ready")).length === count;
}

/** As `cmctl renew` does it; again where the Certificate was written in between. */
async function renew(store: ObjectStore, name: string, now: Temporal.Instant): Promise<void> {
  for (;;) {
    try {
      return await askForRenewal(store, name, now);
    } catch (error) {
      if (!(error instanceof StoreError && error.code === "conflict")) throw error;
    }
  }
}

async function askForRenewal(
  store: ObjectStore,
  name: string,
  now: Temporal.Instant,
): Promise<void> {
  const object = await store.get({ kind: certificateKind.id, namespace: "default", name });
  if (object === undefined) throw new Error(`there is no Certificate ${name}`);
  const message = "Certificate re-issuance manually triggered";
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message,
  } as const;
  const conditions = withCondition(conditionsOf(object.status), issuing, now);
  const status = {
    ...(object.status as JsonObject),
    conditions: conditions.map((one): JsonObject => ({ ...one })),
  };
  await store.replaceStatus(keyOf(object), status, object.metadata.resourceVersion);
}

async function followSecrets(
  store: ObjectStore,
  told: (host: string, serial: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { point } = await store.list(secretKind.id);
  for await (const { events } of store.watch({ [secretKind.id]: point }, signal)) {
    for (const { kind, object } of events) {
      const serial = kind === "set" ? serialOf(object) : undefined;
      if (serial !== undefined) told(hostOf(object.metadata.name), serial);
    }
  }
}

/** Undefined for keys that wait for their certificate. */
function serialOf({ body }: KubeObject): string | undefined {
  const chain = (body["data"] as JsonObject | undefined)?.["tls.crt"];
  if (typeof chain !== "string") return undefined;
  return new X509Certificate(Buffer.from(chain, "base64")).serialNumber;
}
