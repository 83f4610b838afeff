/** What the xDS server tells the rest of the program while it runs. */

import type { ResourceType } from "#envoy/resource.ts";
import type { SentVersions } from "./streams/unanswered.ts";

export interface StreamIdentity {
  /** Envoy's `node.id`. */
  readonly proxy: string;
  /** Tells streams of one proxy apart; counts up from 1. */
  readonly stream: number;
}

/** A name whose content a proxy refuses: it holds something else, or nothing. */
export interface RefusedName extends StreamIdentity {
  readonly type: ResourceType;
  readonly name: string;
  readonly version: string;
  /** Envoy's own text. */
  readonly message: string;
}

export interface AnswerEvent extends StreamIdentity {
  readonly type: ResourceType;
  /** Names of that response with their versions; an empty version is a removal. */
  readonly versions: SentVersions;
}

export interface RefusedEvent extends AnswerEvent {
  /** Envoy's own text. */
  readonly message: string;
}

export interface XdsListener {
  readonly connected?: (event: StreamIdentity) => void;
  readonly disconnected?: (event: StreamIdentity) => void;
  readonly acknowledged?: (event: AnswerEvent) => void;
  readonly refused?: (event: RefusedEvent) => void;
  /** What waits for others for long at a proxy has changed. */
  readonly held?: (event: StreamIdentity) => void;
  /** What is known to be refused has changed. */
  readonly verdicts?: () => void;
}

export class XdsEvents {
  readonly #listeners = new Set<XdsListener>();

  /** Calls `listener` from now on; the returned function stops it. */
  subscribe(listener: XdsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connected(event: StreamIdentity): void {
    for (const listener of this.#listeners) listener.connected?.(event);
  }

  disconnected(event: StreamIdentity): void {
    for (const listener of this.#listeners) listener.disconnected?.(event);
  }

  acknowledged(event: AnswerEvent): void {
    for (const listener of this.#listeners) listener.acknowledged?.(event);
  }

  verdicts(): void {
    for (const listener of this.#listeners) listener.verdicts?.();
  }

  held(event: StreamIdentity): void {
    for (const listener of this.#listeners) listener.held?.(event);
  }

  refused(event: RefusedEvent): void {
    for (const listener of this.#listeners) listener.refused?.(event);
  }
}
