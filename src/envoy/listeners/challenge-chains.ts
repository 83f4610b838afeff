/** What certificate authorities are shown in handshakes, as secrets and filter chains, kept up by change. */

import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey } from "#base/tracked/index-by-key.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import type { Gateway } from "#model/gateway.ts";
import { type HandshakeAnswer, handshakeAnswerName } from "#model/handshake-answer.ts";
import type { ResourceSet } from "../resource-set.ts";
import type { KeyMaterial } from "../secret-source.ts";
import { buildSecret } from "../secrets/secret.ts";
import type { EncodedChain, ListenerLayout } from "./layout.ts";

export interface ChallengeChainsDeps {
  readonly graph: Graph;
  /** When in a flush they are placed. */
  readonly stage: number;
  readonly gateway: Gateway;
  readonly layout: ListenerLayout;
  readonly resources: ResourceSet;
  /** Any certificate that shows it. */
  readonly certify: (answer: HandshakeAnswer) => KeyMaterial;
  /** Takes chains of the HTTPS listener by their name; undefined: there are none any more. */
  readonly placeChain: (name: string, chain: EncodedChain | undefined) => void;
}

export class ChallengeChains {
  readonly #deps: ChallengeChainsDeps;
  /** By host, of one object each. */
  readonly #answers: IndexByKey<HandshakeAnswer>;
  readonly #answerOf = new Map<string, HandshakeAnswer>();
  /** Host → the name of its secret. */
  readonly #secrets = new Map<string, string>();

  constructor(deps: ChallengeChainsDeps) {
    this.#deps = deps;
    const { graph, stage } = deps;
    this.#answers = new IndexByKey(
      graph,
      watchKeys(graph, stage, {
        run: (host) => this.#place(host),
        undo: (host) => this.#drop(host),
      }),
    );
  }

  /** An object (`formatKey`) has this shown to a certificate authority, or nothing any more. */
  setAnswer(key: string, answer: HandshakeAnswer | undefined): void {
    const before = this.#answerOf.get(key);
    if (answer !== undefined) {
      this.#answerOf.set(key, answer);
      this.#answers.set(answer.host, key, answer);
    }
    if (before === undefined || before.host === answer?.host) return;
    if (answer === undefined) this.#answerOf.delete(key);
    this.#answers.delete(before.host, key);
  }

  /** All that are shown now. */
  answers(): readonly HandshakeAnswer[] {
    return [...this.#answerOf.values()];
  }

  /** Those who work on Challenges work on one for a name at a time. */
  #place(host: string): void {
    const { layout, resources, certify, placeChain } = this.#deps;
    const [answer] = this.#answers.get(host).values();
    if (answer === undefined) return;
    const name = handshakeAnswerName(answer);
    const before = this.#secrets.get(host);
    if (before !== name) {
      if (before !== undefined) resources.remove("secret", before);
      // What is shown is in the name, whoever made the certificate: another replica's, or ours before a crash.
      resources.set(buildSecret(name, certify(answer), answer.digest));
      this.#secrets.set(host, name);
    }
    placeChain(`challenge ${host}`, layout.encodeHandshakeAnswer(answer, this.#otherwise(host)));
  }

  #drop(host: string): void {
    const { resources, placeChain } = this.#deps;
    const secret = this.#secrets.get(host);
    this.#secrets.delete(host);
    placeChain(`challenge ${host}`, undefined);
    if (secret !== undefined) resources.remove("secret", secret);
  }

  /** What others met under a name that only wildcards cover, or nobody: undefined where a chain names it. */
  #otherwise(host: string): EncodedChain | undefined {
    const { gateway, layout } = this.#deps;
    if (layout.byServerName) return undefined;
    const isNamed =
      gateway.certificateOf(host) !== undefined || gateway.passthroughOf(host) !== undefined;
    if (isNamed) return undefined;
    const passthrough = gateway.passthroughFor(host);
    return passthrough === undefined
      ? layout.encodeChain(gateway.groupFor(host))
      : layout.encodePassthrough({ kind: "exact", name: host }, passthrough);
  }
}
