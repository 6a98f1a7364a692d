import type { Subcommand, SubcommandContext, SubcommandGroup } from '../../index.ts';
import type { WriterValues } from './writer/run-writer.ts';

// Every subcommand of signalbox loads this module, so it imports no values of index.ts and as few modules as possible.

const dayMs = 86_400_000;
const maxDays = 3_650;

function parseDays(text: string): number {
  const [, days] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (Number(days) >= 1 && Number(days) <= maxDays) return Number(days) * dayMs;
  throw new Error(`it is a number of days from 1d to ${maxDays}d`);
}

const writer: Subcommand = {
  name: 'writer',
  summary: 'Move results of checks from Kafka into PostgreSQL.',
  options: [
    {
      flags: '--from <address>',
      text: 'where clients send results: kafka://HOST:PORT[,HOST:PORT…]/TOPIC',
      env: 'CHECK_FROM',
      isRequired: true,
    },
    {
      flags: '--to <address>',
      text: 'the database: postgres://…, without a password',
      env: 'CHECK_TO',
      isRequired: true,
    },
    {
      flags: '--kafka-credentials <file>',
      text: 'credentials for the brokers, as JSON; see docs/checks.md',
      env: 'KAFKA_CREDENTIALS',
    },
    {
      flags: '--group <name>',
      text: 'the consumer group; writers of one group share the topic',
      env: 'CHECK_GROUP',
      default: 'signalbox-checks',
      parse(text) {
        if (/^[A-Za-z0-9._-]{1,249}$/.test(text)) return text;
        throw new Error('it is a name of letters, digits, dots, underscores and hyphens');
      },
    },
    {
      flags: '--keep <days>',
      text: 'how long each result is kept',
      env: 'CHECK_KEEP',
      default: '30d',
      parse: parseDays,
    },
    {
      flags: '--keep-hourly <days>',
      text: 'how long hourly summaries are kept',
      env: 'CHECK_KEEP_HOURLY',
      default: '400d',
      parse: parseDays,
    },
  ],
  isService: true,
  async run(values: WriterValues, context: SubcommandContext) {
    await (await import('./writer/run-writer.ts')).runWriter(values, context);
  },
};

/** `signalbox check …` */
export const checkGroup: SubcommandGroup = {
  name: 'check',
  summary: 'Results of checks, from Kafka into PostgreSQL.',
  help: `
The checks themselves are commands of clients: signalbox server --plugin signalbox/check (docs/checks.md).

Example:
  signalbox check writer --from kafka://kafka.example:9092/checks --to postgres://db.example/signalbox`,
  subcommands: [writer],
};
