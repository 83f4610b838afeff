/** Which names every connected proxy has answered for, at the version that it is to have. */

import type { ResourceName } from "#envoy/resource.ts";
import { absentVersion } from "./ordering/possession.ts";
import type { PublishedResources } from "./published-resources.ts";
import type { ProxyStream } from "./streams/proxy-stream.ts";

/** A name with a version of it; an empty version says that it is not there. */
export interface NameAtVersion extends ResourceName {
  readonly version: string;
}

export class Settlement {
  readonly #published: PublishedResources;
  readonly #streams: ReadonlySet<ProxyStream>;

  constructor(published: PublishedResources, streams: ReadonlySet<ProxyStream>) {
    this.#published = published;
    this.#streams = streams;
  }

  /** All names that are published, with their versions. */
  published(types: readonly ResourceName["type"][]): readonly NameAtVersion[] {
    return types.flatMap((type) =>
      [...this.#published.all(type).values()].map(({ resource: { name, version } }) => ({
        ...{ type, name, version },
      })),
    );
  }

  /** The name with the version that is published now. */
  current({ type, name }: ResourceName): NameAtVersion {
    const version = this.#published.find(type, name)?.resource.version ?? absentVersion;
    return { type, name, version };
  }

  /** Says, for this turn of the event loop, whether nobody is waited for: no proxy but silent ones is connected, or that is what was published, and all have answered for it. */
  look(): (asked: NameAtVersion) => boolean {
    const awaited = this.#awaited();
    if (awaited.length === 0) return () => true;
    return (asked) =>
      this.current(asked).version === asked.version &&
      awaited.every((stream) => stream.isSettled(asked));
  }

  /** Proxies that have not answered for one of them. */
  lacking(names: readonly NameAtVersion[]): readonly string[] {
    return this.#awaited()
      .filter((stream) => names.some((asked) => !stream.isSettled(asked)))
      .map(({ identity }) => identity.proxy);
  }

  /** All that take what they serve from here, silent ones too. */
  connected(): readonly string[] {
    const streams = [...this.#streams].filter(({ kind }) => kind === "aggregated");
    return [...new Set(streams.map(({ identity }) => identity.proxy))].sort();
  }

  /** Proxies that have not answered a response for so long that nobody waits for them. */
  silent(): readonly string[] {
    return this.#proxies()
      .filter((stream) => stream.isSilent)
      .map(({ identity }) => identity.proxy);
  }

  #awaited(): readonly ProxyStream[] {
    return this.#proxies().filter((stream) => !stream.isSilent);
  }

  /** With their authorization adapters, which have their names. */
  #proxies(): readonly ProxyStream[] {
    return [...this.#streams].filter(({ kind }) => kind !== "secrets");
  }
}
