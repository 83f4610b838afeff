/** An issuer of AWS Private CA, a request for it in a store, and a small AWS to ask: what tests of the plug-in play with. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { CertificateEvents } from "#certificates/controllers/certificate-events.ts";
import { createAwsPca } from "#certificates/issuers/aws-pca/aws-pca.ts";
import type { IssuerBackend, IssuerVerdict, SigningOutcome } from "#certificates/issuers/issuer.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { readRequest } from "#certificates/policies/request-facts.ts";
import type { IssuerAccess } from "#certificates/solvers/solver.ts";
import { awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { createClock } from "#runtime/real-clock.ts";
import type { Draft, ObjectStore } from "#store/object-store.ts";
import { openssl } from "../certificates/openssl.ts";
import { temporaryStore } from "../embedded-store.ts";
import { loopbackDoor } from "../runtime/loopback-door.ts";
import { createManualClock, type ManualClock } from "../runtime/manual-clock.ts";
import { storedObject } from "../stored-object.ts";
import { type FakePrivateCa, type FakePrivateCaOptions, startPrivateCa } from "./private-ca.ts";

export interface SceneOptions {
  /** Of the issuer, over what it has by itself. */
  readonly spec?: JsonObject;
  /** Of the Secret `aws` in the issuer's namespace. */
  readonly secret?: Readonly<Record<string, string>>;
  /** Whether the issuer may use the process' own credentials. Default false. */
  readonly mayUseAmbient?: boolean;
  /** Default: they lead to the small AWS. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly ca?: Partial<FakePrivateCaOptions>;
  /** Where the process dies: around its writes of the request (`write 1`, `write 1 done`) or a call (`GetCertificate answered`). */
  readonly death?: string;
}

export interface Scene {
  readonly clock: ManualClock;
  readonly ca: FakePrivateCa;
  readonly verify: (status?: Json) => Promise<IssuerVerdict>;
  /** One call for the request as the store has it. */
  readonly sign: () => Promise<SigningOutcome>;
  /** Has the process die there. */
  readonly dieAt: (place: string) => void;
  readonly isDead: () => boolean;
  /** Resolves when what was under way last has been done, whoever hears of it. */
  readonly arrived: () => Promise<void>;
  /** Begins anew with what is stored, and lives. */
  readonly restart: () => void;
  readonly annotations: () => Promise<Readonly<Record<string, string>>>;
  readonly replaceAnnotations: (annotations: Readonly<Record<string, string>>) => Promise<void>;
  /** The orders that AWS got. */
  readonly orders: () => readonly { readonly body: string; readonly token: string }[];
  /** The Events. */
  readonly told: () => readonly string[];
  /** Writes files that go with the test; gives their paths. */
  readonly write: (
    files: Readonly<Record<string, string>>,
  ) => Readonly<Record<string, string | undefined>>;
}

const key = { id: "AKIATEST", secret: "the secret" };
const requestKey: ObjectKey = {
  ...{ kind: certificateRequestKind.id, namespace: "default", name: "app-1" },
};

