/** The secrets of all certificate groups, each once however many groups ask for it, kept up by change. */

import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey } from "#base/tracked/index-by-key.ts";
import { Memo } from "#base/tracked/memo.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import { authoritiesName } from "../chain-names.ts";
import type { Resource } from "../resource.ts";
import type { ResourceSet } from "../resource-set.ts";
import type { SecretSource } from "../secret-source.ts";
import { buildAuthorities, buildSecret } from "./secret.ts";

export interface HandshakeSecretsDeps {
  readonly graph: Graph;
  /** When in a flush secrets are built. */
  readonly stage: number;
  readonly secrets: SecretSource;
  readonly resources: ResourceSet;
}

/** What a group asks for, by the names of Secrets. */
export interface WantedSecrets {
  readonly certificate: string;
  readonly authorities?: string;
}

export class HandshakeSecrets {
  readonly #certificates: IndexByKey<true>;
  readonly #authorities: IndexByKey<true>;
  /** Whether, not what: a secret that is replaced is no news of the hosts that use it. */
  readonly #usable: {
    readonly certificate: Memo<boolean>;
    readonly authorities: Memo<boolean>;
  };
  readonly #wanted = new Map<string, WantedSecrets>();

  constructor({ graph, stage, secrets, resources }: HandshakeSecretsDeps) {
    const kept = (
      nameOf: (name: string) => string,
      build: (name: string) => Resource | undefined,
    ): IndexByKey<true> => {
      const remove = (name: string): void => resources.remove("secret", nameOf(name));
      const run = (name: string): void => {
        const resource = build(name);
        if (resource === undefined) remove(name);
        else resources.set(resource);
      };
      return new IndexByKey(graph, watchKeys(graph, stage, { run, undo: remove }));
    };
    const onBug = (): false => false;
    this.#usable = {
      certificate: new Memo(graph, (name) => secrets.material(name) !== undefined, { onBug }),
      authorities: new Memo(graph, (name) => secrets.authorities(name) !== undefined, { onBug }),
    };
    this.#certificates = kept(
      (name) => name,
      (name) => {
        const material = secrets.material(name);
        return material && buildSecret(name, material);
      },
    );
    this.#authorities = kept(authoritiesName, (name) => {
      const authorities = secrets.authorities(name);
      return authorities && buildAuthorities(authoritiesName(name), authorities);
    });
  }

  /** Tracked. Whether all of it is there. */
  isUsable({ certificate, authorities }: WantedSecrets): boolean {
    const { certificate: certificates, authorities: verifiers } = this.#usable;
    return (
      certificates.get(certificate) && (authorities === undefined || verifiers.get(authorities))
    );
  }

  /** Takes what a group asks for now; undefined: nothing. */
  use(group: string, now?: WantedSecrets): void {
    const before = this.#wanted.get(group);
    if (now === undefined) this.#wanted.delete(group);
    else this.#wanted.set(group, now);
    move(this.#certificates, group, before?.certificate, now?.certificate);
    move(this.#authorities, group, before?.authorities, now?.authorities);
  }
}

function move(
  index: IndexByKey<true>,
  group: string,
  before: string | undefined,
  now: string | undefined,
): void {
  if (now !== undefined) index.set(now, group, true);
  if (before !== undefined && before !== now) index.delete(before, group);
}
