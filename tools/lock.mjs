/** A lock between processes as a folder: whoever makes it holds it, and keeps its time fresh while it lives. */

import { mkdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const beatMs = 1_000;
const deadAfterMs = 15_000;

function tryTake(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock whose holder died without releasing it; only one of several waiters can rename it away. */
function breakIfDead(path) {
  try {
    if (Date.now() - statSync(path).mtimeMs < deadAfterMs) return;
    const aside = `${path}.${process.pid}`;
    renameSync(path, aside);
    rmSync(aside, { recursive: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

/** Waits until the lock at `path` is ours. Throws what the system says when the folder cannot be made. */
export async function holdLock(path) {
  for (let waits = 0; !tryTake(path); waits += 1) {
    if (waits === 10) {
      process.stderr.write("sekisho: waiting for another first start of this copy to finish\n");
    }
    breakIfDead(path);
    await sleep(200);
  }
  const beat = setInterval(() => utimesSync(path, new Date(), new Date()), beatMs);
  return {
    release: () => {
      clearInterval(beat);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
