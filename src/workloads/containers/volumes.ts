/** A pod's volumes as directories on this machine, and where its containers see them. */

import type { Container, KeyToPath, Volume } from "#kinds/pod-template.ts";
import { usable } from "#kinds/pod-template.ts";
import type { Files } from "#runtime/files.ts";
import type { Mount } from "../isolation/isolation.ts";
import { fieldValue, type PodFacts } from "../pods/pod-facts.ts";
import { expand, type Missing, type Values } from "./env.ts";

/** A file of a volume, by its path below the volume. */
interface VolumeFile {
  readonly content: Uint8Array;
  readonly mode: number;
}

type Content = ReadonlyMap<string, VolumeFile>;

interface Reading {
  readonly facts: PodFacts;
  readonly values: Values;
  readonly missing: Missing[];
}

const defaultMode = 0o644;
/** More than a ConfigMap or Secret can hold. */
const maxFileBytes = 16 * 1024 * 1024;

export class PodVolumes {
  readonly #directory: string;
  readonly #files: Files;
  /** What was written last, so that a refresh writes only what changed. */
  readonly #written = new Map<string, Content>();

  /** `directory` is the pod's own; volumes are made below it. */
  constructor(directory: string, files: Files) {
    this.#directory = directory;
    this.#files = files;
  }

  /** Makes every volume, or brings the files of one up to date; what is still missing is returned. */
  async refresh(
    volumes: readonly (Volume | undefined)[],
    facts: PodFacts,
    values: Values,
  ): Promise<readonly Missing[]> {
    const missing: Missing[] = [];
    for (const volume of usable(volumes)) {
      await this.#make(volume, { facts, values, missing });
    }
    return missing;
  }

  /** The mounts of a container. Volumes of kinds that are not made here have none; a finding says so. */
  async mounts(
    container: Container,
    volumes: readonly (Volume | undefined)[],
    env: Readonly<Record<string, string>>,
  ): Promise<readonly Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of usable(container.volumeMounts)) {
      const volume = usable(volumes).find(({ name }) => name === mount.name);
      const whole = volume === undefined ? undefined : this.#source(volume);
      if (whole === undefined || volume === undefined) continue;
      const inner =
        mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, env);
      if (inner !== undefined && !isInside(inner)) continue;
      const source = inner === undefined || inner === "" ? whole : `${whole}/${inner}`;
      const isMade = volume.emptyDir !== undefined || volume.hostPath !== undefined;
      if (isMade && (await this.#files.status(source)) === undefined) {
        await this.#files.makeDirectory(source, 0o777);
      }
      const kind = (await this.#files.status(source))?.kind === "file" ? "file" : "directory";
      const readOnly = mount.readOnly === true || (volume.emptyDir === undefined && !isMade);
      mounts.push({ source, target: absolute(mount.mountPath), kind, readOnly });
    }
    return mounts;
  }

  #source(volume: Volume): string | undefined {
    if (volume.hostPath !== undefined) return volume.hostPath.path;
    const { emptyDir, configMap, secret, downwardAPI, projected } = volume;
    const sources: readonly unknown[] = [emptyDir, configMap, secret, downwardAPI, projected];
    const isOurs = sources.some((source) => source !== undefined);
    return isOurs ? `${this.#directory}/volumes/${volume.name}` : undefined;
  }

  async #make(volume: Volume, reading: Reading): Promise<void> {
    const directory = this.#source(volume);
    if (directory === undefined) return;
    if (volume.hostPath !== undefined) {
      await this.#checkHostPath(volume.hostPath, reading);
      return;
    }
    await this.#files.makeDirectory(directory, 0o777);
    if (volume.emptyDir === undefined) await this.#write(directory, volumeContent(volume, reading));
  }

  /** The types of hostPath (Kubernetes documentation, "hostPath volume types"). */
  async #checkHostPath(
    { path, type = "" }: { readonly path: string; readonly type?: string },
    { missing }: Reading,
  ): Promise<void> {
    const status = await this.#files.status(path);
    if (status !== undefined) {
      const wanted = type.startsWith("Directory")
        ? "directory"
        : type.startsWith("File")
          ? "file"
          : status.kind;
      if (status.kind !== wanted)
        missing.push({ path, message: `hostPath ${path} is not a ${wanted}` });
    } else if (type === "DirectoryOrCreate") await this.#files.makeDirectory(path, 0o755);
    else if (type === "FileOrCreate") await this.#files.replace(path, "", 0o644);
    else if (type !== "") missing.push({ path, message: `hostPath ${path} does not exist` });
  }

  async #write(directory: string, content: Content): Promise<void> {
    const before = this.#written.get(directory) ?? (await readVolume(this.#files, directory));
    for (const [path, file] of content) {
      const last = before.get(path);
      if (last?.mode === file.mode && Buffer.from(file.content).equals(last.content)) continue;
      const slash = path.lastIndexOf("/");
      if (slash >= 0)
        await this.#files.makeDirectory(`${directory}/${path.slice(0, slash)}`, 0o755);
      await this.#files.replace(`${directory}/${path}`, file.content, file.mode);
    }
    for (const path of before.keys()) {
      if (!content.has(path)) await this.#files.remove(`${directory}/${path}`);
    }
    this.#written.set(directory, content);
  }
}

