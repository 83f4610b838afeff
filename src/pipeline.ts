/**
 * The whole flow on one page: objects → fragments → gateway → Envoy resources, kept up by change.
 *
 *   set, delete      an object comes, changes, goes: its own findings at once
 *   flush            stage 0: each object of a dialect's kinds → its fragment → the gateway
 *                    stages 1 to 7: what of the gateway has changed → Envoy resources (`envoy/gateway-resources.ts`)
 *   takeChange       after a completed flush: what the proxies need to hear
 *   takePart         amid the first one: what of that proxies can be told that have nothing yet
 */

import type { Finding, FindingChange } from "#base/finding.ts";
import { FindingSet } from "#base/finding-set.ts";
import type { Json } from "#base/json.ts";
import type { Result } from "#base/result.ts";
import { Demand } from "#base/tracked/demand.ts";
import { type Cell, Graph, type GraphCounts } from "#base/tracked/graph.ts";
import type { KeyListener } from "#base/tracked/index-by-key.ts";
import { dialects } from "./dialects/all.ts";
import { chooseDialect, dialectsOf } from "./dialects/choose-dialect.ts";
import { Claims } from "./dialects/claims.ts";
import { resolveEndpoints, unresolved } from "./dialects/common/endpoints.ts";
import { kindFindings } from "./dialects/common/findings.ts";
import { handshakeAnswer, solverAnswer } from "./dialects/common/solver-answer.ts";
import type { Dialect, DialectSettings, World } from "./dialects/dialect.ts";
import { KnownObjects } from "./dialects/known-objects.ts";
import { KnownSecrets, type KnownSecretsDeps } from "./dialects/known-secrets.ts";
import { worldIndexes } from "./dialects/world-indexes.ts";
import { secretOfAuthorities } from "./envoy/chain-names.ts";
import { GatewayResources } from "./envoy/gateway-resources.ts";
import type { ListenerLayout } from "./envoy/listeners/layout.ts";
import type { Resource, ResourceChange } from "./envoy/resource.ts";
import type { Authorities, KeyMaterial, TicketKeys } from "./envoy/secret-source.ts";
import { kinds } from "./kinds/all.ts";
import { certificateRequestKind } from "./kinds/cert-manager/certificate-request.ts";
import { type Challenge, challengeKind } from "./kinds/cert-manager/challenge.ts";
import { type Kind, type Known, read } from "./kinds/kind.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "./kinds/object.ts";
import { type Secret, secretEntries, secretKind } from "./kinds/secret.ts";
import type { Backend, Endpoint, Endpoints } from "./model/backend.ts";
import { type Fragment, type ReachedAt, type SecretRef, secretName } from "./model/fragment.ts";
import type { Gateway } from "./model/gateway.ts";
import type { HandshakeAnswer } from "./model/handshake-answer.ts";
import type { VirtualHost } from "./model/virtual-host.ts";

/** The pure steps, as the composition root chains them. */
export interface Steps {
  /** Tracked. Undefined: the object is nobody's. */
  readonly dialectOf: (object: Known<unknown>, world: World) => Dialect | undefined;
  readonly translate: (dialect: Dialect, object: Known<unknown>, world: World) => Fragment;
  readonly endpoints: (backend: Backend, world: World) => EndpointsVerdict;
  readonly virtualHost: (gateway: Gateway, host: string) => VirtualHost;
  readonly readSecret: (secret: Secret) => Result<KeyMaterial, string>;
  readonly readAuthorities: (secret: Secret) => Result<Authorities, string>;
  /** A certificate that shows an authority that a name is ours. */
  readonly certifyHandshake: (answer: HandshakeAnswer) => KeyMaterial;
  /** One more builder, behind all others: a test makes of resources what Envoy refuses. */
  readonly amend: (resource: Resource) => Resource;
}

interface EndpointsVerdict {
  readonly endpoints: Endpoints;
  readonly findings: readonly Finding[];
}

