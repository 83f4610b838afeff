import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { read } from "./kind.ts";
import { podKind } from "./pod.ts";

function printed(status: Json, deletionTimestamp?: string): Readonly<Record<string, string>> {
  const object = storedObject({
    apiVersion: "v1",
    kind: "Pod",
    metadata: deletionTimestamp === undefined ? {} : { deletionTimestamp },
    body: {
      spec: {
        nodeName: "n",
        initContainers: [{ name: "i", image: "x" }],
        containers: [
          { name: "a", image: "x" },
          { name: "b", image: "x" },
        ],
      },
    },
    status,
  });
  const known = read(podKind, object);
  return Object.fromEntries(podKind.columns.map(({ title, value }) => [title, value(known)]));
}

const done = { name: "i", state: { terminated: { exitCode: 0, reason: "Completed" } } };
const running = { ready: true, restartCount: 2, state: { running: {} } };

test("a running pod shows how many containers are ready, its restarts, address and node", () => {
  const row = printed({
    phase: "Running",
    podIP: "127.9.0.1",
    initContainerStatuses: [done],
    containerStatuses: [running, { ...running, ready: false, restartCount: 1 }],
  });
  assert.deepEqual(row, {
    READY: "1/2",
    STATUS: "Running",
    RESTARTS: "3",
    IP: "127.9.0.1",
    NODE: "n",
    "NOMINATED NODE": "<none>",
    "READINESS GATES": "<none>",
  });
});

test("STATUS is the most telling reason", () => {
  const waiting = (reason: string): Json => ({ ready: false, state: { waiting: { reason } } });
  const base = { phase: "Running", initContainerStatuses: [done] };
  const of = (status: Json): string | undefined => printed(status)["STATUS"];
  assert.equal(
    of({ ...base, containerStatuses: [waiting("CrashLoopBackOff"), running] }),
    "CrashLoopBackOff",
  );
  assert.equal(
    of({ phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] }),
    "Init:0/1",
  );
  assert.equal(
    of({ phase: "Pending", initContainerStatuses: [waiting("CrashLoopBackOff")] }),
    "Init:CrashLoopBackOff",
  );
  assert.equal(
    of({
      ...base,
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 3 } } }],
    }),
    "ExitCode:3",
  );
  assert.equal(printed({ phase: "Running" }, "2026-01-01T00:00:00Z")["STATUS"], "Terminating");
  assert.equal(printed({})["STATUS"], "Pending");
});
