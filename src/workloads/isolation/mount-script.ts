/** The shell script that gives a container its volumes at their mount paths, inside a mount namespace of its own. */

import type { Invocation, Mount } from "./isolation.ts";

/**
 * Binds every source over its target, then becomes the program. Paths come as arguments, never as script text.
 *
 * A target that does not exist on this machine needs a directory to be made, and the machine's own must not be
 * touched: so its nearest existing parent is covered by a tmpfs that shows the parent's entries again, and the
 * missing part is made there. `/` itself cannot be covered; then a new root of binds is built and entered.
 */
const script = `
set -eu
room=$1/part root=; mkdir -p "$1/part" "$1/root"; whole=$1/root; shift
cover() {
  mount -t tmpfs -o mode=0755 tmpfs "$room"
  mkdir "$room/old" "$room/new"
  mount --rbind "$1" "$room/old"
  mount -t tmpfs -o mode=0755 tmpfs "$room/new"
  for entry in "$room/old"/* "$room/old"/.[!.]*; do
    name=\${entry##*/}
    if [ -L "$entry" ]; then cp -P "$entry" "$room/new/$name"
    elif [ -d "$entry" ]; then mkdir "$room/new/$name"; mount --rbind "$entry" "$room/new/$name"
    elif [ -e "$entry" ]; then : > "$room/new/$name"; mount --bind "$entry" "$room/new/$name"
    fi
  done
}
while [ "$1" != -- ]; do
  kind=$1 mode=$2 source=$3 target=$root$4; shift 4
  if [ ! -e "$target" ]; then
    parent=\${target%/*}
    while [ -n "\${parent#"$root"}" ] && [ ! -d "$parent" ]; do parent=\${parent%/*}; done
    if [ -n "\${parent#"$root"}" ]; then
      cover "$parent"
      mount --rbind "$room/new" "$parent"
      umount -R -l "$room"
    elif [ -z "$root" ]; then
      part=$room room=$whole
      cover /
      root=$room/new room=$part
      target=$root$target
    fi
    if [ "$kind" = file ]; then mkdir -p "\${target%/*}"; : > "$target"; else mkdir -p "$target"; fi
  fi
  mount --rbind "$source" "$target"
  if [ "$mode" = ro ]; then mount -o remount,bind,ro "$target"; fi
done
shift
directory=$1; shift
if [ -n "$root" ]; then exec chroot "$root" sh -c 'cd "$1"; shift; exec "$@"' sh "$directory" "$@"; fi
cd "$directory"
exec "$@"
`;

/** The arguments of `unshare --mount` that run the program with its mounts; `room` is an empty directory to work in. */
export function mountArguments(
  invocation: Invocation,
  mounts: readonly Mount[],
  room: string,
): readonly string[] {
  // Parents before what lies in them, so that none covers another.
  const ordered = mounts.toSorted((a, b) => a.target.length - b.target.length);
  return [
    "--mount",
    "sh",
    "-c",
    script,
    "sh",
    room,
    ...ordered.flatMap(({ kind, readOnly, source, target }) => [
      kind,
      readOnly ? "ro" : "rw",
      source,
      target,
    ]),
    "--",
    invocation.workingDir ?? "/",
    invocation.command,
    ...invocation.args,
  ];
}
