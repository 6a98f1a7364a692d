import { z } from 'zod';

/** The capabilities of capabilities(7), without `CAP_`. */
const known = new Set(
  (
    'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID ' +
    'IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW ' +
    'PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO ' +
    'SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM ALL'
  ).split(' '),
);

/** The defaults of Docker without NET_RAW, which can forge packets. Official database images start as root and need CHOWN, SETUID and SETGID. */
const defaults =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  );

/** `cap_net_admin` and `NET_ADMIN` are the same capability. */
const canonical = (capability: string): string => capability.toUpperCase().replace(/^CAP_/, '');

/** A capability in any case, with or without `CAP_`. */
export const capabilitySchema = z
  .string()
  .max(64)
  .refine((capability) => known.has(canonical(capability)), 'expected a capability such as NET_ADMIN, or ALL')
  .meta({ form: 'a capability such as NET_ADMIN, or ALL' });

/** The capabilities of a container, for the engine. The list is complete, so that no engine adds defaults. */
interface Capabilities {
  readonly CapAdd: string[];
  readonly CapDrop: string[];
}

export function capabilitiesOf(add: readonly string[] = [], drop: readonly string[] = []): Capabilities {
  const added = add.map(canonical);
  const dropped = drop.map(canonical);
  if (added.includes('ALL')) return { CapAdd: ['ALL'], CapDrop: dropped.filter((one) => one !== 'ALL') };
  const kept = dropped.includes('ALL') ? [] : defaults;
  const all = new Set([...kept.filter((one) => !dropped.includes(one)), ...added]);
  return { CapAdd: [...all].sort(), CapDrop: ['ALL'] };
}

/** The added capabilities that the owner of the client has not allowed. */
export function notAllowed(add: readonly string[], allowed: readonly string[]): string[] {
  const may = new Set([...defaults, ...allowed.map(canonical)]);
  if (may.has('ALL')) return [];
  return add.map(canonical).filter((capability) => !may.has(capability));
}