export interface PipelineDeps {
  readonly steps: Steps;
  readonly layout: ListenerLayout;
  /** Told which DNS names Services of type ExternalName point to; answered by {@link Pipeline.setAddresses}. */
  readonly namesInUse: KeyListener;
  /** Whether Envoy counts the requests of each route. Default: no. */
  readonly routeStatistics?: boolean;
  /** Needed where the layout shares them; {@link Pipeline.setTicketKeys} replaces them. */
  readonly ticketKeys?: TicketKeys;
  /** Kinds whose own findings somebody else gives. */
  readonly judgedElsewhere?: readonly string[];
  /** Told of every bug of ours that was contained; tests rethrow. */
  readonly onBug: (error: unknown) => void;
  /** Hears what comes and goes of {@link Pipeline.findings}. */
  readonly onFindings?: (change: FindingChange) => void;
  /** Hears of objects whose place in {@link Pipeline.claimed} may have changed, by whom they are served, where they are reached, or what certificates they want. */
  readonly onClaim?: (key: string) => void;
}

type WantedOfObject = NonNullable<Fragment["wantedCertificates"]>;

const fragmentStage = 0;
const kindsById: ReadonlyMap<string, Kind<unknown>> = new Map(kinds.map((kind) => [kind.id, kind]));
const translatedKinds: ReadonlySet<string> = new Set(dialects.flatMap(({ kinds: own }) => own));

/** Of these only what is wrong in them is said here, and there may be tens of thousands. */
const neverRead: ReadonlySet<string> = new Set([certificateRequestKind.id]);

const indexes = [...worldIndexes, ...dialects.flatMap((dialect) => dialect.indexes)];

export class Pipeline {
  readonly #graph: Graph;
  readonly #steps: Steps;
  readonly #onBug: (error: unknown) => void;
  readonly #judgedElsewhere: readonly string[];
  readonly #objects: KnownObjects;
  readonly #world: World;
  readonly #findings: FindingSet;
  readonly #built: GatewayResources;
  readonly #fragments = new Map<string, () => void>();
  readonly #claims: Claims;
  readonly #certificates: KnownSecrets<KeyMaterial>;
  readonly #authorities: KnownSecrets<Authorities>;
  readonly #addresses: Demand<readonly string[]>;
  readonly #ticketKeys: Cell<TicketKeys>;

