/** What a replica serves xDS with: a certificate of its own, and the bundle that proxies are judged by, kept current. */

import type { Clock } from "#runtime/clock.ts";
import type { TlsIdentity } from "#runtime/http/http2-server.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { renewalTime } from "./root-rotation.ts";
import { formatBundle, type XdsAuthority } from "./xds-authority.ts";
import { issueLeaf } from "./xds-certificates.ts";
import { settleXdsSecrets } from "./xds-secrets.ts";

export interface XdsIdentityDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface XdsIdentity {
  /** The identity now, for a listener that opens and for a call to another replica. */
  readonly current: () => TlsIdentity;
  /** Hears of every later one; the returned function stops it. */
  readonly subscribe: (listener: (identity: TlsIdentity) => void) => () => void;
  /** Stops renewing. */
  readonly close: () => void;
}

/** How late a replica may notice what another one wrote; well within the margin of a rotation. */
const longestRest = Temporal.Duration.from({ minutes: 10 });

/** After a failure of the store. */
const retryAfter = Temporal.Duration.from({ seconds: 30 });

/**
 * Makes or reads what is stored in the namespace, then keeps it and the identity renewed until closed. While the store
 * does not answer, the replica renews its own certificate under the roots it knows. Throws StoreError and
 * UnusableSecretError when it cannot begin.
 */
export async function keepXdsIdentity(
  deps: XdsIdentityDeps,
  settings: {
    /** Where Sekisho runs. */
    readonly namespace: string;
  },
): Promise<XdsIdentity> {
  const { namespace } = settings;
  const first = await settleXdsSecrets(deps, namespace, deps.clock.now());
  const keeper = new IdentityKeeper(deps, namespace, first.authority);
  keeper.rest(first.until);
  return {
    current: () => keeper.identity,
    subscribe: (listener) => {
      keeper.listeners.add(listener);
      return () => void keeper.listeners.delete(listener);
    },
    close: () => keeper.close(),
  };
}

class IdentityKeeper {
  identity: TlsIdentity;
  readonly listeners = new Set<(identity: TlsIdentity) => void>();
  readonly #deps: XdsIdentityDeps;
  readonly #namespace: string;
  #authority: XdsAuthority;
  #renewAt: Temporal.Instant;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(deps: XdsIdentityDeps, namespace: string, authority: XdsAuthority) {
    this.#deps = deps;
    this.#namespace = namespace;
    this.#authority = authority;
    [this.identity, this.#renewAt] = this.#issue();
  }

  /** Sleeps until something is due, and not for long. */
  rest(until: Temporal.Instant): void {
    if (this.#isClosed) return;
    const now = this.#deps.clock.now();
    const waits = [until, this.#renewAt].map((moment) => now.until(moment).total("milliseconds"));
    const milliseconds = Math.max(0, Math.min(longestRest.total("milliseconds"), ...waits));
    const pause = Temporal.Duration.from({ milliseconds: Math.ceil(milliseconds) });
    this.#wake = this.#deps.clock.after(pause, () => void this.#turn());
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    this.listeners.clear();
  }

  async #turn(): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      const { authority, until } = await settleXdsSecrets(this.#deps, this.#namespace, clock.now());
      this.#refresh(authority);
      this.rest(until);
    } catch (error) {
      log.warn("cannot renew what xDS is secured with, and tries again", {
        [logFields.error]: errorText(error),
      });
      this.#refresh(this.#authority);
      this.rest(clock.now().add(retryAfter));
    }
  }

  #refresh(authority: XdsAuthority): void {
    const isDue = Temporal.Instant.compare(this.#deps.clock.now(), this.#renewAt) >= 0;
    const isSame =
      authority.signing.certificate.pem === this.#authority.signing.certificate.pem &&
      formatBundle(authority) === this.identity.clientCa;
    if (this.#isClosed || (isSame && !isDue)) return;
    this.#authority = authority;
    [this.identity, this.#renewAt] = this.#issue();
    for (const listener of this.listeners) listener(this.identity);
  }

  #issue(): [TlsIdentity, Temporal.Instant] {
    const leaf = issueLeaf(this.#authority.signing, this.#deps.clock.now(), {
      namespace: this.#namespace,
      role: "control-plane",
    });
    const identity = {
      certificateChain: leaf.certificate.pem,
      privateKey: Buffer.from(leaf.privateKey.reveal()).toString("utf8"),
      clientCa: formatBundle(this.#authority),
    };
    return [identity, renewalTime(leaf.certificate)];
  }
}
