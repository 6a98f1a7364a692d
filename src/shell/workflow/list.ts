import type { ResponseOf, RunView } from '../../plugin/workflow-calls.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { formatDuration } from '../parse/duration.ts';
import { formatTime } from '../parse/time.ts';
import type { WorkflowAction } from './action.ts';
import { ask } from './ask.ts';

const defaultLimit = 20;

type Known = ResponseOf<'list'>['workflows'][number];

export const listAction: WorkflowAction = {
  name: 'workflow list',
  usage: 'workflow list [--limit N]',
  example: 'workflow list',
  options: [{ option: '--limit', label: 'N', about: `number of runs, newest last; default: ${defaultLimit}` }],
  prepare({ service, output }, words) {
    const { plain, options } = splitOptions(listAction, words);
    atMost(listAction, plain, 0);
    const given = options.get('--limit');
    const limit = given ? Number(given.text) : defaultLimit;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      throw usageError(listAction, '--limit takes a whole number from 1 to 1000', given);
    }
    return async () => {
      const { runs, workflows } = await ask(service, 'list', { limit });
      if (workflows.length > 0) {
        output.table({
          ...{ type: 'workflow', rows: workflows, empty: '' },
          columns: [
            { heading: 'WORKFLOW', cell: ({ name }: Known) => name },
            { heading: 'FILE', cell: ({ file }) => file },
            { heading: 'DESCRIPTION', cell: ({ description = '' }) => description, shrinks: true },
          ],
        });
      }
      output.table({
        ...{ type: 'run', rows: runs.toReversed(), empty: 'there are no runs' },
        columns: [
          { heading: 'RUN', cell: ({ run }: RunView) => String(run) },
          { heading: 'WORKFLOW', cell: ({ workflow }) => workflow, shrinks: true },
          { heading: 'STATE', cell: ({ state, problem }) => (problem === undefined ? state : 'cannot continue') },
          { heading: 'STARTED', cell: ({ startedAtMs }) => formatTime(startedAtMs) },
          {
            heading: 'TIME',
            cell: ({ startedAtMs, endedAtMs }) =>
              endedAtMs === undefined ? '-' : formatDuration(endedAtMs - startedAtMs),
          },
          { heading: 'BY', cell: ({ actor }) => actor },
        ],
      });
    };
  },
};
