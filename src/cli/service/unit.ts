/** The systemd unit that runs a gate: as a user of its own, with the one right that ports below 1024 need. */

export interface ServiceUnit {
  readonly user: string;
  /** The program, absolute. */
  readonly program: string;
  /** What is served, absolute. */
  readonly directories: readonly string[];
  /** Absolute; undefined: no settings. */
  readonly config?: string;
  /** How long open requests may take when it stops. */
  readonly drainSeconds: number;
}

/** Where it keeps what it keeps, and what it fetches: systemd makes both for the user. */
export const serviceData = "/var/lib/sekisho";
const serviceCache = "/var/cache/sekisho";

/** Longer than draining takes, before systemd kills what is left. */
const stopMargin = 20;

/** The text of the unit file. */
export function formatUnit(unit: ServiceUnit): string {
  const { user, program, directories, config, drainSeconds } = unit;
  const command = [
    ...[program, "up", ...directories],
    ...["--data", serviceData, "--json"],
    ...(config === undefined ? [] : ["--config", config]),
  ];
  return `[Unit]
Description=Sekisho, a gateway
After=network-online.target
Wants=network-online.target

[Service]
User=${user}
ExecStart=${command.map(quoted).join(" ")}
Environment=XDG_CACHE_HOME=${serviceCache}
StateDirectory=sekisho
StateDirectoryMode=0700
CacheDirectory=sekisho
WorkingDirectory=${serviceData}
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
# Envoy outlives a control plane that dies, and goes on with the next one: it is not to be killed with it.
KillMode=process
Restart=always
RestartSec=1
TimeoutStopSec=${drainSeconds + stopMargin}

[Install]
WantedBy=multi-user.target
`;
}

/** As systemd reads a command line (systemd.service(5), "Command lines"): no variable and no specifier in it. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, "\\$&")}"`;
}