  constructor(deps: PipelineDeps) {
    this.#graph = new Graph({ onBug: deps.onBug });
    this.#steps = deps.steps;
    this.#onBug = deps.onBug;
    this.#claims = new Claims(deps.onClaim ?? (() => undefined));
    this.#findings = new FindingSet(deps.onFindings);
    this.#judgedElsewhere = deps.judgedElsewhere ?? [];
    this.#objects = new KnownObjects(this.#graph, indexes);
    this.#addresses = new Demand(this.#graph, deps.namesInUse);
    this.#ticketKeys = this.#graph.cell(deps.ticketKeys ?? noTicketKeys);
    const { readSecret, readAuthorities } = deps.steps;
    this.#certificates = this.#secretsRead(readSecret);
    this.#authorities = this.#secretsRead(readAuthorities);
    this.#world = {
      get: (kind, namespace, name) => this.#objects.get(kind, namespace, name),
      filed: (index, key) => this.#objects.filed(index, key),
      certificate: (ref) => this.#certificates.state(secretName(ref)),
      authorities: (ref) => this.#authorities.state(secretName(ref)),
    };
    const inputs = {
      secrets: {
        material: (name: string) => this.#certificates.content(name),
        authorities: (name: string) => this.#authorities.content(name),
        ticketKeys: (purpose: string) => this.#ticketKeys.get()(purpose),
      },
      endpoints: (backend: Backend) => this.#endpoints(backend),
      secretEntries: (ref: SecretRef) => this.#secretEntries(ref),
      virtualHost: deps.steps.virtualHost,
      certifyHandshake: deps.steps.certifyHandshake,
      amend: deps.steps.amend,
      routeStatistics: deps.routeStatistics ?? false,
    };
    this.#built = new GatewayResources(this.#graph, inputs, deps.layout, this.#findings);
  }

  /** Takes an object in place of its former state. Kinds that are not ours are passed over. */
  set(object: KubeObject): void {
    const key = formatKey(keyOf(object));
    const kind = kindsById.get(keyOf(object).kind);
    if (kind === undefined) return;
    const known = neverRead.has(kind.id) ? read(kind, object) : this.#objects.set(kind, object);
    const { namespace, name } = object.metadata;
    if (kind.id === secretKind.id) {
      this.#certificates.forgive(`${namespace}/${name}`);
      this.#authorities.forgive(`${namespace}/${name}`);
    }
    if (!this.#judgedElsewhere.includes(kind.id))
      this.#findings.set(`object ${key}`, kindFindings(kind, known));
    if (kind.id === challengeKind.id) this.#setAnswers(key, read(challengeKind, object));
    if (!translatedKinds.has(kind.id) || this.#fragments.has(key)) return;
    this.#fragments.set(
      key,
      this.#graph.watch(fragmentStage, () => this.#translate(key)),
    );
  }

  delete(key: ObjectKey): void {
    const text = formatKey(key);
    this.#fragments.get(text)?.();
    this.#fragments.delete(text);
    this.#claims.set(text, undefined);
    this.#built.gateway.removeFragment(text);
    this.#built.gateway.setAnswer(text, undefined);
    this.#built.challenges.setAnswer(text, undefined);
    this.#findings.delete(`fragment ${text}`);
    this.#findings.delete(`object ${text}`);
    this.#objects.delete(key);
  }

  /** Does without secrets that Envoy refuses, until their objects change; true when that makes a difference. */
  refuseSecrets(refused: readonly { readonly name: string; readonly message: string }[]): boolean {
    const news = refused.filter(({ name, message }) => {
      const secret = secretOfAuthorities(name);
      return secret === undefined
        ? this.#certificates.refuse(name, message)
        : this.#authorities.refuse(secret, message);
    });
    return news.length > 0;
  }

  /** Supplies the addresses of a DNS name in use; none when it does not resolve. */
  setAddresses(name: string, addresses: readonly string[]): void {
    this.#addresses.supply(name, addresses);
  }

  /** Session tickets are sealed with these from now on, and opened. */
  setTicketKeys(keys: TicketKeys): void {
    this.#ticketKeys.set(keys);
  }

  /** Computes what is due; with `pause` in slices. True when everything is up to date. */
  flush(pause?: () => boolean): boolean {
    return this.#graph.flush(pause);
  }

  /** What has changed since the last call; only after a completed {@link flush}. */
  takeChange(): ResourceChange {
    return this.#built.resources.takeChange();
  }

  /** Amid a flush that is paused: what a proxy can be told that serves nothing yet; {@link takeChange} has the rest. */
  takePart(): ResourceChange {
    return this.#built.takePart();
  }

  /** Which dialect translates an object that was set. */
  dialectOf(object: Known<unknown>): Dialect | undefined {
    return this.#graph.untracked(() => this.#steps.dialectOf(object, this.#world));
  }

  /** All resources that hold now. */
  resources(): readonly Resource[] {
    return this.#built.resources.all();
  }

  /** How many certificates handshakes are answered with now. */
  get certificateCount(): number {
    return this.#built.certificateCount;
  }

  /** The secret that answers a handshake for a server name; undefined: it is refused. */
  secretForServerName(name: string): Resource | undefined {
    return this.#built.secretForServerName(name);
  }

  /** To be told which secrets proxies ask for by server name. */
  get secretsInUse(): KeyListener {
    return this.#built.secretsInUse;
  }

  /** Server names among {@link secretsInUse} behind which another secret may be since the last call. */
  takeDueSecrets(): readonly string[] {
    return this.#built.takeDueSecrets();
  }

  /** The status with which an object (`formatKey`) came last. */
  statusOf(key: string): Json | undefined {
    return this.#graph.untracked(() => this.#objects.at(key))?.object.status;
  }

  /** The objects that a dialect of ours serves: `formatKey` and uid. */
  get claimed(): ReadonlyMap<string, string> {
    return this.#claims.uids;
  }

  /** The object (`formatKey`) among whose routes those of an object are served; undefined: none, or it serves its own. */
  servedBy(key: string): string | undefined {
    return this.#claims.servedBy(key);
  }

  /** Where an object (`formatKey`) says that it is reached; undefined: where the gate is. */
  reachedAt(key: string): ReachedAt | undefined {
    return this.#claims.reachedAt(key);
  }

  /** The certificates that an object (`formatKey`) wants. */
  wantedBy(key: string): WantedOfObject {
    return this.#claims.wantedBy(key);
  }

  /** What DNS is to say of the host of an object (`formatKey`); undefined: nothing. */
  recordOf(key: string): Fragment["wantedRecord"] {
    return this.#claims.recordOf(key);
  }

  findings(): readonly Finding[] {
    return this.#findings.all();
  }

  /** Who answers for a backend in use now. */
  endpointsOf(backend: Backend): readonly Endpoint[] {
    return this.#endpoints(backend).endpoints;
  }

  /** The gateway, for those who explain it. */
  get gateway(): Gateway {
    return this.#built.gateway;
  }

  get world(): World {
    return this.#world;
  }

  counts(): GraphCounts {
    return this.#graph.counts();
  }

  /** What certificate authorities are shown of names in handshakes. */
  get handshakeAnswers(): readonly HandshakeAnswer[] {
    return this.#built.challenges.answers();
  }

  #setAnswers(key: string, challenge: Known<Challenge>): void {
    this.#built.gateway.setAnswer(key, solverAnswer(challenge));
    this.#built.challenges.setAnswer(key, handshakeAnswer(challenge));
  }

  #translate(key: string): void {
    const object = this.#objects.at(key);
    if (object === undefined) return;
    const fragment = this.#contained(object);
    if (fragment === undefined) {
      this.#claims.set(key, undefined);
      this.#built.gateway.removeFragment(key);
      this.#findings.delete(`fragment ${key}`);
      return;
    }
    this.#built.gateway.setFragment(key, fragment);
    const uid = fragment.claimed ? object.object.metadata.uid : undefined;
    this.#claims.set(key, uid, fragment);
    this.#findings.set(`fragment ${key}`, fragment.findings);
  }

  /** A bug in a translation harms only its object: what the dialect puts in its place answers 500. Undefined: it is nobody's. */
  #contained(object: Known<unknown>): Fragment | undefined {
    let [dialect] = dialectsOf(keyOf(object.object).kind);
    try {
      dialect = this.#steps.dialectOf(object, this.#world);
      return dialect && this.#steps.translate(dialect, object, this.#world);
    } catch (error) {
      this.#onBug(error);
      return dialect?.refuse(object, error instanceof Error ? error.message : "unknown");
    }
  }

  #secretsRead<Content>(read: KnownSecretsDeps<Content>["read"]): KnownSecrets<Content> {
    const find = (name: string): Known<Secret> | undefined => {
      const [namespace = "", plain = ""] = name.split("/");
      return this.#objects.get(secretKind, namespace, plain);
    };
    return new KnownSecrets(this.#graph, { find, read });
  }

  #secretEntries({ namespace, name }: SecretRef): Readonly<Record<string, string>> | undefined {
    const secret = this.#objects.get(secretKind, namespace, name)?.value;
    return secret === undefined ? undefined : secretEntries(secret);
  }

  #endpoints(backend: Backend): {
    readonly endpoints: readonly Endpoint[];
    readonly findings: readonly Finding[];
  } {
    const { endpoints, findings } = this.#steps.endpoints(backend, this.#world);
    const named = endpoints.names.map((one) => ({ one, found: this.#addresses.get(one.name) }));
    const lost = named.filter(({ found }) => found?.length === 0);
    return {
      endpoints: [
        ...endpoints.addresses,
        ...named.flatMap(({ one: { name: _, service: __, ...rest }, found = [] }) =>
          found.map((address) => ({ address, ...rest })),
        ),
      ],
      findings: [...findings, ...lost.map(({ one }) => unresolved(backend, one))],
    };
  }
}

function noTicketKeys(): never {
  throw new Error("the layout shares keys of session tickets, and there are none");
}

/** The steps of the real program; how Secrets are read comes from `certificates/`, which this page does not know. */
export function realSteps(
  settings: DialectSettings,
  readers: Pick<Steps, "readSecret" | "readAuthorities" | "certifyHandshake">,
): Steps {
  return {
    dialectOf: (object, world) => chooseDialect(object, world, settings),
    translate: (dialect, object, world) => dialect.translate(object, world, settings),
    endpoints: resolveEndpoints,
    virtualHost: (gateway, host) => gateway.virtualHost(host),
    ...readers,
    amend: (resource) => resource,
  };
}
