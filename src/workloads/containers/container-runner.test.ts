import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "#kinds/pod-template.ts";
import type { Child, ExitStatus, Processes } from "#runtime/processes/processes.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createMemoryFiles } from "#test/fakes/runtime/memory-files.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { Wakeup } from "../controllers/wakeup.ts";
import type { PodPlace } from "../isolation/isolation.ts";
import { type ContainerJob, ContainerRunner, type Outside } from "./container-runner.ts";

interface Started {
  readonly atSeconds: number;
  readonly end: (status: ExitStatus) => void;
  readonly signals: string[];
}

interface Stage {
  readonly clock: ManualClock;
  readonly started: Started[];
  readonly runner: ContainerRunner;
  /** Lets everything go on that does not wait for time. */
  readonly breathe: () => Promise<void>;
}

const code = (exitCode: number): ExitStatus => ({ code: exitCode, signal: undefined });

/** A container whose processes the test ends by hand; SIGTERM and SIGKILL are only recorded. */
function stage(container: Partial<Container> = {}, job: Partial<ContainerJob> = {}): Stage {
  const clock = createManualClock();
  const started: Started[] = [];
  const start = async (): Promise<Child> => {
    const exited = Promise.withResolvers<ExitStatus>();
    started.push({ atSeconds: clock.monotonicMs() / 1000, end: exited.resolve, signals: [] });
    return { identity: { pid: started.length, startTicks: "1" }, exited: exited.promise };
  };
  const processes: Processes = {
    start,
    run: async () => ({ code: 0, signal: undefined, stdout: "", stderr: "" }),
    alive: async () => true,
    signal: async ({ pid }, name) => {
      started[pid - 1]?.signals.push(name);
      return true;
    },
  };
  const outside: Outside = {
    clock,
    processes,
    files: createMemoryFiles(),
    log: silentLog,
    network: { connect: async () => undefined, getStatus: async () => 200 },
  };
  const runner = new ContainerRunner(
    {
      container: { name: "c", image: "i", ...container },
      address: "127.9.0.1",
      place: placeOf(),
      restartPolicy: "Always",
      restarts: 0,
      prepare: async () => ({
        kind: "ready",
        command: "x",
        args: [],
        env: {},
        workingDir: undefined,
        mounts: [],
        manifestCommands: false,
        program: "",
      }),
      logFile: (restart) => `/logs/${restart}`,
      wakeup: new Wakeup(),
      graceSeconds: 30,
      changed: () => undefined,
      record: async () => undefined,
      ...job,
    },
    outside,
  );
  const breathe = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  return { clock, started, runner, breathe };
}

test("a container that keeps ending is started again at once, then after 10, 20 and 40 seconds", async () => {
  const { clock, started, runner, breathe } = stage();
  void runner.run();
  for (const wait of [0, 10, 20, 40]) {
    await breathe();
    started.at(-1)?.end(code(1));
    await breathe();
    if (wait > 0) {
      assert.deepEqual(runner.state, {
        kind: "waiting",
        reason: "CrashLoopBackOff",
        message: `back-off ${wait}s before the next start`,
      });
    }
    await clock.advance({ seconds: wait });
  }
  await breathe();
  assert.deepEqual(
    started.map(({ atSeconds }) => atSeconds),
    [0, 0, 10, 30, 70],
  );
  assert.equal(runner.restarts, 4);
  assert.equal(runner.lastState?.kind, "terminated");
});

test("OnFailure ends with exit code 0, Never with any", async () => {
  for (const [restartPolicy, exitCode] of [
    ["OnFailure", 0],
    ["Never", 3],
  ] as const) {
    const { started, runner, breathe } = stage({}, { restartPolicy });
    const result = runner.run();
    await breathe();
    started[0]?.end(code(exitCode));
    assert.equal(await result, exitCode);
    assert.equal(started.length, 1);
  }
});