/** What an earlier run wrote into a volume that goes on. */
async function readVolume(files: Files, directory: string, below = ""): Promise<Content> {
  const found = new Map<string, VolumeFile>();
  for (const { name, kind } of await files.list(`${directory}/${below}`)) {
    const path = `${below}${name}`;
    if (kind === "directory") {
      for (const [inner, file] of await readVolume(files, directory, `${path}/`)) {
        found.set(inner, file);
      }
    } else if (kind === "file") {
      const content = await files.read(`${directory}/${path}`, maxFileBytes);
      const mode = (await files.status(`${directory}/${path}`))?.mode ?? defaultMode;
      found.set(path, { content, mode });
    }
  }
  return found;
}

function volumeContent(volume: Volume, reading: Reading): Content {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    const mode = configMap.defaultMode ?? defaultMode;
    return fromValues("configMap", configMap, mode, reading);
  }
  if (secret !== undefined) {
    const mode = secret.defaultMode ?? defaultMode;
    return fromValues("secret", { ...secret, name: secret.secretName }, mode, reading);
  }
  if (downwardAPI !== undefined) {
    return fromFields(downwardAPI.items ?? [], downwardAPI.defaultMode ?? defaultMode, reading);
  }
  const mode = projected?.defaultMode ?? defaultMode;
  return new Map(
    usable(projected?.sources).flatMap((source) => [
      ...(source.configMap ? fromValues("configMap", source.configMap, mode, reading) : []),
      ...(source.secret ? fromValues("secret", source.secret, mode, reading) : []),
      ...(source.downwardAPI ? fromFields(source.downwardAPI.items ?? [], mode, reading) : []),
    ]),
  );
}

interface ValueSource {
  readonly name: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function fromValues(
  kind: "configMap" | "secret",
  source: ValueSource,
  mode: number,
  { values, missing }: Reading,
): Content {
  const found = values[kind](source.name);
  const content = new Map<string, VolumeFile>();
  if (found === undefined) {
    const message = `${kind} "${source.name}" not found`;
    if (source.optional !== true) missing.push({ path: source.name, message });
    return content;
  }
  const items =
    source.items ?? [...found.keys()].map((key) => ({ key, path: key, mode: undefined }));
  for (const item of items) {
    const value = found.get(item.key);
    if (value !== undefined && isInside(item.path)) {
      content.set(item.path, { content: value, mode: item.mode ?? mode });
    } else if (source.optional !== true) {
      const what =
        value === undefined ? `has no key "${item.key}"` : `path "${item.path}" leads out`;
      missing.push({ path: source.name, message: `${kind} "${source.name}" ${what}` });
    }
  }
  return content;
}

function fromFields(
  items: readonly {
    readonly path: string;
    readonly mode?: number;
    readonly fieldRef?: { readonly fieldPath: string };
  }[],
  mode: number,
  { facts }: Reading,
): Content {
  const content = new Map<string, VolumeFile>();
  for (const item of items) {
    const value = item.fieldRef && fieldValue(facts, item.fieldRef.fieldPath);
    if (value === undefined || !isInside(item.path)) continue;
    content.set(item.path, { content: Buffer.from(value, "utf8"), mode: item.mode ?? mode });
  }
  return content;
}

/** A relative path without a way out of the volume. */
function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..") && !path.includes("\0");
}

function absolute(path: string): string {
  const clean = path.replace(/\/+/g, "/").replace(/\/$/, "");
  return clean.startsWith("/") ? clean : `/${clean}`;
}