/** Makes the process of a test die. */
class Mortality {
  #place: string | undefined;
  #writes = 0;
  #isDead = false;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(place: string | undefined) {
    this.#place = place;
  }

  dieAt(place: string): void {
    this.#place = place;
    this.#writes = 0;
  }

  revive(): void {
    this.#place = undefined;
    this.#isDead = false;
  }

  pass(place: string): void {
    if (place === this.#place) this.#isDead = true;
    if (this.#isDead) throw new Error("the process is dead");
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async arrived(): Promise<void> {
    await this.#underWay;
  }

  store(store: ObjectStore): ObjectStore {
    return {
      ...store,
      get: (one) => store.get(one),
      replace: async (one, draft, version) => {
        this.#writes++;
        this.pass(`write ${this.#writes}`);
        const object = await store.replace(one, draft, version);
        this.pass(`write ${this.#writes} done`);
        return object;
      },
    };
  }

  door(door: OutboundDoor): OutboundDoor {
    return {
      ...door,
      request: async (request, signal) => {
        const operation = request.headers?.["x-amz-target"]?.split(".").at(-1) ?? "";
        this.pass(`${operation} before`);
        const underWay = door.request(request, signal);
        // What comes of it when nobody is left to hear is nobody's.
        this.#underWay = underWay.catch(() => undefined);
        this.pass(`${operation} under way`);
        const answer = await underWay;
        this.pass(`${operation} answered`);
        return answer;
      },
    };
  }
}

export async function beginScene(context: TestContext, scene: SceneOptions = {}): Promise<Scene> {
  const { spec = {}, secret, ca: options = {}, death } = scene;
  const clock = createManualClock(createClock().now());
  const ca = await startPrivateCa({ clock, keys: [key], ...options });
  context.after(() => ca[Symbol.asyncDispose]());
  const mortality = new Mortality(death);
  const store = mortality.store(await temporaryStore(context));
  await store.create(requestDraft());
  const told: string[] = [];
  const deps = {
    ...{ clock, store },
    events: {
      tell: (_, { type, reason, message }) => void told.push(`${type} ${reason}: ${message}`),
    } satisfies CertificateEvents,
    outbound: mortality.door(loopbackDoor(context)),
    variables: scene.variables ?? { AWS_ENDPOINT_URL_ACM_PCA: ca.url },
  };
  let backend: IssuerBackend = createAwsPca(deps);
  const values = secret ?? { AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret };
  const access = { ...accessOf(values), mayUseAmbient: scene.mayUseAmbient === true };
  const issuerOf = (status?: Json): KubeObject =>
    storedObject({
      ...{ apiVersion: "awspca.cert-manager.io/v1beta1", kind: awsPcaIssuerKind.kind, status },
      body: { spec: { arn: ca.arn, secretRef: { name: "aws" }, ...spec } },
    });
  const current = async (): Promise<KubeObject> => {
    const request = await store.get(requestKey);
    if (request === undefined) throw new Error("the request is gone");
    return request;
  };
  return {
    ...{ clock, ca },
    verify: (status) => backend.verify(issuerOf(status), access),
    sign: async () => {
      const request = await current();
      return await backend.sign(
        { request, facts: () => readRequest(request), issuer: issuerOf(), access },
        new AbortController().signal,
      );
    },
    dieAt: (place) => mortality.dieAt(place),
    isDead: () => mortality.isDead,
    arrived: () => mortality.arrived(),
    restart: () => {
      mortality.revive();
      backend = createAwsPca(deps);
    },
    annotations: async () => (await current()).metadata.annotations,
    replaceAnnotations: async (annotations) => {
      const draft = requestDraft();
      const { resourceVersion } = (await current()).metadata;
      const metadata = { ...draft.metadata, annotations };
      await store.replace(requestKey, { ...draft, metadata }, resourceVersion);
    },
    orders: () =>
      ca.calls.flatMap(({ operation, body }) =>
        operation === "IssueCertificate"
          ? [{ body, token: (JSON.parse(body) as { IdempotencyToken: string }).IdempotencyToken }]
          : [],
      ),
    told: () => told,
    write: (files) => writeFiles(context, files),
  };
}

/** The certificate, once AWS is done with it; time passes as the outcomes ask for. */
export async function issued(
  scene: Scene,
): Promise<{ readonly certificate: string; readonly authority: string }> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await scene.sign();
    if (outcome.kind === "issued")
      return { certificate: outcome.certificate, authority: outcome.authority ?? "" };
    if (outcome.kind === "failed" || attempt === mostTries)
      throw new Error(JSON.stringify(outcome));
    await scene.clock.advance(outcome.retryAfter ?? { seconds: 10 });
  }
}

const mostTries = 20;

function accessOf(values: Readonly<Record<string, string>>): Omit<IssuerAccess, "mayUseAmbient"> {
  return {
    secretOf: ({ name, key: entry = "" }) => {
      const value = name === "aws" ? values[entry] : undefined;
      return Promise.resolve(value === undefined ? undefined : new SecretBytes(Buffer.from(value)));
    },
    credentialsNamespace: "default",
  };
}

/** Made once: its key is nobody's. */
const signingRequest =
  /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+?-----END CERTIFICATE REQUEST-----/.exec(
    openssl([
      ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", "-", "-subj", "/CN=app.example.com"],
      ...["-addext", "subjectAltName=DNS:app.example.com"],
    ]),
  )?.[0];

function requestDraft(): Draft {
  return {
    apiVersion: "cert-manager.io/v1",
    kind: certificateRequestKind.kind,
    metadata: { namespace: requestKey.namespace, name: requestKey.name },
    body: {
      spec: {
        request: Buffer.from(`${signingRequest}\n`).toString("base64"),
        issuerRef: { group: awsPcaIssuerKind.group, kind: awsPcaIssuerKind.kind, name: "a" },
        duration: "2160h0m0s",
        usages: ["server auth", "client auth"],
      },
    },
  };
}

function writeFiles(
  context: TestContext,
  files: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-pca-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const path = join(directory, `${name}.pem`);
      writeFileSync(path, text);
      return [name, path] as const;
    }),
  );
}
