import { isIP } from 'node:net';
import { posix } from 'node:path';
import { z } from 'zod';

/** A reference that the engine accepts: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`. */
export const imageSchema = z
  .string()
  .max(512)
  .regex(
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]|\.(?=[a-zA-Z0-9]))*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  )
  .meta({ form: 'an image such as debian:12' });

const name = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** A name of a container, a volume or a network that the engine accepts. */
export const nameSchema = z.string().max(128).regex(name).meta({ form: 'a name of at least two of [a-zA-Z0-9_.-]' });

interface Mount {
  /** An absolute path of the host, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly isBind: boolean;
  readonly readOnly: boolean;
}

/** @returns undefined if the text is not a mount. Paths with `..` are not: their meaning depends on links. */
export function parseMount(text: string): Mount | undefined {
  const [source = '', target = '', mode = 'rw', ...more] = text.split(':');
  const isBind = source.startsWith('/');
  const climbs = [source, target].some((path) => path.split('/').includes('..'));
  const isTarget = target.startsWith('/') && posix.normalize(target) !== '/';
  const isSource = isBind || (name.test(source) && source.length <= 128);
  if (more.length > 0 || text.includes('\0') || climbs || !isTarget || !isSource || !/^r[ow]$/.test(mode)) return;
  return { source, target, isBind, readOnly: mode === 'ro' };
}

const mountForm =
  'SRC:DST or SRC:DST:ro: SRC an absolute path or the name of a volume, DST an absolute path, without ..';

export const mountSchema = z
  .string()
  .max(8_192)
  .refine((text) => parseMount(text) !== undefined, `expected ${mountForm}`)
  .meta({ form: mountForm });

interface Publish {
  readonly address: string;
  readonly hostPort: number;
  /** `80/tcp` */
  readonly port: string;
}

/** @returns undefined if the text is not a port to publish. */
export function parsePublish(text: string): Publish | undefined {
  const [, bracketed, plain, host, inside, protocol = 'tcp'] =
    /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const ports = [Number(host), Number(inside)];
  if (!ports.every((port) => port >= 1 && port <= 65_535)) return undefined;
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  if (plain !== undefined && isIP(plain) !== 4) return undefined;
  return { address: bracketed ?? plain ?? '127.0.0.1', hostPort: Number(host), port: `${Number(inside)}/${protocol}` };
}

const publishForm = 'PORT:PORT or ADDRESS:PORT:PORT, with /udp for UDP';

export const publishSchema = z
  .string()
  .max(64)
  .refine((text) => parsePublish(text) !== undefined, `expected ${publishForm}`)
  .meta({ form: publishForm });

export const labelSchema = z
  .string()
  .max(4_096)
  .regex(/^[^=\0]+=[^\0]*$/)
  .refine((label) => !/^\s*signalbox\s*(?:[.=]|$)/i.test(label), 'labels signalbox.… are reserved')
  .meta({ form: 'NAME=VALUE, and NAME not signalbox.…' });

export const restartSchema = z
  .string()
  .regex(/^(?:no|always|on-failure(?::[1-9]\d{0,4})?)$/)
  .meta({ form: 'no, always, on-failure or on-failure:N' });

export const healthSchema = z
  .string()
  .min(1)
  .max(65_536)
  .regex(/^[^\0]+$/);

export const pullTimeoutSchema = z.int().min(1).max(2_147_483_647).meta({
  named: true,
  label: 'D',
  unit: 'ms',
  form: 'a duration such as 10m',
  description: 'maximum time for the pull; default: 10m',
});
