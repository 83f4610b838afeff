/** A small AWS Private CA as a program: serves on an address until its input ends; says where, for which key, and how often it was asked to sign. */

import { once } from "node:events";
import { createInterface } from "node:readline";
import { createClock } from "#runtime/real-clock.ts";
import { startPrivateCa } from "./private-ca.ts";

const [address = "127.0.0.1"] = process.argv.slice(2);
const key = { id: "AKIASERVED", secret: "of a lab" };
const ca = await startPrivateCa({ clock: createClock(), keys: [key], address });
console.log(JSON.stringify({ url: ca.url, arn: ca.arn, key }));
const input = createInterface({ input: process.stdin });
// Each line is a question.
input.on("line", () => console.log(JSON.stringify(ca.calls.map(({ operation }) => operation))));
await once(input, "close");
await ca[Symbol.asyncDispose]();
