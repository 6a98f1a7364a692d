import { hostname } from 'node:os';
import { type ClientInfo, cutText, labelsSchema, SignalboxError } from '../../schemas/index.ts';

/** @throws SignalboxError `bad_usage` if there are too many, or one is not valid. */
export function checkedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const parsed = labelsSchema.safeParse(labels);
  if (parsed.success) return parsed.data;
  const rule = 'at most 64, names as of clients, values [A-Za-z0-9][A-Za-z0-9._:/-]*, at most 63 characters';
  throw new SignalboxError('bad_usage', `the labels of a client are not valid: use ${rule}`);
}

/** What a client knows of its machine. */
export const ownFacts = (): Record<string, string> => ({
  os: process.platform,
  arch: process.arch,
  node: process.versions.node,
});

/** What it says of its process to people. */
export const ownInfo = (containment: string | undefined): ClientInfo => ({
  host: cutText(hostname(), 255),
  pid: process.pid,
  platform: process.platform,
  ...(containment !== undefined && { containment }),
});
