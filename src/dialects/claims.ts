/** What of fragments is kept for those who write statuses: which objects are served, through which others, where, and which certificates and DNS records they want. */

import { sameJson } from "#base/json.ts";
import type { Fragment, ReachedAt } from "#model/fragment.ts";

type Claim = Pick<Fragment, "servedBy" | "wantedCertificates" | "wantedRecord" | "reachedAt">;
type WantedOfObject = NonNullable<Fragment["wantedCertificates"]>;
type RecordOfObject = NonNullable<Fragment["wantedRecord"]>;

export class Claims {
  readonly #uids = new Map<string, string>();
  /** Key of an object → that of the one among whose routes its own are. */
  readonly #servedBy = new Map<string, string>();
  readonly #reachedAt = new Map<string, ReachedAt>();
  readonly #wanted = new Map<string, WantedOfObject>();
  readonly #records = new Map<string, RecordOfObject>();
  readonly #changed: (key: string) => void;

  /** `changed`: hears of objects (`formatKey`) of which something here is otherwise now. */
  constructor(changed: (key: string) => void) {
    this.#changed = changed;
  }

  /** `uid` undefined: nobody of ours serves the object. */
  set(key: string, uid: string | undefined, claim: Claim = {}): void {
    const news = [
      keep(this.#uids, key, uid),
      keep(this.#servedBy, key, claim.servedBy),
      keep(this.#reachedAt, key, claim.reachedAt),
      keep(this.#wanted, key, claim.wantedCertificates),
      keep(this.#records, key, claim.wantedRecord),
    ];
    if (news.some((isNew) => isNew)) this.#changed(key);
  }

  /** The objects that are served, with their uids. */
  get uids(): ReadonlyMap<string, string> {
    return this.#uids;
  }

  servedBy(key: string): string | undefined {
    return this.#servedBy.get(key);
  }

  reachedAt(key: string): ReachedAt | undefined {
    return this.#reachedAt.get(key);
  }

  wantedBy(key: string): WantedOfObject {
    return this.#uids.has(key) ? (this.#wanted.get(key) ?? []) : "as-before";
  }

  recordOf(key: string): RecordOfObject | undefined {
    return this.#uids.has(key) ? this.#records.get(key) : "as-before";
  }
}

/** Whether that is news. */
function keep<V>(map: Map<string, V>, key: string, value: V | undefined): boolean {
  if (sameJson(map.get(key), value)) return false;
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return true;
}
