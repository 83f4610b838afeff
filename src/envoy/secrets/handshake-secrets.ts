/** The secrets of all certificate groups, each once however many groups ask for it, kept up by change. */

import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey } from "#base/tracked/index-by-key.ts";
import { Memo } from "#base/tracked/memo.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import { unreachable } from "#base/unreachable.ts";
import type { Host } from "#model/host.ts";
import { authoritiesName, ticketsName } from "../chain-names.ts";
import type { Resource } from "../resource.ts";
import type { ResourceSet } from "../resource-set.ts";
import type { KeyMaterial, SecretSource } from "../secret-source.ts";
import { buildAuthorities, buildSecret, buildTicketKeys } from "./secret.ts";

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
  /** A second certificate, whose key is of the other type. */
  readonly partner?: string;
  readonly authorities?: string;
  /** Keys of session tickets, for just these connections. */
  readonly tickets?: string;
}

export class HandshakeSecrets {
  readonly #certificates: IndexByKey<true>;
  readonly #authorities: IndexByKey<true>;
  readonly #tickets: IndexByKey<true>;
  /** Whether, not what: a secret that is replaced is no news of the hosts that use it. */
  readonly #usable: {
    readonly certificate: Memo<boolean>;
    readonly authorities: Memo<boolean>;
  };
  /** What certificates say: their successors mostly say the same. */
  readonly #facts: Memo<KeyMaterial["facts"]>;
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
    this.#facts = new Memo(graph, (name) => factsOf(secrets.material(name)), {
      onBug: () => undefined,
      equals: sameFacts,
    });
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
    this.#tickets = kept(ticketsName, (name) =>
      buildTicketKeys(ticketsName(name), secrets.ticketKeys(name)),
    );
  }

  /** Tracked. Whether all of it is there. */
  isUsable({ certificate, authorities }: WantedSecrets): boolean {
    const { certificate: certificates, authorities: verifiers } = this.#usable;
    return (
      certificates.get(certificate) && (authorities === undefined || verifiers.get(authorities))
    );
  }

  /** Tracked. The type of the key in a Secret; undefined: it cannot be used, or its certificate does not name the host. */
  keyTypeFor(secret: string, host: Host): "rsa" | "ec" | undefined {
    const facts = this.#facts.get(secret);
    return facts !== undefined && isNamed(host, facts.dnsNames) ? facts.keyType : undefined;
  }

  /** Takes what a group asks for now; undefined: nothing. */
  use(group: string, now?: WantedSecrets): void {
    const before = this.#wanted.get(group);
    if (now === undefined) this.#wanted.delete(group);
    else this.#wanted.set(group, now);
    move(this.#certificates, group, before?.certificate, now?.certificate);
    move(this.#certificates, `${group} partner`, before?.partner, now?.partner);
    move(this.#authorities, group, before?.authorities, now?.authorities);
    move(this.#tickets, group, before?.tickets, now?.tickets);
  }
}

function factsOf(material: KeyMaterial | undefined): KeyMaterial["facts"] {
  if (material?.facts === undefined) return undefined;
  const { keyType, dnsNames } = material.facts;
  return { keyType, dnsNames: dnsNames.toSorted() };
}

function sameFacts(a: KeyMaterial["facts"], b: KeyMaterial["facts"]): boolean {
  return a?.keyType === b?.keyType && a?.dnsNames.join() === b?.dnsNames.join();
}

/** Whether a certificate with these names is one for the host; for a host of every name any is. A wildcard stands for one label (RFC 9525 §6.3). */
function isNamed(host: Host, names: readonly string[]): boolean {
  switch (host.kind) {
    case "exact": {
      const [, ...parent] = host.name.split(".");
      return names.includes(host.name) || names.includes(`*.${parent.join(".")}`);
    }
    case "wildcard":
      return names.includes(`*.${host.suffix}`);
    case "any":
      return true;
    default:
      return unreachable(host);
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
