import { createInterface } from 'node:readline';
import { SignalboxError } from '../../schemas/index.ts';
import { sentTo, submissionOf } from '../../src/store/contract/samples.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';

/**
 * A process that holds the store at a path for an epoch. Each line on its standard input is a batch of two submissions of
 * two jobs each; `flood` sends batches endlessly. It writes the number of each committed batch, or the error.
 */
const [path = '', epoch = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const store = await openSqliteStore({ path });
const { nextNumber } = await store.take({ epoch, endpoint: 'tcp://127.0.0.1:5555', host: 'h1', pid: process.pid });
say('held');

async function commit(number: number): Promise<void> {
  const first = nextNumber + 2 * (number - 1);
  const submission = (at: number) => submissionOf(at, { id: `${epoch}.${at}` });
  const changes = [first, first + 1].map((at) => sentTo(['w1', 'w2'], submission(at)));
  try {
    await store.commit({ number, changes });
    say(String(number));
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    say(`${error.code} ${error.message}`);
  }
}

let number = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'flood') {
    number += 1;
    await commit(number);
  } else {
    const underWay: Promise<void>[] = [];
    for (;;) {
      number += 1;
      underWay.push(commit(number));
      if (underWay.length === 8) await underWay.shift();
    }
  }
}
