import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { NetworkError, type NetworkErrorCode } from "./network.ts";
import { createDnsTransport } from "./real-dns-transport.ts";

const forever = new AbortController().signal;
const question = Uint8Array.from([7, 7, 1, 2, 3]);

async function datagramServer(
  context: TestContext,
  answers: (message: Buffer) => readonly Buffer[],
): Promise<number> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    for (const answer of answers(message)) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  context.after(() => socket.close());
  return socket.address().port;
}

async function streamServer(context: TestContext, answer: readonly Buffer[]): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      for (const part of answer) socket.write(part);
      if (answer.length === 0) socket.destroy();
    });
    context.after(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return (server.address() as { readonly port: number }).port;
}

async function failsWith(code: NetworkErrorCode, asked: Promise<unknown>): Promise<void> {
  await assert.rejects(asked, (error) => error instanceof NetworkError && error.code === code);
}

test("over UDP the answer with the id of the question counts", async (context) => {
  const port = await datagramServer(context, (message) => [
    Buffer.from([9, 9, 0]),
    Buffer.concat([message.subarray(0, 2), Buffer.from("answer")]),
  ]);
  const server = { address: "127.0.0.1", port, over: "udp" } as const;
  const answer = await createDnsTransport().ask(server, question, forever);
  assert.equal(Buffer.from(answer.subarray(2)).toString(), "answer");
});

test("over TCP the answer has its length before it, in however many parts", async (context) => {
  const parts = [Buffer.from([0]), Buffer.from([4, 7]), Buffer.from([7, 1, 2, 99])];
  const port = await streamServer(context, parts);
  const server = { address: "127.0.0.1", port, over: "tcp" } as const;
  const answer = await createDnsTransport().ask(server, question, forever);
  assert.deepEqual([...answer], [7, 7, 1, 2]);
});

test("a connection that closes without an answer is told apart", async (context) => {
  const port = await streamServer(context, []);
  const server = { address: "127.0.0.1", port, over: "tcp" } as const;
  await failsWith("reset", createDnsTransport().ask(server, question, forever));
});

for (const over of ["udp", "tcp"] as const) {
  test(`over ${over} a port where nobody listens is told apart`, async (context) => {
    const port = await datagramServer(context, () => []);
    context.after(() => undefined);
    const server = { address: "127.0.0.2", port, over } as const;
    await failsWith("refused", createDnsTransport().ask(server, question, forever));
  });
}

test("a question without an answer can be given up", async (context) => {
  const port = await datagramServer(context, () => []);
  const stop = new AbortController();
  const server = { address: "127.0.0.1", port, over: "udp" } as const;
  const asked = failsWith("aborted", createDnsTransport().ask(server, question, stop.signal));
  stop.abort();
  await asked;
});
