/** The authorization adapter of a standalone gate: there once something is protected, and gone with its Envoy. */

import { fileURLToPath } from "node:url";
import type { Finding } from "#base/finding.ts";
import type { ResourceChange } from "#envoy/resource.ts";
import { unclaimed } from "#model/gateway.ts";
import {
  type AdapterProcess,
  type AdapterProcessDeps,
  createAdapterProcess,
} from "#proxies/process/adapter-process.ts";
import type { EnvoyPaths } from "#proxies/process/envoy-paths.ts";

import type { FindingBoard } from "./statuses/finding-board.ts";

export interface AdapterSettings {
  /** The Node that runs programs of ours. */
  readonly nodePath: string;
  readonly version: string;
  readonly paths: EnvoyPaths;
  readonly node: string;
  /** Shows what is wrong with it now. */
  readonly board: Pick<FindingBoard, "replace">;
}

export interface Adapter extends Pick<AdapterProcess, "startIfLeft" | "stop"> {
  /** Starts it with the first policy. */
  readonly applied: (change: ResourceChange) => void;
}

/** Most of what a question allocates is garbage at once, and the adapter is to be small. */
const flags = ["--max-semi-space-size=2", "--disable-warning=ExperimentalWarning"];

const program = fileURLToPath(new URL("../authorization/main.ts", import.meta.url));

/** An adapter that runs when it is needed. */
export function createAdapter(deps: AdapterProcessDeps, settings: AdapterSettings): Adapter {
  const { nodePath, version, paths, node, board } = settings;
  const supervised = createAdapterProcess(deps, {
    ...{ command: [nodePath, ...flags, program], version, paths, node },
    onRunning: (isRunning) => board.replace("authorization", isRunning ? [] : [down]),
  });
  return {
    startIfLeft: supervised.startIfLeft,
    stop: supervised.stop,
    applied: ({ set }) => {
      if (set.some(({ type }) => type === "policy")) supervised.start();
    },
  };
}

const down: Finding = {
  severity: "error",
  reason: "AuthorizationDown",
  origin: unclaimed,
  message: "the authorization adapter does not run: what is protected is answered with 503",
  advice: "it is started again; envoy/authorization.log in the data directory says why it ended",
};
