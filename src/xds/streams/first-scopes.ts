/**
 * What keeps a proxy that begins from serving before it has everything.
 *
 * Its listeners wait for their first scopes, and for the routes of every scope that comes while they wait; then they
 * serve, and a host whose scope comes later is missing until then. So that scopes can come in parts, the routes of one
 * that is always there are kept back: those for every host, until the proxy has acknowledged all scopes.
 */

import { everyHostName } from "#envoy/routes/scope.ts";
import type { ResourceView } from "../resource-view.ts";

export class FirstScopes {
  readonly #view: Pick<ResourceView, "find" | "isOpen" | "revision">;
  #isWaiting = false;
  #hasNone = false;
  /** The change up to which scopes count: what changes all the time must not keep a proxy from serving for ever. */
  #last: number | undefined;

  constructor(view: Pick<ResourceView, "find" | "isOpen" | "revision">) {
    this.#view = view;
  }

  /** The proxy asks for its scopes; `hasNone`: it does not come with any from an earlier stream. */
  begin({ hasNone }: { readonly hasNone: boolean }): void {
    this.#isWaiting = true;
    this.#hasNone = hasNone;
  }

  /** It came without scopes and does not have all of them: what it is sent is not in force. */
  get servesNothing(): boolean {
    return this.#isWaiting && this.#hasNone;
  }

  /** Whether no scope can go out yet: the one that a proxy waits for comes among the first. */
  get lacksFirst(): boolean {
    if (!this.servesNothing || this.#view.isOpen("scope")) return false;
    return this.#view.find("scope", everyHostName) === undefined;
  }

  /** Whether routes of that name are kept from a proxy that has none. One whose stream broke off on its way waits, too. */
  keepsBack(name: string): boolean {
    return this.#isWaiting && name === everyHostName;
  }

  /** True once, when the proxy has all scopes: `oldestUnsettled` is the oldest change of scopes that it has not answered for. */
  endsWith(oldestUnsettled: number): boolean {
    if (!this.#isWaiting || !this.#view.isOpen("scope")) return false;
    this.#last ??= this.#view.revision;
    if (oldestUnsettled <= this.#last) return false;
    this.#isWaiting = false;
    return true;
  }
}
