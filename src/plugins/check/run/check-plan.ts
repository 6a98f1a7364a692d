import type { SecureContext } from 'node:tls';
import { SignalboxError } from '../../../index.ts';
import type { CheckArgs } from '../contracts/check.ts';
import { checkName } from '../contracts/check-name.ts';
import { parseCheckUrl, shownUrl } from '../contracts/check-url.ts';
import { parseHeader } from '../contracts/header.ts';
import { parseStatuses } from '../contracts/statuses.ts';
import type { AllowedFiles } from '../files/allowed-files.ts';
import { parseHeaderFile } from '../files/header-file.ts';
import { trusting } from '../files/trusted.ts';
import { parseKafkaAddress } from '../kafka/kafka-address.ts';
import { parseKafkaCredentials } from '../kafka/kafka-credentials.ts';
import type { KafkaTarget } from '../kafka/kafka-links.ts';
import { loadKafka } from '../kafka/load-kafka.ts';

/** What each check of a job does. */
export interface CheckPlan {
  readonly name: string;
  /** Without user and password. */
  readonly url: URL;
  readonly method: string;
  /** Sent only to the origin of `url`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly statuses: NonNullable<ReturnType<typeof parseStatuses>>;
  /** The text of `statuses`, as given. */
  readonly expected: string;
  readonly match: string | undefined;
  readonly noMatch: string | undefined;
  readonly limitBytes: number;
  readonly timeoutMs: number;
  readonly follow: number;
  readonly family: 0 | 4 | 6;
  readonly context: SecureContext | undefined;
  /** Where results go; undefined: to the server. */
  readonly kafka: KafkaTarget | undefined;
}

const defaultTimeoutMs = 10_000;

/** @throws SignalboxError for an unusable file */
export async function planCheck(args: CheckArgs, files: AllowedFiles): Promise<CheckPlan> {
  const { status: expected = '200-299', every = Number.POSITIVE_INFINITY } = args;
  const url = parseCheckUrl(args.url);
  const statuses = parseStatuses(expected);
  if (!url || !statuses) throw new SignalboxError('bad_arguments', 'URL or --status cannot be read');
  const headers = (args.header ?? []).flatMap((line) => {
    const header = parseHeader(line);
    return header ? [header] : [];
  });
  const { headerFile, ca } = args;
  if (headerFile !== undefined)
    headers.push(...parseHeaderFile(headerFile, await files.read('--header-file', headerFile)));
  if (url.username !== '' || url.password !== '') headers.push(['authorization', basicOf(url)]);
  const shown = new URL(shownUrl(url));
  return {
    name: checkName(args.name, shown),
    url: shown,
    method: args.method ?? 'GET',
    headers,
    statuses,
    expected,
    match: args.match,
    noMatch: args.noMatch,
    limitBytes: args.bodyLimit ?? 1_048_576,
    timeoutMs: args.timeout ?? Math.min(defaultTimeoutMs, every),
    follow: args.follow ?? 5,
    family: args.family === '4' ? 4 : args.family === '6' ? 6 : 0,
    context: ca === undefined ? undefined : trusting(ca, await files.read('--ca', ca)),
    kafka: await kafkaOf(args, files),
  };
}

async function kafkaOf(
  { to, kafkaCredentials: name }: CheckArgs,
  files: AllowedFiles,
): Promise<KafkaTarget | undefined> {
  const address = to === undefined ? undefined : parseKafkaAddress(to);
  if (!address) return undefined;
  const read = (file: string) => files.read('--kafka-credentials', file);
  const readCredentials = async () =>
    name === undefined ? {} : await parseKafkaCredentials(name, await read(name), read);
  // Errors surface at the start of the job.
  await readCredentials();
  await loadKafka();
  return { address, credentials: name, readCredentials };
}

function basicOf({ username, password }: URL): string {
  try {
    return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  } catch {
    throw new SignalboxError('bad_arguments', 'user and password of URL must be percent-encoded UTF-8');
  }
}
