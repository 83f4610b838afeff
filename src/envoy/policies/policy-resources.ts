/** The policies of all hosts, each once, kept up by change. */

import type { FindingSet } from "#base/finding-set.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey } from "#base/tracked/index-by-key.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import { type Protection, protectionName } from "#model/protection.ts";
import type { VirtualHost } from "#model/virtual-host.ts";
import type { ResourceSet } from "../resource-set.ts";
import { buildPolicy } from "./policy.ts";
import type { PolicyInputs } from "./policy-parts.ts";

export interface PolicyResourcesDeps {
  readonly graph: Graph;
  /** When in a flush policies are built. */
  readonly stage: number;
  readonly inputs: PolicyInputs;
  readonly resources: ResourceSet;
  readonly findings: FindingSet;
}

export class PolicyResources {
  readonly #deps: PolicyResourcesDeps;
  /** Name of a policy → hosts whose routes name it. */
  readonly #users: IndexByKey<Protection>;
  readonly #namesOfHost = new Map<string, ReadonlySet<string>>();

  constructor(deps: PolicyResourcesDeps) {
    this.#deps = deps;
    const run = (name: string): void => this.#build(name);
    const undo = (name: string): void => {
      deps.resources.remove("policy", name);
      deps.findings.delete(`policy ${name}`);
    };
    this.#users = new IndexByKey(deps.graph, watchKeys(deps.graph, deps.stage, { run, undo }));
  }

  /** Takes what the routes of a host are protected by now; without a virtual host: nothing. */
  use(host: string, virtualHost?: VirtualHost): void {
    const before = this.#namesOfHost.get(host);
    const protections = (virtualHost?.routes ?? []).flatMap((route) => route.protections ?? []);
    if (before === undefined && protections.length === 0) return;
    const now = new Map(protections.map((protection) => [protectionName(protection), protection]));
    for (const [name, protection] of now) this.#users.set(name, host, protection);
    for (const name of before ?? []) if (!now.has(name)) this.#users.delete(name, host);
    if (now.size === 0) this.#namesOfHost.delete(host);
    else this.#namesOfHost.set(host, new Set(now.keys()));
  }

  #build(name: string): void {
    const [protection] = this.#users.get(name).values();
    if (protection === undefined) return;
    const { resource, findings } = buildPolicy(protection, this.#deps.inputs);
    this.#deps.resources.set(resource);
    this.#deps.findings.set(`policy ${name}`, findings);
  }
}
