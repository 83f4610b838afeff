/** The machine we run on. */

import { availableParallelism, totalmem } from "node:os";
import { isJsonObject } from "#base/json.ts";
import type { Platform } from "./platform.ts";

/** Asks Node and the kernel; takes some 10 ms, so once. */
export function readPlatform(): Platform {
  const glibc = process.platform === "linux" ? glibcVersion() : undefined;
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    os: process.platform,
    arch: process.arch,
    ...(glibc === undefined ? {} : { glibc }),
    parallelism: availableParallelism(),
    memoryBytes: constrained > 0 && constrained < total ? constrained : total,
  };
}

function glibcVersion(): string | undefined {
  // Without it the report looks up the names of all peers.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const header = isJsonObject(report) ? report["header"] : undefined;
  const version = isJsonObject(header) ? header["glibcVersionRuntime"] : undefined;
  return typeof version === "string" && version !== "" ? version : undefined;
}
