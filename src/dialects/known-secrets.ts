/** Secrets as they are read for one purpose: what is in them, and whether that can be used. */

import { err, type Result } from "#base/result.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { Memo } from "#base/tracked/memo.ts";
import { Table } from "#base/tracked/table.ts";
import type { Known } from "#kinds/kind.ts";
import type { Secret } from "#kinds/secret.ts";
import type { SecretState } from "./dialect.ts";

export interface KnownSecretsDeps<Content> {
  /** Tracked. The Secret of a name, `default/cafe-tls`. */
  readonly find: (name: string) => Known<Secret> | undefined;
  readonly read: (secret: Secret) => Result<Content, string>;
}

export class KnownSecrets<Content> {
  readonly #graph: Graph;
  readonly #deps: KnownSecretsDeps<Content>;
  readonly #contents: Memo<Result<Content, SecretState>>;
  /** Whether it can be used: one that is replaced is no news of the objects that name it. */
  readonly #states: Memo<SecretState>;
  /** Name of a secret → why Envoy refuses it. */
  readonly #refused: Table<string>;

  constructor(graph: Graph, deps: KnownSecretsDeps<Content>) {
    this.#graph = graph;
    this.#deps = deps;
    this.#refused = new Table(graph);
    const onBug = () => ({ state: "broken", problem: "a bug of ours met it" }) as const;
    this.#contents = new Memo(graph, (name) => this.#read(name), { onBug: () => err(onBug()) });
    this.#states = new Memo(graph, (name) => stateOf(this.#contents.get(name)), {
      onBug,
      equals: isSameState,
    });
  }

  /** Tracked. What is in it; undefined when it cannot be used. */
  content(name: string): Content | undefined {
    const content = this.#contents.get(name);
    return content.ok ? content.value : undefined;
  }

  /** Tracked. */
  state(name: string): SecretState {
    return this.#states.get(name);
  }

  /** Envoy refuses it, so it is done without until its object changes. Whether that is news. */
  refuse(name: string, message: string): boolean {
    if (this.#graph.untracked(() => this.#refused.get(name)) !== undefined) return false;
    this.#refused.set(name, message);
    return true;
  }

  /** Its object has changed: what Envoy refused may be gone. */
  forgive(name: string): void {
    this.#refused.delete(name);
  }

  #read(name: string): Result<Content, SecretState> {
    const secret = this.#deps.find(name);
    if (secret === undefined) return err({ state: "missing" });
    if (secret.value === undefined) return err({ state: "broken", problem: "it cannot be read" });
    const refusal = this.#refused.get(name);
    if (refusal !== undefined)
      return err({ state: "broken", problem: `Envoy refuses it: ${refusal}` });
    const content = this.#deps.read(secret.value);
    return content.ok ? content : err({ state: "broken", problem: content.error });
  }
}

function stateOf(content: Result<unknown, SecretState>): SecretState {
  return content.ok ? { state: "usable" } : content.error;
}

function isSameState(a: SecretState, b: SecretState): boolean {
  const [problem, other] = [a, b].map((one) => (one.state === "broken" ? one.problem : ""));
  return a.state === b.state && problem === other;
}
