/** How much is measured: everything, or just enough to see that the measuring works. */

import type { WorldShape } from "./world/world.ts";

export interface Plan {
  readonly runs: number;
  readonly changes: {
    readonly shapes: readonly WorldShape[];
    /** Of each kind, for each run: timed, and again for the costs. */
    readonly perRun: number;
    readonly perRunByFiles: number;
    /** Each peer is asked to change a route in worlds of so many hosts. */
    readonly peerHosts: readonly number[];
    readonly perRunOfPeers: number;
  };
  readonly start: {
    readonly hosts: readonly number[];
    /** Hosts with a Service each. */
    readonly ownServices: readonly number[];
  };
  readonly certificates: {
    readonly counts: readonly number[];
    readonly replacements: number;
    readonly additions: number;
    readonly handshakes: number;
    readonly peerCount: number;
  };
  readonly throughput: {
    readonly runs: number;
    readonly seconds: number;
    /** Rounds of a second each in which ours and configurations by hand take turns. */
    readonly rounds: number;
  };
  readonly virtualServers: {
    readonly shapes: readonly WorldShape[];
    readonly perRun: number;
    readonly guesses: GuessPlan;
  };
  readonly issuance: {
    /** Starts with manifests that want a certificate. */
    readonly starts: number;
    /** Certificates more, one after another, while it runs. */
    readonly more: number;
    /** So many of an authority of one's own, each with a gate of its own. */
    readonly own: readonly number[];
    /** And so many that are looked at while nothing happens. */
    readonly atRest: number;
    readonly restSeconds: number;
  };
  readonly rotation: {
    readonly certificates: number;
    /** New connections. */
    readonly perSecond: number;
    /** In each layout; renewals are spread over them. */
    readonly handshakes: number;
  };
  readonly cluster: ClusterPlan;
  readonly clusterIssuance: {
    /** So many at once, and how often those who issue take turns. */
    readonly turns: readonly { readonly certificates: number; readonly rounds: number }[];
    /** Orders of an ACME server, one after another. */
    readonly orders: number;
  };
}

export interface GuessPlan {
  readonly perSecond: number;
  /** Each has a budget of guesses of its own. */
  readonly addresses: number;
  /** Rounds in which load and quiet take turns. */
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
}

export interface ClusterPlan {
  /** How many Ingresses, each with a host. */
  readonly hosts: readonly number[];
  /** Subjects take turns so often. */
  readonly rounds: number;
  /** Of each kind, in a round: timed. */
  readonly perRound: number;
  readonly perRoundOfPeer: number;
  /** Of a peer that takes its time, once. */
  readonly ofThrottledPeer: number;
  /** Of each kind, in a round: for the costs. */
  readonly costed: number;
  readonly costedOfPeer: number;
  readonly createdPerSecond: number;
  readonly quietSeconds: number;
  /** How long a peer that writes statuses is watched. */
  readonly tellingSeconds: number;
}

const shape = (hosts: number, routesPerHost: number): WorldShape => ({
  hosts,
  routesPerHost,
  services: 100,
  certificates: 100,
});

export const fullPlan: Plan = {
  runs: 3,
  changes: {
    shapes: [shape(1_000, 1), shape(10_000, 1), shape(1_000, 10), shape(1, 1_000)],
    perRun: 334,
    perRunByFiles: 40,
    peerHosts: [1_000, 10_000],
    perRunOfPeers: 8,
  },
  start: { hosts: [100, 1_000, 10_000], ownServices: [10_000] },
  certificates: {
    counts: [1_000, 5_000],
    replacements: 30,
    additions: 10,
    handshakes: 200,
    peerCount: 1_000,
  },
  throughput: { runs: 3, seconds: 2, rounds: 12 },
  virtualServers: {
    shapes: [shape(1_000, 1), shape(5_000, 1)],
    perRun: 334,
    guesses: { perSecond: 1_000, addresses: 100, rounds: 12, seconds: 5 },
  },
  issuance: { starts: 10, more: 20, own: [200, 2_000], atRest: 10_000, restSeconds: 60 },
  rotation: { certificates: 1_000, perSecond: 400, handshakes: 51_000 },
  cluster: {
    hosts: [1_000, 5_000],
    rounds: 3,
    perRound: 70,
    perRoundOfPeer: 8,
    ofThrottledPeer: 6,
    costed: 20,
    costedOfPeer: 3,
    createdPerSecond: 500,
    quietSeconds: 60,
    tellingSeconds: 20,
  },
  clusterIssuance: {
    turns: [
      { certificates: 200, rounds: 2 },
      { certificates: 2_000, rounds: 1 },
    ],
    orders: 10,
  },
};

export const quickPlan: Plan = {
  runs: 1,
  changes: {
    shapes: [{ hosts: 40, routesPerHost: 2, services: 30, certificates: 10 }],
    perRun: 5,
    perRunByFiles: 2,
    peerHosts: [40],
    perRunOfPeers: 2,
  },
  start: { hosts: [40], ownServices: [40] },
  certificates: { counts: [20], replacements: 2, additions: 2, handshakes: 10, peerCount: 20 },
  throughput: { runs: 1, seconds: 1, rounds: 2 },
  virtualServers: {
    shapes: [{ hosts: 40, routesPerHost: 2, services: 30, certificates: 10 }],
    perRun: 5,
    guesses: { perSecond: 200, addresses: 5, rounds: 2, seconds: 1 },
  },
  issuance: { starts: 1, more: 2, own: [20], atRest: 40, restSeconds: 3 },
  rotation: { certificates: 10, perSecond: 50, handshakes: 100 },
  cluster: {
    hosts: [40],
    rounds: 1,
    perRound: 5,
    perRoundOfPeer: 2,
    ofThrottledPeer: 1,
    costed: 2,
    costedOfPeer: 1,
    createdPerSecond: 500,
    quietSeconds: 3,
    tellingSeconds: 2,
  },
  clusterIssuance: { turns: [{ certificates: 20, rounds: 1 }], orders: 2 },
};
