import { cutText } from '../../schemas/cut-text.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Content, Group, Sample } from './group.ts';
import type { Included } from './message.ts';

const maxOutputBytes = 2_048;
const maxArgumentsLength = 4_096;

/** The data that a rule includes for the events of its message, as far as the store still has it. */
export async function includedOf({ include }: Group, { samples }: Content, service: JobService): Promise<Included[]> {
  if (!include.includes('arguments') && !include.includes('output')) return [];
  return await Promise.all(samples.map((sample) => ofSample(sample, include, service)));
}

async function ofSample({ job, client }: Sample, include: readonly string[], service: JobService): Promise<Included> {
  if (!job || client === undefined) return {};
  const key = { id: job.id, client };
  const args = include.includes('arguments') ? await service.get(key).catch(() => undefined) : undefined;
  const runs = include.includes('output') ? await service.output(key).catch(() => []) : [];
  const bytes = Buffer.concat(runs.map(({ data }) => data));
  const fits = args && JSON.stringify(args.args).length <= maxArgumentsLength;
  return {
    ...(fits && { arguments: args.args }),
    ...(bytes.length > 0 && { output: endOf(bytes) }),
  };
}

/** The last characters, none of them cut. */
function endOf(bytes: Buffer): string {
  const end = bytes.subarray(-maxOutputBytes);
  const begin = end.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return cutText(end.subarray(end.length < bytes.length ? Math.max(0, begin) : 0).toString(), maxOutputBytes);
}
