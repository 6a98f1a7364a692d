import { z } from 'zod';
import { clientNameSchema } from './names.ts';
import { outcomes } from './words.ts';

/** Events of Signalbox that a rule can name. Events of plug-ins are named `PLUGIN.NAME`. */
export const ruleEvents = [
  'job.submitted',
  'job.accepted',
  'job.unreachable',
  'job.reachable',
  'job.settled',
  'job.late',
  'client.joined',
  'client.left',
  'client.gone',
  'client.expected',
  'client.forgotten',
  'client.refused',
  'client.violation',
  'workflow.started',
  'workflow.asked',
  'workflow.answered',
  'workflow.completed',
  'workflow.failed',
  'workflow.cancelled',
  'schedule.started',
  'schedule.skipped',
  'schedule.missed',
  'schedule.paused',
  'schedule.resumed',
  'store.unavailable',
  'store.full',
  'store.recovered',
] as const;

/** Fields by which a rule can group its messages. */
export const groupFields = ['command', 'client', 'outcome', 'actor', 'workflow', 'schedule', 'check'] as const;
export type GroupField = (typeof groupFields)[number];

/** Details that a message contains only if its rule includes them. */
export const includable = ['arguments', 'output', 'error'] as const;

const path = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${description}; relative to this file` });
const text = (description: string) => z.string().min(1).max(255).meta({ description });

const webhook = z
  .strictObject({
    url: z
      .string()
      .max(2_048)
      .refine(isWebhookUrl, 'the url must be https://, or http:// to loopback, without a password')
      .meta({ description: 'where messages are posted: https, or http to loopback' }),
    secretFile: path('the secret of the signature: whsec_ and base64').refine(
      (value) => !value.startsWith('whsec_'),
      'it is the secret itself: name a file that contains it',
    ),
    ca: path('trusted authorities (PEM) instead of those of Node').optional(),
  })
  .meta({ description: 'an HTTP POST as specified by Standard Webhooks' });

const command = z
  .strictObject({
    run: z
      .array(z.string().min(1).max(4_096))
      .min(1, 'name a program')
      .max(100)
      .meta({ description: 'a program on the machine of the server, and its arguments' }),
  })
  .meta({ description: 'a program that gets the message on its standard input' });

const address = z
  .string()
  .regex(/^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/, 'it is not a valid address; use for example ops@example.org')
  .max(254);

const mail = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9._:-]+$/, 'it needs the name or address of a host')
      .max(253)
      .meta({ description: 'an SMTP server' }),
    port: z.int().min(1).max(65_535).optional().meta({
      description: 'default: 587 with a password, 25 without; TLS begins at once on 465, elsewhere with STARTTLS',
    }),
    from: address.meta({ description: 'the sender' }),
    to: z.array(address).min(1, 'name at least one').max(100).meta({ description: 'the recipients' }),
    user: text('the name of the login; default: from').optional(),
    passwordFile: path('the password of the login, which requires TLS').optional(),
    ca: path('trusted authorities (PEM) instead of those of Node').optional(),
  })
  .refine(({ user, passwordFile }) => user === undefined || passwordFile !== undefined, {
    error: 'a user needs a passwordFile',
    path: ['user'],
  })
  .meta({ description: 'a mail by SMTP; needs the package nodemailer' });

const log = z.strictObject({}).nullable().meta({ description: 'the log of the server (--log)' });

/** The kinds of channels that are built in. */
export const channelKinds = { webhook, mail, command, log } as const;

const channel = z
  .looseObject({
    webhook: webhook.optional(),
    mail: mail.optional(),
    command: command.optional(),
    log: log.optional(),
  })
  .refine((value) => Object.keys(value).length === 1, 'give exactly one kind, such as webhook, command or log')
  .meta({ description: 'one kind of channel, and its options' });

export const channelsSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name is [A-Za-z0-9][A-Za-z0-9._-]*, at most 63 characters'),
    channel,
  )
  .meta({ description: 'where notifications go, by name' });
export type ChannelDefinitions = z.output<typeof channelsSchema>;

const oneOrMore = (description: string) =>
  z
    .union([text(description), z.array(text(description)).min(1, 'name at least one').max(1_000)])
    .meta({ description: `${description}: names, or globs such as 'web-*'` });

const duration = (description: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?(ms|s|m|h|d)?$/, 'it is not a valid duration; use for example 10s, 5m or 1h')
    .meta({ description, examples: ['10s', '5m'] });

const event = z
  .string()
  .regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/, 'the name of an event is NAME.NAME, such as job.settled')
  .max(255);

export const notifyRuleSchema = z.strictObject({
  on: z.array(event).min(1, 'name at least one').max(100).meta({ description: 'events: job.settled, check.down, …' }),
  command: oneOrMore('commands').optional(),
  target: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .meta({ description: 'clients, as a target: "@web-*+env=prod"' }),
  outcome: z.array(z.enum(outcomes)).min(1).optional().meta({ description: 'outcomes of jobs' }),
  actor: oneOrMore('actors that caused the event').optional(),
  workflow: oneOrMore('workflows').optional(),
  check: oneOrMore('checks').optional(),
  to: z
    .array(clientNameSchema.or(z.string().min(1)))
    .min(1, 'name at least one')
    .max(100)
    .meta({ description: 'names of channels' }),
  after: z.int().min(1).max(1_000_000).optional().meta({
    description:
      'number of consecutive matching events, of one command and client, workflow or schedule, that cause a message; a second message follows when the series ends',
  }),
  groupBy: z
    .array(z.enum(groupFields))
    .optional()
    .meta({ description: 'fields whose values separate messages (default: one message for all)' }),
  groupWait: duration('how long a group collects events before its message (default: 10s)').optional(),
  groupInterval: duration('minimum time between two messages of a group (default: 5m)').optional(),
  include: z
    .array(z.enum(includable))
    .optional()
    .meta({ description: 'additional content of a message: arguments, output, error' }),
});
export type NotifyRuleDefinition = z.output<typeof notifyRuleSchema>;

export const notifySchema = z
  .array(notifyRuleSchema)
  .max(1_000)
  .meta({ description: 'rules of notifications: events, filters and channels' });

function isWebhookUrl(given: string): boolean {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url?.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return url.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}
