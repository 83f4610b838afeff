/** A directory in which files change as the kubelet changes those of a Secret: all of them by one rename. */

import {
  existsSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Writes `files` beside what is there, then renames the link that leads to them. */
export function replaceProjected(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  mkdirSync(directory, { recursive: true });
  const data = join(directory, "..data");
  const old = existsSync(data) ? readlinkSync(data) : undefined;
  const name = `..${process.hrtime.bigint()}`;
  mkdirSync(join(directory, name));
  for (const [file, content] of Object.entries(files)) {
    writeFileSync(join(directory, name, file), content);
  }
  symlinkSync(name, join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), data);
  for (const file of Object.keys(files)) {
    if (!existsSync(join(directory, file))) symlinkSync(`..data/${file}`, join(directory, file));
  }
  if (old !== undefined) rmSync(join(directory, old), { recursive: true });
}
