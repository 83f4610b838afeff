import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FilesError, type FilesErrorCode } from "./files.ts";
import { createFiles } from "./real-files.ts";

const files = createFiles();

async function temporary(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sekisho-files-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function failsWith(code: FilesErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error) => error instanceof FilesError && error.code === code);
}

const textOf = (content: Uint8Array): string => Buffer.from(content).toString("utf8");

test("a replaced file has its new content and mode, and nothing is left beside it", async (context) => {
  const directory = await temporary(context);
  const file = join(directory, "a");
  await writeFile(file, "old", { mode: 0o644 });
  await files.replace(file, "new", 0o600);
  assert.equal(textOf(await files.read(file, 10)), "new");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), ["a"]);
});

test("bytes written in place are seen by whoever has the file open, and the rest stays", async (context) => {
  const file = join(await temporary(context), "a");
  await writeFile(file, "abcdef");
  await using open = await openFile(file, "r");
  await files.writeAt(file, 2, Buffer.from("XY"));
  assert.equal(textOf((await open.readFile()) as Uint8Array), "abXYef");
  await failsWith("not-found", () => files.writeAt(`${file}-not-there`, 0, Buffer.from("x")));
});

test("a link takes the place of what was there", async (context) => {
  const directory = await temporary(context);
  await writeFile(join(directory, "a"), "old");
  await writeFile(join(directory, "b"), "new");
  for (const target of ["b", "b"]) await files.replaceByLink(join(directory, "a"), target);
  assert.equal(textOf(await files.read(join(directory, "a"), 10)), "new");
  assert.deepEqual(await readdir(directory), ["a", "b"]);
});

test("a file that cannot be replaced stays as it was, without a remainder", async (context) => {
  const directory = await temporary(context);
  await mkdir(join(directory, "a"));
  await assert.rejects(files.replace(join(directory, "a"), "new", 0o600), FilesError);
  assert.deepEqual(await readdir(directory), ["a"]);
});

test("a file is read up to the limit and refused above it", async (context) => {
  const file = join(await temporary(context), "a");
  await writeFile(file, "12345");
  assert.equal(textOf(await files.read(file, 5)), "12345");
  await failsWith("too-large", () => files.read(file, 4));
});

test("a part of a file is read, fewer bytes at its end", async (context) => {
  const file = join(await temporary(context), "a");
  await writeFile(file, "12345");
  assert.equal(textOf(await files.readAt(file, 1, 2)), "23");
  assert.equal(textOf(await files.readAt(file, 3, 9)), "45");
});

test("a file whose size the system does not tell is read whole", async () => {
  assert.match(textOf(await files.read("/proc/self/status", 1 << 20)), /^Name:/);
});

test("a large file is read to its end, as a small one is", async (context) => {
  const directory = await temporary(context);
  for (const bytes of [0, 1, 4096, 3_000_000]) {
    const content = Buffer.alloc(bytes, "sekisho ");
    const file = join(directory, `${bytes}`);
    await writeFile(file, content);
    assert.equal(Buffer.compare(await files.read(file, bytes), content), 0);
  }
});

test("a pipe without a writer does not hold the reader", { timeout: 10_000 }, async (context) => {
  const pipe = join(await temporary(context), "pipe");
  execFileSync("mkfifo", [pipe]);
  await failsWith("other", () => files.read(pipe, 10));
});

test("failures have a code", async (context) => {
  const directory = await temporary(context);
  await writeFile(join(directory, "file"), "");
  await symlink("loop", join(directory, "loop"));
  await failsWith("not-found", () => files.read(join(directory, "none"), 1));
  await failsWith("not-directory", () => files.list(join(directory, "file")));
  await failsWith("loop", () => files.read(join(directory, "loop"), 1));
  await failsWith("loop", () => files.status(join(directory, "loop")));
});

test("what is not there has no status, and removing it is fine", async (context) => {
  const directory = await temporary(context);
  await symlink("nowhere", join(directory, "dangling"));
  assert.equal(await files.status(join(directory, "none")), undefined);
  assert.equal(await files.status(join(directory, "dangling")), undefined);
  await files.remove(join(directory, "none"));
});

test("a status follows links, a list does not, and both names of a file have one identity", async (context) => {
  const directory = await temporary(context);
  await writeFile(join(directory, "b"), "12", { mode: 0o600 });
  await symlink("b", join(directory, "a"));
  await mkdir(join(directory, "c"));
  assert.deepEqual(await files.list(directory), [
    { name: "a", kind: "link" },
    { name: "b", kind: "file" },
    { name: "c", kind: "directory" },
  ]);
  const [link, file] = [
    await files.status(join(directory, "a")),
    await files.status(join(directory, "b")),
  ];
  assert.deepEqual(link, file);
  assert.equal(file?.kind, "file");
  assert.equal(file?.bytes, 2);
  assert.equal(file?.mode, 0o600);
});

test("a change in a watched directory is told, until the watch is stopped", async (context) => {
  const directory = await temporary(context);
  const changed = Promise.withResolvers<void>();
  const stop = files.watch(directory, changed.resolve, changed.reject);
  context.after(stop);
  await writeFile(join(directory, "a"), "");
  await changed.promise;
});

test("a directory that cannot be watched is said to have failed, once", async (context) => {
  const directory = await temporary(context);
  const failures: Error[] = [];
  files.watch(
    join(directory, "none"),
    () => assert.fail("changed"),
    (error) => {
      failures.push(error);
    },
  );
  assert.equal(failures.length, 1);
  assert.ok(failures[0] instanceof FilesError && failures[0].code === "not-found");
});

test("a watched directory that goes away is told as a change or a failure", async (context) => {
  const directory = await temporary(context);
  const told = Promise.withResolvers<void>();
  context.after(files.watch(directory, told.resolve, () => told.resolve()));
  await rm(directory, { recursive: true });
  await told.promise;
});

test("one holder has the lock, in this process and in others", async (context) => {
  const path = join(await temporary(context), "lock");
  const lock = await files.lock(path);
  assert.ok(lock !== undefined);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await files.lock(path), undefined);
  const other = holdLock(context, path);
  assert.equal(await firstLine(other), "refused");
  await lock.release();
  const again = await files.lock(path);
  assert.ok(again !== undefined);
  await again.release();
});

test("the lock is free as soon as its holder was killed", async (context) => {
  const path = join(await temporary(context), "lock");
  const other = holdLock(context, path);
  assert.equal(await firstLine(other), "held");
  assert.equal(await files.lock(path), undefined);
  const exited = once(other, "exit");
  other.kill("SIGKILL");
  await exited;
  const lock = await files.lock(path);
  assert.ok(lock !== undefined);
  await lock.release();
});

test("a refused try of its own process does not cost the holder its lock", async (context) => {
  const path = join(await temporary(context), "lock");
  const lock = await files.lock(path);
  assert.equal(await files.lock(path), undefined);
  assert.equal(await firstLine(holdLock(context, path)), "refused");
  await lock?.release();
});

/** Another process that takes the lock, says how that went, and stays. */
function holdLock(context: TestContext, path: string): ChildProcess {
  const program = `
    import { createFiles } from ${JSON.stringify(join(import.meta.dirname, "real-files.ts"))};
    const lock = await createFiles().lock(${JSON.stringify(path)});
    process.stdout.write(lock === undefined ? "refused" : "held");
    process.stdin.resume();`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the child has no output");
  const [chunk] = await once(child.stdout, "data");
  return `${chunk}`;
}
