/** A gate that follows files, with a real Envoy, in which {@link poison} makes Envoy refuse what the files ask for. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "#base/finding.ts";
import type { Place } from "#base/origin.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createDirectoryFeed } from "../../../src/gate/directory-feed.ts";
import { type Gate, startGate } from "../../../src/gate/gate.ts";
import { followRefusals } from "../../../src/gate/quarantine/refusals.ts";
import { poison } from "./poison.ts";
import { freePorts, launchEnvoy } from "./real-envoy.ts";

export interface PoisonedGate extends AsyncDisposable {
  readonly gate: Gate;
  readonly http: number;
  readonly https: number;
  readonly write: (file: string, text: string) => void;
  /** What Envoy refuses now, with the place in the files. */
  readonly refusals: () => readonly (Finding & { readonly at: string })[];
  /** Resolves when what is refused fits. */
  readonly untilRefused: (
    fits: (refusals: readonly (Finding & { readonly at: string })[]) => boolean,
  ) => Promise<void>;
}

export async function startPoisonedGate(
  files: Readonly<Record<string, string>>,
  poisonedCertificate: string,
): Promise<PoisonedGate> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-poison-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const served = join(directory, "served");
  mkdirSync(served);
  const write = (file: string, text: string): void => writeFileSync(join(served, file), text);
  for (const [file, text] of Object.entries(files)) write(file, text);
  const clock = createClock();
  const deps = { clock, files: createFiles(), log: silentLog, random: createRandom() };
  const store = await openEmbeddedStore(deps, { directory: join(directory, "data") });
  undo.defer(() => store.close());
  const feed = createDirectoryFeed({ ...deps, store, changed: () => undefined }, [served]);
  undo.defer(() => feed.close());
  await feed.source.start();
  await feed.complete;
  const ports = await freePorts("http", "https");
  const listeners = {
    ...{ address: "127.0.0.1", accessLog: [], trustedProxies: [] },
    ...{ proxyProtocol: false, allowedClients: [] },
  };
  const xdsSocket = join(directory, "xds.sock");
  const gate = await startGate(
    {
      ...{ ...deps, store, metrics: await createMetrics() },
      ...{ http2: createHttp2Server(), lookup: createNameLookup() },
    },
    {
      xdsAddress: { kind: "unix", path: xdsSocket },
      layout: chainLayout(listeners, ports),
      dialects: { servedClasses: "all" },
      onApplied: () => undefined,
      steps: (real) => ({ ...real, amend: (resource) => poison(resource, poisonedCertificate) }),
    },
  );
  undo.defer(() => gate.close());
  let found: readonly Finding[] = [];
  let changed = Promise.withResolvers<void>();
  const refusals = followRefusals(gate.xds, gate.pipeline.gateway, (findings) => {
    found = findings;
    changed.resolve();
    changed = Promise.withResolvers();
  });
  undo.defer(() => refusals.stop());
  undo.use(await launchEnvoy(directory, xdsSocket));
  await gate.listed;
  await gate.xds.programmed();
  const placed = (): readonly (Finding & { readonly at: string })[] =>
    found.map((finding) => ({
      ...finding,
      at: formatPlace(feed.source.locate(finding.origin, finding.origin.path)),
    }));
  const running = undo.move();
  return {
    ...{ gate, write, ...ports, refusals: placed },
    untilRefused: async (fits) => {
      while (!fits(placed())) await changed.promise;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function formatPlace(place: Place | undefined): string {
  return place === undefined ? "nowhere" : `${place.file.split("/").at(-1)}:${place.line}`;
}
