/** The authorities behind issuers: opened once, and described by AWS every few minutes at most. */

import { err, ok, type Result } from "#base/result.ts";
import { sha256 } from "#base/sha256.ts";
import {
  type AwsPcaIssuerSpec,
  awsPcaClusterIssuerKind,
} from "#kinds/cert-manager/aws-pca-issuer.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { parseArn } from "../../aws/arn.ts";
import type { AwsDeps } from "../../aws/aws-deps.ts";
import { type AwsIdentity, createCredentials } from "../../aws/credentials.ts";
import { endpointOf } from "../../aws/endpoint.ts";
import type { IssuerAccess } from "../../solvers/solver.ts";
import { identityOf } from "./identity.ts";
import { type Authority, createPrivateCa, type PrivateCa } from "./private-ca.ts";

/** An authority that may be asked. */
export interface OpenAuthority {
  readonly arn: string;
  readonly partition: string;
  readonly defaultTemplateName: string;
  readonly ca: PrivateCa;
  /** What AWS said of it a few minutes ago at most. Throws AwsError. */
  readonly described: () => Promise<Authority>;
  /** What AWS says of it now. Throws AwsError. */
  readonly describe: () => Promise<Authority>;
}

interface Opened {
  /** Tells whether the issuer and its credentials are still those. */
  readonly fingerprint: string;
  readonly authority: OpenAuthority;
}

export interface SignatoryDeps extends AwsDeps {
  readonly store: ObjectStore;
}

/** What AWS says of an authority changes rarely. */
const freshness = Temporal.Duration.from({ minutes: 10 });

/** Beyond it the one that was opened first is opened anew when it is needed: issuers come and go. */
const mostOpened = 1000;

export class Signatories {
  readonly #deps: SignatoryDeps;
  /** By the uid of the issuer. */
  readonly #opened = new Map<string, Opened>();

  constructor(deps: SignatoryDeps) {
    this.#deps = deps;
  }

  /** The authority of an issuer, or what is wrong with the issuer. Throws StoreError. */
  async open(issuer: KubeObject, access: IssuerAccess): Promise<Result<OpenAuthority, string>> {
    const { value, problems } = read(awsPcaClusterIssuerKind, issuer);
    if (value === undefined) {
      const [first] = problems;
      return err(first === undefined ? "it cannot be read" : `${first.path} ${first.message}`);
    }
    const isClusterWide = keyOf(issuer).kind === awsPcaClusterIssuerKind.id;
    const { spec } = value;
    const identity = await identityOf(this.#deps.store, { spec, isClusterWide, access });
    if (!identity.ok) return identity;
    const fingerprint = fingerprintOf(spec, identity.value);
    const { uid } = issuer.metadata;
    const there = this.#opened.get(uid);
    if (there?.fingerprint === fingerprint) return ok(there.authority);
    const authority = openAuthority(this.#deps, spec, identity.value);
    if (authority.ok) this.#keep(uid, { fingerprint, authority: authority.value });
    return authority;
  }

  #keep(uid: string, opened: Opened): void {
    this.#opened.delete(uid);
    this.#opened.set(uid, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > mostOpened && oldest !== undefined) this.#opened.delete(oldest);
  }
}

function fingerprintOf(spec: AwsPcaIssuerSpec, identity: AwsIdentity): string {
  const key = identity.kind === "access-key" ? [identity.id, sha256(identity.secret.reveal())] : [];
  return JSON.stringify([spec, identity.kind, ...key]);
}

function openAuthority(
  deps: SignatoryDeps,
  spec: AwsPcaIssuerSpec,
  identity: AwsIdentity,
): Result<OpenAuthority, string> {
  const arn = parseArn(spec.arn);
  if (!arn.ok) return arn;
  const { partition } = arn.value;
  const region = spec.region === undefined || spec.region === "" ? arn.value.region : spec.region;
  const { role = "" } = spec;
  const credentials = createCredentials(deps, {
    ...{ identity, region },
    ...(role === "" ? {} : { role }),
  });
  const endpoint = endpointOf("acm-pca", { region, partition }, deps.variables);
  const ca = createPrivateCa(deps, { id: "acm-pca", region, endpoint, credentials }, spec.arn);
  return ok({
    ...{ arn: spec.arn, partition, ca },
    defaultTemplateName: spec.pcaTemplate?.defaultTemplateName ?? "",
    ...describing(deps, ca),
  });
}

function describing(
  { clock }: SignatoryDeps,
  ca: PrivateCa,
): Pick<OpenAuthority, "describe" | "described"> {
  let known: { readonly authority: Authority; readonly until: Temporal.Instant } | undefined;
  let asking: Promise<Authority> | undefined;
  const describe = (): Promise<Authority> => {
    asking ??= ca
      .describe()
      .then((authority) => {
        known = { authority, until: clock.now().add(freshness) };
        return authority;
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  return {
    describe,
    described: async () =>
      known !== undefined && Temporal.Instant.compare(clock.now(), known.until) < 0
        ? known.authority
        : await describe(),
  };
}
