/** Approves CertificateRequests and has them signed: their conditions Approved and Ready. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { type Condition, conditionsOf, withCondition } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { StoreError } from "#store/object-store.ts";
import type { Approver, Requester } from "../approval/approver.ts";
import { askedByRequest } from "../approval/asked-certificate.ts";
import type { SigningOutcome } from "../issuers/issuer.ts";
import { outageBackOffMs } from "../policies/back-off.ts";
import type { ControllerDeps } from "./controller.ts";
import type { IssuerResolver } from "./issuer-resolver.ts";
import type { World } from "./world.ts";

type Deps = Pick<ControllerDeps, "clock" | "statuses" | "events" | "store"> & {
  readonly issuers: IssuerResolver;
  readonly approver: Approver;
  readonly world: Pick<World, "factsOf" | "view">;
  readonly signal: AbortSignal;
};

type IssuerKey = NonNullable<ReturnType<IssuerResolver["keyOf"]>>;

/** Where nothing says when to look again: an issuer that forgets to is asked all the same. */
const usualWaitMs = 300_000;

const approved: Condition = {
  ...{ type: "Approved", status: "True", reason: "cert-manager.io" },
  message: "Certificate request has been approved by cert-manager.io",
};

/** What is to be said of a request; no condition: it is somebody else's to say. */
interface Verdict {
  readonly conditions: readonly Condition[];
  readonly fields?: JsonObject;
  readonly waitMs?: number;
}