test("stopping sends SIGTERM, then SIGKILL after the grace period", async () => {
  const { clock, started, runner, breathe } = stage();
  const result = runner.run();
  await breathe();
  const stopped = runner.stop();
  await breathe();
  assert.deepEqual(started[0]?.signals, ["SIGTERM"]);
  await clock.advance({ seconds: 29 });
  await breathe();
  assert.deepEqual(started[0]?.signals, ["SIGTERM"]);
  await clock.advance({ seconds: 1 });
  await breathe();
  assert.deepEqual(started[0]?.signals, ["SIGTERM", "SIGKILL"]);
  started[0]?.end({ code: undefined, signal: "SIGKILL" });
  await stopped;
  assert.equal(await result, undefined);
});

test("a preStop sleep comes before SIGTERM", async () => {
  const { clock, started, runner, breathe } = stage({
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  });
  void runner.run();
  await breathe();
  const stopped = runner.stop();
  await breathe();
  assert.deepEqual(started[0]?.signals, []);
  await clock.advance({ seconds: 5 });
  await breathe();
  assert.deepEqual(started[0]?.signals, ["SIGTERM"]);
  started[0]?.end(code(0));
  await stopped;
});

test("a container that waits for a ConfigMap says so, and starts when it is there", async () => {
  const wakeup = new Wakeup();
  let isThere = false;
  const missing = [{ path: "env[0]", message: 'configMap "a" not found' }];
  const { started, runner, breathe } = stage(
    {},
    {
      wakeup,
      prepare: async () =>
        isThere
          ? {
              kind: "ready",
              command: "x",
              args: [],
              env: {},
              workingDir: undefined,
              mounts: [],
              manifestCommands: false,
              program: "",
            }
          : { kind: "waiting", reason: "CreateContainerConfigError", missing },
    },
  );
  void runner.run();
  await breathe();
  assert.deepEqual(runner.state, {
    kind: "waiting",
    reason: "CreateContainerConfigError",
    message: 'configMap "a" not found',
  });
  isThere = true;
  wakeup.wake();
  await breathe();
  assert.equal(started.length, 1);
});

test("without a probe a container is ready when its port is open, with one when that passes", async () => {
  let open = false;
  const ports = [{ containerPort: 80 }];
  const place = { ...placeOf(), listens: async () => open };
  const { clock, runner, breathe } = stage({ ports }, { place });
  void runner.run();
  await breathe();
  assert.equal(runner.ready, false);
  open = true;
  await clock.advance({ milliseconds: 50 });
  await breathe();
  assert.equal(runner.ready, true);
  const probed = stage({ readinessProbe: { httpGet: { port: 80 }, initialDelaySeconds: 3 } });
  void probed.runner.run();
  await probed.breathe();
  assert.equal(probed.runner.ready, false);
  await probed.clock.advance({ seconds: 3 });
  await probed.breathe();
  assert.equal(probed.runner.ready, true);
});

test("a failing liveness probe stops the program, and the restart policy starts it again", async () => {
  let open = true;
  const place = { ...placeOf(), listens: async () => open };
  const livenessProbe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 2 };
  const { clock, started, runner, breathe } = stage({ livenessProbe }, { place });
  void runner.run();
  await breathe();
  open = false;
  for (let second = 0; second < 2; second++) {
    await clock.advance({ seconds: 1 });
    await breathe();
  }
  assert.deepEqual(started[0]?.signals, ["SIGTERM"]);
  started[0]?.end(code(0));
  await breathe();
  assert.equal(started.length, 2);
  assert.equal(runner.restarts, 1);
});

test("a startup probe holds the others back until it passes", async () => {
  let open = false;
  const place = { ...placeOf(), listens: async () => open };
  const { clock, runner, breathe } = stage(
    { startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 30 } },
    { place },
  );
  void runner.run();
  await breathe();
  assert.equal(runner.started, false);
  open = true;
  await clock.advance({ seconds: 1 });
  await breathe();
  assert.equal(runner.started, true);
  assert.equal(runner.ready, true);
});

function placeOf(): PodPlace {
  return {
    holder: undefined,
    mounts: false,
    listenPort: (port) => port,
    reach: (port) => port,
    enter: ({ command, args }) => ({ command, args }),
    listens: async () => true,
    close: async () => undefined,
  };
}
