/** The supervisor, the bootstrap, the access log and the validation against the real Envoy. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { access, readdir, readFile, stat, symlink } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { type AccessRecord, parseAccessRecord } from "#envoy/access-record.ts";
import type { Listener } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import type { BootstrapSettings } from "#proxies/bootstrap.ts";
import type { EnvoyEvent } from "#proxies/process/envoy-event.ts";
import { createEnvoyProcess } from "#proxies/process/envoy-process.ts";
import { createLogRotation } from "#proxies/process/logs/log-rotation.ts";
import { createTail } from "#proxies/process/logs/tail.ts";
import { validateBootstrap } from "#proxies/process/validate.ts";
import { createSocketHttp } from "#runtime/http/real-socket-http.ts";
import { createClock } from "#runtime/real-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { envoyProgram } from "./harness/envoy-program.ts";
import { freePorts } from "./harness/real-envoy.ts";
import {
  bootstrapOf,
  files,
  listener,
  longDrain,
  ownPaths,
  processes,
  random,
  run,
  type ServedRoute,
  staticCluster,
} from "./harness/static-envoy.ts";

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
}

function get(port: number, target: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: target, headers, agent: false };
    const request = http.get(options, (response) => {
      response.resume().once("end", () => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
      });
    });
    request.once("error", reject);
  });
}

/** Polls until `found` finds something: the world outside has no other way to tell. */
async function until<T>(found: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await found();
    if (value !== undefined) return value;
    await setImmediate();
  }
}

