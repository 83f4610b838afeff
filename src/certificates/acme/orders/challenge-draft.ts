/** The Challenge by which one name of an Order is shown ours. */

import { contentHash } from "#base/content-hash.ts";
import type { Json } from "#base/json.ts";
import { err, ok, type Result } from "#base/result.ts";
import { sha256 } from "#base/sha256.ts";
import type { AcmeSolver } from "#kinds/cert-manager/acme-solver.ts";
import { type Challenge, challengeFinalizer } from "#kinds/cert-manager/challenge.ts";
import type { Order, OrderAuthorization } from "#kinds/cert-manager/order.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Draft } from "#store/object-store.ts";
import { chooseSolver, prefersHandshakes, type SolverType } from "../../solvers/solver-choice.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";

/** How the kind writes the types of challenges. */
const writtenTypes = {
  "http-01": "HTTP-01",
  "tls-alpn-01": "TLS-ALPN-01",
  "dns-01": "DNS-01",
} as const satisfies Readonly<Record<SolverType, string>>;

const maxPrefix = 52;

export interface PlannedChallenge {
  readonly draft: Draft;
  readonly spec: Omit<Challenge["spec"], "solver">;
  /** The issuer's own, as it is now. */
  readonly solver: AcmeSolver;
  readonly solverType: SolverType;
}

/** The Challenge for an authorization; the error says why no solver of the issuer can take it. */
export function planChallenge(
  order: KubeObject,
  { spec }: Order,
  authorization: OrderAuthorization,
  { issuer, config, thumbprint }: AcmeAccess,
): Result<PlannedChallenge, string> {
  const { identifier = "", wildcard = false, challenges = [] } = authorization;
  const chosen = chooseSolver(config.solvers ?? [], {
    name: wildcard ? `*.${identifier}` : identifier,
    offered: challenges.map(({ type }) => type),
    inHandshakes: prefersHandshakes(issuer),
    labels: order.metadata.labels,
  });
  const offered = challenges.find(({ type }) => type === chosen?.type);
  if (chosen === undefined || offered === undefined || offered.token === "")
    return err(
      `no configured challenge solvers can be used for ${wildcard ? "*." : ""}${identifier}`,
    );
  const { url, token } = offered;
  const planned = {
    url,
    authorizationURL: authorization.url,
    dnsName: identifier,
    wildcard,
    type: writtenTypes[chosen.type],
    token,
    key: answerOf(chosen.type, token, thumbprint),
    issuerRef: { ...spec.issuerRef },
  };
  const { name, namespace, uid, labels } = order.metadata;
  const { apiVersion, kind } = order;
  const prefix = name.slice(0, maxPrefix).replace(/[-.]+$/, "");
  const draft = {
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    metadata: {
      name: `${prefix}-${contentHash(authorization.url, url).slice(0, 10)}`,
      namespace,
      labels,
      finalizers: [challengeFinalizer],
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    body: { spec: { ...planned, solver: plainSolver(chosen.solver) } },
  };
  return ok({ draft, spec: planned, solver: chosen.solver, solverType: chosen.type });
}

/** What was parsed from JSON is JSON. */
function plainSolver(solver: AcmeSolver): Json {
  return JSON.parse(JSON.stringify(solver)) as Json;
}

/** What the server finds: the key authorization (RFC 8555 §8.1), or its hash in a TXT record (§8.4). */
function answerOf(type: SolverType, token: string, thumbprint: string): string {
  const authorization = `${token}.${thumbprint}`;
  return type === "dns-01"
    ? Buffer.from(sha256(Buffer.from(authorization)), "hex").toString("base64url")
    : authorization;
}
