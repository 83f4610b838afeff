import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http2 from "node:http2";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { answerCalls } from "./unary-call.ts";

const failures: unknown[] = [];
const handler = answerCalls({
  path: "/a.B/C",
  maxBytes: 100,
  answer: (question) => {
    if (question.length === 0) return Promise.reject(new Error("nothing was asked"));
    return Promise.resolve(Uint8Array.of(...question, 9));
  },
  failed: (error) => failures.push(error),
});

function frameOf(message: readonly number[], flag = 0, length = message.length): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, Buffer.from(message)]);
}

interface Answered {
  readonly status: string;
  readonly body: Buffer;
}

async function call(path: string, body: Buffer): Promise<Answered> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-call-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const socket = join(directory, "a.sock");
  const listener = await createHttp2Server().listen({ kind: "unix", path: socket }, handler);
  undo.defer(() => listener.close());
  const session = http2.connect("http://a", { createConnection: () => connect(socket) });
  undo.defer(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": path, te: "trailers" });
  let status = "";
  const read = (headers: http2.IncomingHttpHeaders): void => {
    status = String(headers["grpc-status"] ?? status);
  };
  stream.on("response", read).on("trailers", read);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await once(stream, "close");
  return { status, body: Buffer.concat(chunks) };
}

test("a question is answered, with the status behind the answer", async () => {
  const { status, body } = await call("/a.B/C", frameOf([1, 2]));
  assert.equal(status, "0");
  assert.deepEqual(body, frameOf([1, 2, 9]));
});

const refused: Readonly<Record<string, readonly [string, Buffer, string]>> = {
  "another method": ["/a.B/D", frameOf([1]), "12"],
  "a question that is too large": ["/a.B/C", frameOf(Array(200).fill(1)), "8"],
  "a message that is cut off": ["/a.B/C", frameOf([1], 0, 7), "13"],
  "a compressed message": ["/a.B/C", frameOf([1], 1), "13"],
  "no message": ["/a.B/C", Buffer.alloc(0), "13"],
  "a question that cannot be answered": ["/a.B/C", frameOf([]), "13"],
};

for (const [what, [path, body, expected]] of Object.entries(refused)) {
  test(`${what} gets a status and nothing else`, async () => {
    const { status, body: answer } = await call(path, body);
    assert.equal(status, expected);
    assert.equal(answer.length, 0);
  });
}

test("what went wrong is told to us alone", () => {
  assert.deepEqual(
    failures.map((error) => (error instanceof Error ? error.message : "")),
    ["nothing was asked"],
  );
});