/** True when somebody takes connections there; nothing is asked. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

test("Envoy starts from the bootstrap, is started again when killed, and stops when told", async (t) => {
  const paths = await ownPaths(t);
  const { gate } = await freePorts("gate");
  const { envoy, events, next } = await run(t, paths, {
    listeners: [listener("gate", gate, paths, [{ path: "/", name: "all" }])],
  });
  const first = await next("started");
  await next("ready");
  assert.equal((await stat(paths.adminSocket)).mode & 0o777, 0o600);
  assert.equal((await stat(paths.directory)).mode & 0o777, 0o700);
  assert.equal((await get(gate, "/")).status, 200);

  const baseId = (await readFile(paths.baseId, "utf8")).trim();
  const memory = `/dev/shm/envoy_shared_memory_${baseId}0`;
  await access(memory);
  assert.equal(await processes.signal(first.identity, "SIGKILL", "process"), true);
  const { why } = await next("exited");
  assert.equal(why.reason, "Killed");
  const second = await next("started");
  await next("ready");
  assert.notDeepEqual(second.identity, first.identity);
  assert.deepEqual(envoy.identity(), second.identity);
  assert.equal((await get(gate, "/")).status, 200);
  await assert.rejects(access(memory), /ENOENT/);

  await envoy.stop();
  await next("stopped");
  assert.equal(await processes.alive(second.identity), false);
  const run1 = ["started", "ready", "exited", "restarting"];
  const run2 = ["started", "ready", "draining", "drained", "stopped"];
  assert.deepEqual(
    events.map(({ kind }) => kind),
    [...run1, ...run2],
  );
});

test("a request under way is answered while Envoy stops; new connections are refused meanwhile", async (t) => {
  const paths = await ownPaths(t);
  const { gate } = await freePorts("gate");
  const arrived = Promise.withResolvers<http.ServerResponse>();
  const backend = http.createServer((_, response) => arrived.resolve(response));
  backend.listen(0, "127.0.0.1");
  t.after(() => {
    backend.closeAllConnections();
    backend.close();
  });
  await once(backend, "listening");
  const address = backend.address();
  assert.ok(address !== null && typeof address === "object");
  const { envoy, next } = await run(t, paths, {
    listeners: [listener("gate", gate, paths, [{ path: "/", name: "all", cluster: "slow" }])],
    clusters: [staticCluster("slow", address.port)],
  });
  await next("ready");
  const answer = get(gate, "/", { connection: "keep-alive" });
  const response = await arrived.promise;
  const stopped = envoy.stop();
  await next("draining");
  await until(async () => !(await listens(gate)) || undefined);
  response.end("done");
  assert.deepEqual(await answer, { status: 200, connection: "close" });
  await stopped;
  const drained = await next("drained");
  assert.equal(drained.left?.requests, 0);
});

test("a port that is taken is told in words, and Envoy serves once it is free", async (t) => {
  const paths = await ownPaths(t);
  const other = http.createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const address = other.address();
  assert.ok(address !== null && typeof address === "object");
  const { next } = await run(t, paths, {
    listeners: [listener("gate", address.port, paths, [{ path: "/", name: "all" }])],
  });
  const { why } = await next("exited");
  assert.equal(why.reason, "AddressInUse");
  assert.match(
    why.message,
    new RegExp(`another program listens on 127\\.0\\.0\\.1:${address.port}`),
  );
  other.close();
  await next("ready");
});

test("a log that cannot be written is told in words", async (t) => {
  const paths = await ownPaths(t);
  await files.makeDirectory(paths.directory, 0o700);
  await symlink("/nonexistent/envoy.log", paths.log);
  const { next } = await run(t, paths, {});
  const { why } = await next("exited");
  assert.equal(why.reason, "FileNotWritable");
  assert.match(why.message, /envoy\.log: No such file/);
});

test("an Envoy that cannot be run is told in words", async (t) => {
  const paths = await ownPaths(t);
  const told = Promise.withResolvers<EnvoyEvent>();
  const envoy = createEnvoyProcess(
    { clock: createClock(), random, files, processes, http: createSocketHttp(), log: silentLog },
    {
      ...{
        program: "/nonexistent/envoy",
        version: "1.40.0",
        paths,
        concurrency: 1,
        drain: longDrain,
      },
      bootstrap: bootstrapOf(paths, {}),
      onEvent: (event) => (event.kind === "exited" ? told.resolve(event) : undefined),
    },
  );
  t.after(() => envoy.stop());
  envoy.start();
  const event = await told.promise;
  assert.match(event.kind === "exited" ? event.why.message : "", /cannot run \/nonexistent\/envoy/);
});

test("the access log tells every failure with its origin and leaves out what went well, over rotations too", async (t) => {
  const paths = await ownPaths(t);
  const { gate, nobody } = await freePorts("gate", "nobody");
  const origin = "Ingress/default/cafe spec.rules[0].http.paths[1]";
  const routes: readonly ServedRoute[] = [
    { path: "/ok", name: "fine" },
    { path: "/gone", name: origin, direct: 404 },
    { path: "/down", name: "down", cluster: "nobody" },
  ];
  const { envoy, next } = await run(t, paths, {
    listeners: [
      listener("gate", gate, paths, routes),
      // Its only filter chain is for 127.0.0.1, and it listens on 127.0.0.2.
      elsewhere(listener("elsewhere", gate, paths, routes)),
    ],
    clusters: [staticCluster("nobody", nobody)],
  });
  await next("ready");
  const records: AccessRecord[] = [];
  const onLine = (line: string): void => {
    const record = parseAccessRecord(line);
    assert.ok(record.ok, line);
    records.push(record.value);
  };
  const limits = { maxBytes: 1, keep: 3 };
  const tail = createTail(files, { path: paths.accessLog, keep: 3, from: "start" }, onLine);
  const rotation = createLogRotation(files, [paths.accessLog], limits, envoy.admin.reopenLogs);
  const logged = (count: number): Promise<true> =>
    until(async () => {
      await tail.poll();
      return records.length >= count || undefined;
    });

  const agent = { "user-agent": 'caf\u00e9 "x"' };
  assert.equal((await get(gate, "/ok")).status, 200);
  assert.equal((await get(gate, "/gone?a=b", agent)).status, 404);
  await logged(1);
  await until(async () => (await rotation.rotate()) || undefined);
  assert.equal((await get(gate, "/down")).status, 503);
  await assert.rejects(getFrom("127.0.0.2", gate));
  await logged(3);
  assert.deepEqual(
    records.map(({ path: asked, status, flags, route }) => [asked, status, flags, route]),
    [
      ["/gone?a=b", 404, [], origin],
      ["/down", 503, ["UF"], "down"],
      [undefined, 0, ["NR"], undefined],
    ],
  );
  const [gone, down, refused] = records;
  assert.equal(gone?.authority, `127.0.0.1:${gate}`);
  assert.match(gone?.client ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal(gone?.protocol, "HTTP/1.1");
  assert.equal(down?.upstreamHost, `127.0.0.1:${nobody}`);
  assert.equal(down?.cluster, "nobody");
  assert.match(down?.upstreamFailure ?? "", /refused/);
  assert.match(refused?.details ?? "", /filter_chain_not_found/);
});

function elsewhere(original: Listener): Listener {
  const address = original.address?.address;
  if (address?.case === "socketAddress") address.value.address = "127.0.0.2";
  return original;
}

function getFrom(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.get({ host, port, agent: false }, () => resolve()).once("error", reject);
  });
}

test("of a cluster's statistics only the listed ones exist", async (t) => {
  const paths = await ownPaths(t);
  const { gate, nobody } = await freePorts("gate", "nobody");
  const { envoy, next } = await run(t, paths, {
    listeners: [listener("gate", gate, paths, [{ path: "/", name: "all", cluster: "nobody" }])],
    clusters: [staticCluster("nobody", nobody)],
  });
  await next("ready");
  assert.equal((await get(gate, "/")).status, 503);
  const { body } = await envoy.admin.get("/stats");
  const names = body
    .split("\n")
    .flatMap((line) => /^cluster\.nobody\.([^:]+)/.exec(line)?.[1] ?? []);
  for (const listed of ["upstream_rq_total", "upstream_cx_connect_fail", "membership_healthy"]) {
    assert.ok(names.includes(listed), listed);
  }
  assert.ok(names.length < 40, `${names.length}: ${names.join(" ")}`);
  assert.match(body, /^http\.gate_http\.downstream_rq_5xx: 1$/m);
});

test("validation takes what Envoy takes and explains what it refuses", async (t) => {
  const paths = await ownPaths(t);
  const deps = { files, processes, random };
  const settings = { program: await envoyProgram(), directory: paths.directory };
  const validate = (
    fixed: NonNullable<BootstrapSettings["fixed"]>,
  ): ReturnType<typeof validateBootstrap> =>
    validateBootstrap(deps, settings, bootstrapOf(paths, fixed));
  const good = listener("gate", 80, paths, [{ path: "/", name: "all" }]);
  assert.deepEqual(await validate({ listeners: [good] }), { ok: true, value: undefined });

  const homeless = listener("gate", 80, paths, [{ path: "/", name: "all", cluster: "nope" }]);
  const refused = await validate({ listeners: [homeless] });
  assert.equal(!refused.ok && refused.error.reason, "UnknownCluster");
  const bad = listener("gate", 80, paths, [{ path: "/", name: "all", direct: 9999 }]);
  const violated = await validate({ listeners: [bad] });
  assert.equal(!violated.ok && violated.error.reason, "ConstraintViolated");
  assert.match(violated.ok ? "" : violated.error.message, /DirectResponseAction\.Status/);
  const left = await readdir(paths.directory);
  assert.deepEqual(
    left.filter((name) => name.startsWith("validate")),
    [],
  );
});
