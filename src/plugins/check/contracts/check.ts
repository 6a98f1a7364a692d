import { z } from 'zod';
import { defineCommand } from '../../../index.ts';
import { kafkaAddressForm, parseKafkaAddress } from '../kafka/kafka-address.ts';
import { patternFault } from '../match/compile-pattern.ts';
import { longestName } from './check-name.ts';
import { parseCheckUrl, withoutUserinfo } from './check-url.ts';
import { describeResult } from './describe-result.ts';
import { headerForm, parseHeader } from './header.ts';
import { instead } from './instead.ts';
import { outcomeSchema, reportSchema } from './result.ts';
import { parseStatuses } from './statuses.ts';

const patternSchema = z
  .string()
  .min(1)
  .max(1_000)
  .superRefine((pattern, context) => {
    const fault = patternFault(pattern);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `the syntax must be that of RE2: ${fault}` });
  });

/** A file in the folder of `client --check-files`: a name, never a path. */
const fileSchema = z
  .string()
  .max(255)
  .regex(/^(?!\.\.?$)[^/\\\0]+$/);

/** Which site to check, how, and the expected response. */
export const check = defineCommand({
  name: 'check',
  summary: 'Check a website from the client, once or repeatedly with --every.',
  args: z
    .strictObject({
      every: z.int().min(1_000).max(86_400_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration from 1s to 1d',
        description: 'repeat at this interval until cancelled; the results are records of the job',
      }),
      status: z
        .string()
        .max(256)
        .refine((text) => parseStatuses(text) !== undefined)
        .optional()
        .meta({
          named: true,
          label: 'STATUSES',
          form: 'statuses such as 200-299,304',
          description: 'expected statuses; default: 200-299',
        }),
      match: patternSchema.optional().meta({
        named: true,
        label: 'REGEX',
        description: 'an RE2 pattern that the body must match; start it with (?i) to ignore case',
      }),
      noMatch: patternSchema
        .optional()
        .meta({ named: true, label: 'REGEX', description: 'an RE2 pattern that the body must not match' }),
      header: z
        .array(
          z
            .string()
            .max(8_192)
            .refine((line) => parseHeader(line) !== undefined)
            .meta({ form: headerForm, secret: true }),
        )
        .max(64)
        .optional()
        .meta({
          named: true,
          label: "'NAME: VALUE'",
          description: 'header of each request to the origin of URL, not sent to other origins',
        }),
      headerFile: fileSchema.optional().meta({
        named: true,
        label: 'FILE',
        form: 'a name of a file, without a path',
        description: 'more headers, one per line: a file in the folder of client --check-files',
      }),
      method: z
        .enum(['GET', 'HEAD', 'OPTIONS', 'POST'])
        .optional()
        .meta({ named: true, description: 'sent without a body; default: GET' }),
      bodyLimit: z.int().min(0).max(16_777_216).optional().meta({
        named: true,
        label: 'SIZE',
        unit: 'bytes',
        form: 'a size up to 16M',
        description: 'maximum size of the body, compressed or decompressed; default: 1M',
      }),
      timeout: z.int().min(1).max(300_000).optional().meta({
        named: true,
        label: 'D',
        unit: 'ms',
        form: 'a duration up to 5m',
        description: 'time limit of each check with all redirects; at most --every. Default: 10s',
      }),
      follow: z
        .int()
        .min(0)
        .max(20)
        .optional()
        .meta({ named: true, label: 'N', description: 'maximum number of redirects; default: 5' }),
      family: z
        .enum(['4', '6'])
        .optional()
        .meta({ named: true, description: 'use only IPv4 or only IPv6 addresses; default: either' }),
      ca: fileSchema.optional().meta({
        named: true,
        label: 'FILE',
        form: 'a name of a file, without a path',
        description:
          'certificates in PEM to trust in addition to the usual ones: a file in the folder of client --check-files',
      }),
      name: z
        .string()
        .min(1)
        .max(longestName)
        .regex(/^[^\p{Cc}\p{Cs}]+$/u)
        .optional()
        .meta({
          named: true,
          label: 'NAME',
          form: 'text in one line',
          description: 'name for results and states; default: URL',
        }),
      after: z.int().min(1).max(100).optional().meta({
        named: true,
        label: 'N',
        description: 'with --every: consecutive results that change the state to up or down; default: 1',
      }),
      to: z
        .string()
        .max(8_192)
        .refine((text) => parseKafkaAddress(text) !== undefined)
        .optional()
        .meta({
          named: true,
          label: 'KAFKA',
          form: kafkaAddressForm,
          description: 'with --every: the client produces each result there; client --check-brokers allows the brokers',
        }),
      kafkaCredentials: fileSchema.optional().meta({
        named: true,
        label: 'FILE',
        form: 'a name of a file, without a path',
        description: 'user, password and TLS for --to: a file in the folder of client --check-files',
      }),
      url: z
        .string()
        .max(2_048)
        .refine((text) => parseCheckUrl(text) !== undefined)
        .meta({ label: 'URL', form: 'a URL that begins with http:// or https://', secret: true }),
    })
    .refine(({ every, timeout }) => every === undefined || timeout === undefined || timeout <= every, {
      message: '--timeout must not be longer than --every',
    })
    .refine(({ every, to }) => to === undefined || every !== undefined, { message: '--to needs --every' })
    .refine(({ to, kafkaCredentials }) => kafkaCredentials === undefined || to !== undefined, {
      message: '--kafka-credentials needs --to',
    })
    .meta({ instead }),
  result: outcomeSchema,
  records: reportSchema,
  standing: ({ every }) => every !== undefined,
  describe: describeResult,
  example: 'check --status 200 --match Welcome https://example.org/',
  auditArgs: ({ url, header, ...args }) => ({
    ...args,
    ...(header && { header: header.map((line) => `${parseHeader(line)?.[0] ?? ''}: …`) }),
    url: withoutUserinfo(url),
  }),
});

export type CheckArgs = z.output<typeof check.args>;
