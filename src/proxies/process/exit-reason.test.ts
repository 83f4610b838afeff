import assert from "node:assert/strict";
import test from "node:test";
import { FilesError } from "#runtime/files.ts";
import type { ExitStatus } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import { explainExit, explainNoStart } from "./exit-reason.ts";

const one: ExitStatus = { code: 1, signal: undefined };
const by = (signal: string): ExitStatus => ({ code: undefined, signal });

/** Output as Envoy 1.40 and the kernel's loader write it. */
const endings: Readonly<
  Record<string, readonly [status: ExitStatus, output: string, reason: string, message: RegExp]>
> = {
  "a port that is taken": [
    one,
    "[2026-11-24 04:26:40.982][18521][critical][main] [source/server/server.cc:449] error `cannot bind '127.0.0.1:18086': Address already in use` initializing config 'goo.gle/debugproto   \n  boot.pb'\ncannot bind '127.0.0.1:18086': Address already in use\n",
    "AddressInUse",
    /another program listens on 127\.0\.0\.1:18086/,
  ],
  "a log that cannot be written": [
    one,
    "error `Failed to open log-file '/x/envoy.log'. e.what(): unable to open file '/x/envoy.log': Permission denied` initializing config 'x'",
    "FileNotWritable",
    /cannot write \/x\/envoy\.log: Permission denied$/,
  ],
  "a system that is too old": [
    one,
    "envoy: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.31' not found (required by envoy)",
    "UnsupportedSystem",
    /lacks GLIBC_2\.31/,
  ],
  "no memory": [
    by("SIGABRT"),
    "17246 external/tcmalloc+/tcmalloc/arena.cc:59] CHECK in Alloc: FATAL ERROR: Out of memory trying to allocate internal tcmalloc data",
    "OutOfMemory",
    /no memory/,
  ],
  "too few file descriptors": [
    by("SIGABRT"),
    "[warn] evutil_make_internal_pipe_: pipe: Too many open files",
    "TooManyOpenFiles",
    /as many files/,
  ],
  "configuration it refuses": [
    one,
    "error `route: unknown cluster 'c'` initializing config 'x'",
    "UnknownCluster",
    /did not start: a route names the cluster c/,
  ],
  "a kill": [by("SIGKILL"), "", "Killed", /signal 9/],
  "a crash": [by("SIGSEGV"), "Caught Segmentation fault", "Crashed", /SIGSEGV/],
  "anything else": [
    { code: 3, signal: undefined },
    "a\nlast words\n\n",
    "Ended",
    /code 3: last words$/,
  ],
};

for (const [what, [status, output, reason, message]] of Object.entries(endings)) {
  test(`${what} is told in words with advice`, () => {
    const why = explainExit(status, output);
    assert.equal(why.reason, reason);
    assert.match(why.message, message);
    assert.match(why.advice, /\w/);
    assert.equal(why.retryable, reason !== "UnsupportedSystem");
  });
}

test("an Envoy that could not be started says what to look at", () => {
  const denied = explainNoStart(new ProcessError("denied", "cannot run /envoy (EACCES)"));
  assert.match(`${denied.message} ${denied.advice}`, /EACCES.*may be read and run/);
  const full = explainNoStart(new FilesError("full", "/x", "no space in /x"));
  assert.match(`${full.message} ${full.advice}`, /no space in \/x.*disk is not full/);
});
