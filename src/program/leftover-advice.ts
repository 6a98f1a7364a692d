import type { SentJob } from '../plugin/sent.ts';
import type { LeftoverAdvice } from '../shell/cancel-begun.ts';
import { shellWord } from '../shell-word.ts';

/** Advice about jobs that a script could not end. */
export function leftoverAdvice(
  jobs: readonly Pick<SentJob, 'id' | 'client'>[],
  options: {
    readonly endpoint: string;
    readonly keys: string | undefined;
    readonly insecure: boolean;
    /** Whether a client ends with this server. */
    readonly isSpawned: (client: string) => boolean;
  },
): LeftoverAdvice {
  const outliving = jobs.filter(({ client }) => client === null || !options.isSpawned(client));
  if (outliving.length === 0) return { fate: 'they end with their clients', hint: undefined };
  const ids = [...new Set(outliving.map(({ id }) => id))].join(' ');
  const clients = new Set(outliving.map(({ client }) => client)).size;
  const command = [
    'signalbox server --bind',
    shellWord(options.endpoint),
    ...(options.keys === undefined ? [] : ['--keys', shellWord(options.keys)]),
    ...(options.insecure ? ['--insecure'] : []),
    ...(clients > 1 ? [`--wait-clients ${clients}`] : []),
    `-c 'cancel ${ids}; wait --timeout 1m'`,
  ];
  return { fate: 'they continue on their clients', hint: `to cancel them:\n  ${command.join(' ')}` };
}
