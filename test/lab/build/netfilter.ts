/** `nft` and `iptables`: the machine's own, or those of Debian's packages, unpacked beside the other programs. */

import { execFile } from "node:child_process";
import { chmodSync, existsSync, globSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The packages of the programs and those of libraries that a small system may lack. */
const packages = [
  "nftables",
  "libnftables1",
  "libnftnl11",
  "iptables",
  "libip4tc2",
  "libip6tc2",
  "libxtables12",
  "libnetfilter-conntrack3",
  "libnfnetlink0",
  "libmnl0",
  "libedit2",
  "libbsd0",
  "libmd0",
  "libgmp10",
  "libtinfo6",
  "libjansson4",
];

/** Name in PATH → program of the packages. */
const commands: Readonly<Record<string, string>> = {
  nft: "usr/sbin/nft",
  iptables: "usr/sbin/iptables-nft",
  ip6tables: "usr/sbin/ip6tables-nft",
  "iptables-save": "usr/sbin/iptables-nft-save",
  "iptables-restore": "usr/sbin/iptables-nft-restore",
};

/** Fills a folder with the commands. */
export async function bringNetfilter(folder: string): Promise<void> {
  const missing = Object.keys(commands).filter((name) => {
    const own = findInPath(name);
    if (own !== undefined) symlinkSync(own, join(folder, name));
    return own === undefined;
  });
  if (missing.length === 0) return;
  const unpacked = join(folder, "root");
  try {
    await unpackPackages(folder, unpacked);
  } catch (cause) {
    throw new Error(
      "nft and iptables are not here and cannot be brought: install nftables and iptables",
      { cause },
    );
  }
  for (const name of missing) writeWrapper(folder, name);
}

function findInPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return [...folders, "/usr/sbin", "/sbin"].map((each) => join(each, name)).find(existsSync);
}

async function unpackPackages(folder: string, unpacked: string): Promise<void> {
  const download = (): Promise<unknown> =>
    run("apt-get", ["download", ...packages], { cwd: folder });
  try {
    await download();
  } catch {
    await run("apt-get", ["update"]); // a fresh machine has no lists yet
    await download();
  }
  for (const file of globSync("*.deb", { cwd: folder })) {
    await run("dpkg", ["-x", join(folder, file), unpacked]);
    rmSync(join(folder, file));
  }
}

/** The program finds its libraries and modules wherever it was unpacked. */
function writeWrapper(folder: string, name: string): void {
  const lines = [
    "#!/bin/sh",
    'root=$(dirname "$(readlink -f "$0")")/root',
    "LD_LIBRARY_PATH=",
    "for folder in $root/lib/*-linux-gnu $root/usr/lib/*-linux-gnu; do",
    "  LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$folder",
    "  [ -d $folder/xtables ] && XTABLES_LIBDIR=$folder/xtables && export XTABLES_LIBDIR",
    "done",
    "export LD_LIBRARY_PATH",
    `exec "$root/${commands[name]}" "$@"`,
    "",
  ];
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  chmodSync(path, 0o755);
}