export class RequestSigner {
  readonly #deps: Deps;
  /** uid → what is under way: two who ask for the same are told the same. */
  readonly #running = new Map<string, Promise<Temporal.Instant | undefined>>();
  /**
   * uid → until when nobody asks its issuer again: changes of the request itself, most of them ours, are no reason to. By the
   * monotonic clock: a wall clock that is set back must not make a wait longer.
   */
  readonly #waitsUntilMs = new Map<string, number>();
  /** uid → how often its issuer was not reached in a row. */
  readonly #outages = new Map<string, number>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Goes on with a request; the moment is when time alone lets it go on. Throws StoreError. */
  async advance(request: KubeObject): Promise<Temporal.Instant | undefined> {
    const { uid } = request.metadata;
    const running = this.#running.get(uid);
    if (running !== undefined) return await running;
    const { clock } = this.#deps;
    const leftMs = (this.#waitsUntilMs.get(uid) ?? 0) - clock.monotonicMs();
    if (leftMs > 0) return clock.now().add({ milliseconds: Math.ceil(leftMs) });
    const begun = this.#advance(request);
    this.#running.set(uid, begun);
    try {
      return await begun;
    } finally {
      this.#running.delete(uid);
    }
  }

  /** What a request waited for may have come. */
  wake(uid: string): void {
    this.#waitsUntilMs.delete(uid);
  }

  /** The request is gone. */
  forget(uid: string): void {
    this.#outages.delete(uid);
    this.#waitsUntilMs.delete(uid);
  }

  async #advance(request: KubeObject): Promise<Temporal.Instant | undefined> {
    const before = conditionsOf(request.status);
    if (request.metadata.deletionTimestamp !== undefined || isFinal(request)) return undefined;
    const now = this.#deps.clock.now();
    const { conditions, fields = {}, waitMs } = await this.#judge(request, before);
    const isFailed = conditions.some(
      ({ type, reason }) => type === "Ready" && (reason === "Failed" || reason === "Denied"),
    );
    const written = this.#write(request, (status) => {
      let after = conditionsOf(status);
      for (const condition of conditions) after = withCondition(after, condition, now);
      return {
        ...(isJsonObject(status) ? (status as JsonObject) : {}),
        ...fields,
        ...(isFailed ? { failureTime: now.toString({ smallestUnit: "second" }) } : {}),
        ...(after.length === 0 ? {} : { conditions: after.map((one): JsonObject => ({ ...one })) }),
      };
    });
    const isRefused = await this.#isRefused(request, written, conditions);
    const { uid } = request.metadata;
    const longestMs = isRefused ? usualWaitMs : waitMs;
    if (longestMs === undefined) {
      this.#waitsUntilMs.delete(uid);
      return undefined;
    }
    const { clock } = this.#deps;
    this.#waitsUntilMs.set(uid, clock.monotonicMs() + longestMs);
    return clock.now().add({ milliseconds: Math.ceil(longestMs) });
  }

  /** An API server may have been told who approves for an issuer: then the request waits for one of those. */
  async #isRefused(
    request: KubeObject,
    written: Promise<void>,
    conditions: readonly Condition[],
  ): Promise<boolean> {
    const decided = conditions.find(({ type }) => type === "Approved" || type === "Denied");
    try {
      await written;
      if (decided !== undefined) {
        const { reason, message } = decided;
        const type = decided.type === "Approved" ? "Normal" : "Warning";
        this.#deps.events.tell(request, { type, reason, message });
      }
      return false;
    } catch (error) {
      if (decided === undefined || !(error instanceof StoreError) || error.code !== "denied")
        throw error;
      const message = `Not signed until the Approved condition is set: ${error.message}`;
      this.#deps.events.tell(request, { type: "Normal", reason: "WaitingForApproval", message });
      return true;
    }
  }

  /** While it was signed, it may have been written to: by whoever signs, too. Then once more over what it says now. */
  async #write(request: KubeObject, change: (status: Json | undefined) => Json): Promise<void> {
    const { statuses, store } = this.#deps;
    try {
      await statuses.write(request, change(request.status));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "conflict") throw error;
      const fresh = await store.get(keyOf(request));
      if (fresh?.metadata.uid !== request.metadata.uid || isFinal(fresh)) return;
      await statuses.write(fresh, change(fresh.status));
    }
  }

  async #judge(request: KubeObject, before: readonly Condition[]): Promise<Verdict> {
    const isSaid = (type: string): boolean =>
      before.some((one) => one.type === type && one.status === "True");
    const { value, problems } = read(certificateRequestKind, request);
    if (value === undefined) {
      const why = problems[0]?.message ?? "it cannot be read";
      return { conditions: [ready("Failed", `the request cannot be read: ${why}`)] };
    }
    const key = this.#deps.issuers.keyOf(value.spec.issuerRef, request.metadata.namespace);
    if (isSaid("Denied")) return { conditions: key === undefined ? [] : [denied] };
    const approval = isSaid("Approved") ? [] : await this.#decide(request);
    if (typeof approval === "string") {
      const message = `Not signed until the Approved condition is set: ${approval}`;
      this.#deps.events.tell(request, { type: "Normal", reason: "WaitingForApproval", message });
      // Who may use a policy is known to an API server alone, which says nothing when that changes.
      return { conditions: [], waitMs: usualWaitMs };
    }
    if (approval.some(({ type }) => type === "Denied"))
      return { conditions: key === undefined ? approval : [...approval, denied] };
    // Whoever has a kind of issuers of their own signs for them.
    if (key === undefined) return { conditions: approval };
    // Whoever is asked works only for requests that say that they are approved: that is written first.
    if (approval.length > 0 && this.#asksOthers(key)) return { conditions: approval };
    const signed = await this.#sign(request, key);
    return { ...signed, conditions: [...approval, ...signed.conditions] };
  }

  /** A text: it is somebody else's to decide, and why. */
  async #decide(request: KubeObject): Promise<readonly Condition[] | string> {
    const { approver, world } = this.#deps;
    if (!approver.hasPolicies()) return [approved];
    const facts = world.factsOf(request);
    if (!facts.ok) return [byPolicy("Denied", `it cannot be read: ${facts.error}`)];
    const judgement = await approver.judge(askedByRequest(facts.value), this.#requester(request));
    switch (judgement.kind) {
      case "approved":
        return [byPolicy("Approved", `by CertificateRequestPolicy "${judgement.policy}"`)];
      case "denied":
        return [byPolicy("Denied", `no policy approved it: ${judgement.why}`)];
      case "undecided":
        return judgement.why ?? "no policy says anything of it";
    }
  }

  #requester(request: KubeObject): Requester {
    const { namespace, ownerReferences } = request.metadata;
    const { view } = this.#deps.world;
    const isOfCertificate = ownerReferences.some(
      ({ name, uid }) => view.get(certificateKind.id, namespace, name)?.metadata.uid === uid,
    );
    return { namespace, request, isOfCertificate };
  }

  #asksOthers(key: IssuerKey): boolean {
    const { issuers } = this.#deps;
    const issuer = issuers.get(key);
    return issuer !== undefined && issuers.backendOf(issuer)?.asksOthers === true;
  }

  async #sign(request: KubeObject, key: IssuerKey): Promise<Verdict> {
    const { issuers, events, signal, world } = this.#deps;
    const issuer = issuers.get(key);
    const wait = (reason: string, message: string): Verdict => {
      events.tell(request, { type: "Normal", reason, message });
      return { conditions: [ready("Pending", message)] };
    };
    const kind = key.kind.split(".")[0] ?? "";
    if (issuer === undefined)
      return wait("IssuerNotFound", `Referenced "${kind}" not found: "${key.name}" not found`);
    const backend = issuers.backendOf(issuer);
    if (backend === undefined)
      return wait("IssuerNotReady", `Nobody signs in the way that "${kind}" ${key.name} says`);
    const isReady = conditionsOf(issuer.status).some(
      ({ type, status }) => type === "Ready" && status === "True",
    );
    if (!isReady)
      return wait("IssuerNotReady", "Referenced issuer does not have a Ready status condition");
    const access = issuers.accessOf(issuer);
    const facts = (): ReturnType<World["factsOf"]> => world.factsOf(request);
    return this.#take(request, await backend.sign({ request, facts, issuer, access }, signal));
  }

  #take(request: KubeObject, outcome: SigningOutcome): Verdict {
    const { events } = this.#deps;
    const { uid } = request.metadata;
    const outages = outcome.kind === "outage" ? (this.#outages.get(uid) ?? 0) + 1 : 0;
    if (outages === 0) this.#outages.delete(uid);
    else this.#outages.set(uid, outages);
    switch (outcome.kind) {
      case "issued": {
        const message = "Certificate fetched from issuer successfully";
        events.tell(request, { type: "Normal", reason: "CertificateIssued", message });
        return {
          conditions: [ready("Issued", message)],
          fields: {
            certificate: base64(outcome.certificate),
            ...(outcome.authority === undefined ? {} : { ca: base64(outcome.authority) }),
          },
        };
      }
      case "failed":
        events.tell(request, {
          ...{ type: "Warning", reason: "SigningError", message: outcome.message },
        });
        return { conditions: [ready("Failed", outcome.message)] };
      case "pending":
        return {
          conditions: [ready("Pending", outcome.message)],
          waitMs: outcome.retryAfter?.total("milliseconds") ?? usualWaitMs,
        };
      case "outage":
        events.tell(request, {
          ...{ type: "Warning", reason: "SigningError", message: outcome.message },
        });
        return {
          conditions: [ready("Pending", outcome.message)],
          waitMs: outcome.retryAfter?.total("milliseconds") ?? outageBackOffMs(outages),
        };
    }
  }
}

/** As approver-policy gives its reason. */
function byPolicy(type: "Approved" | "Denied", message: string): Condition {
  return { type, status: "True", reason: "policy.cert-manager.io", message };
}

function base64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

function ready(reason: "Issued" | "Pending" | "Failed" | "Denied", message: string): Condition {
  return { type: "Ready", status: reason === "Issued" ? "True" : "False", reason, message };
}

const denied = ready("Denied", "The CertificateRequest was denied by an approval controller");

/** Nothing is said of it any more. */
function isFinal({ status }: KubeObject): boolean {
  return conditionsOf(status).some(
    ({ type, status: said, reason }) =>
      (type === "Ready" && (said === "True" || reason === "Failed" || reason === "Denied")) ||
      (type === "InvalidRequest" && said === "True"),
  );
}
