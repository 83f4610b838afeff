package main

import (
	"log"
	"strings"

	"golang.org/x/sys/unix"
	v1 "k8s.io/api/core/v1"
)

// credentials are whose rights a process has.
type credentials struct {
	UID, GID int
	Groups   []int
	// Capabilities is a bit set of those that root keeps.
	Capabilities    uint64
	NoNewPrivileges bool
}

const allCapabilities = 1<<(unix.CAP_LAST_CAP+1) - 1

// defaultCapabilities are those container runtimes leave to root.
var defaultCapabilities = []string{"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
	"NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}

var capabilityNumbers = map[string]int{
	"AUDIT_CONTROL": unix.CAP_AUDIT_CONTROL, "AUDIT_READ": unix.CAP_AUDIT_READ, "AUDIT_WRITE": unix.CAP_AUDIT_WRITE,
	"BLOCK_SUSPEND": unix.CAP_BLOCK_SUSPEND, "BPF": unix.CAP_BPF, "CHECKPOINT_RESTORE": unix.CAP_CHECKPOINT_RESTORE,
	"CHOWN": unix.CAP_CHOWN, "DAC_OVERRIDE": unix.CAP_DAC_OVERRIDE, "DAC_READ_SEARCH": unix.CAP_DAC_READ_SEARCH,
	"FOWNER": unix.CAP_FOWNER, "FSETID": unix.CAP_FSETID, "IPC_LOCK": unix.CAP_IPC_LOCK, "IPC_OWNER": unix.CAP_IPC_OWNER,
	"KILL": unix.CAP_KILL, "LEASE": unix.CAP_LEASE, "LINUX_IMMUTABLE": unix.CAP_LINUX_IMMUTABLE,
	"MAC_ADMIN": unix.CAP_MAC_ADMIN, "MAC_OVERRIDE": unix.CAP_MAC_OVERRIDE, "MKNOD": unix.CAP_MKNOD,
	"NET_ADMIN": unix.CAP_NET_ADMIN, "NET_BIND_SERVICE": unix.CAP_NET_BIND_SERVICE, "NET_BROADCAST": unix.CAP_NET_BROADCAST,
	"NET_RAW": unix.CAP_NET_RAW, "PERFMON": unix.CAP_PERFMON, "SETFCAP": unix.CAP_SETFCAP, "SETGID": unix.CAP_SETGID,
	"SETPCAP": unix.CAP_SETPCAP, "SETUID": unix.CAP_SETUID, "SYSLOG": unix.CAP_SYSLOG, "SYS_ADMIN": unix.CAP_SYS_ADMIN,
	"SYS_BOOT": unix.CAP_SYS_BOOT, "SYS_CHROOT": unix.CAP_SYS_CHROOT, "SYS_MODULE": unix.CAP_SYS_MODULE,
	"SYS_NICE": unix.CAP_SYS_NICE, "SYS_PACCT": unix.CAP_SYS_PACCT, "SYS_PTRACE": unix.CAP_SYS_PTRACE,
	"SYS_RAWIO": unix.CAP_SYS_RAWIO, "SYS_RESOURCE": unix.CAP_SYS_RESOURCE, "SYS_TIME": unix.CAP_SYS_TIME,
	"SYS_TTY_CONFIG": unix.CAP_SYS_TTY_CONFIG, "WAKE_ALARM": unix.CAP_WAKE_ALARM,
}

// credentialsFor merges what the pod and the container say; the container's word is the last.
func credentialsFor(o *v1.Pod, spec *v1.Container) credentials {
	c := credentials{Groups: []int{}}
	if pod := o.Spec.SecurityContext; pod != nil {
		c.UID, c.GID = number(pod.RunAsUser, 0), number(pod.RunAsGroup, 0)
		for _, group := range pod.SupplementalGroups {
			c.Groups = append(c.Groups, int(group))
		}
		if pod.FSGroup != nil {
			c.Groups = append(c.Groups, int(*pod.FSGroup))
		}
	}
	own := spec.SecurityContext
	if own == nil {
		own = &v1.SecurityContext{}
	}
	c.UID, c.GID = number(own.RunAsUser, c.UID), number(own.RunAsGroup, c.GID)
	privileged := own.Privileged != nil && *own.Privileged
	c.NoNewPrivileges = !privileged && own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation
	c.Capabilities = allCapabilities
	if !privileged {
		c.Capabilities = capabilitiesOf(own.Capabilities)
	}
	return c
}

func number(given *int64, otherwise int) int {
	if given == nil {
		return otherwise
	}
	return int(*given)
}

// capabilitiesOf takes away before it adds, as runtimes do: `drop: [ALL]` with `add` leaves what is added.
func capabilitiesOf(wanted *v1.Capabilities) uint64 {
	set := bits(defaultCapabilities)
	if wanted == nil {
		return set
	}
	for _, name := range wanted.Drop {
		set &^= bits([]string{string(name)})
	}
	for _, name := range wanted.Add {
		set |= bits([]string{string(name)})
	}
	return set
}

func bits(names []string) (set uint64) {
	for _, name := range names {
		name = strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		if name == "ALL" {
			return allCapabilities
		}
		n, known := capabilityNumbers[name]
		if !known {
			log.Printf("there is no capability %s", name)
			continue
		}
		set |= 1 << n
	}
	return set
}
