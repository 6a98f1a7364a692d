import type { Completes } from '../../plugin/builtin.ts';
import type { Candidate } from './candidate.ts';
import type { Flows, KnownRun } from './flows.ts';

/** Kinds of words that belong to workflows. */
export type FlowKind = Extract<
  Completes,
  'parameter' | 'question' | 'retriable' | 'run' | 'running-run' | 'schedule' | 'task' | 'workflow'
>;

/** @param workflow the workflow whose parameters and tasks are completed. */
export function completeFlow(kind: FlowKind, workflow: string | undefined, flows: Flows): Candidate[] {
  const known = flows.workflows.find(({ name }) => name === workflow);
  const { runs } = flows;
  switch (kind) {
    case 'workflow':
      return flows.workflows.map(({ name, description = 'workflow' }) => ({ text: name, about: description }));
    case 'schedule':
      return flows.schedules.map(({ schedule, when }) => ({ text: schedule, about: when }));
    case 'task':
      return (known?.tasks ?? []).map((text) => ({ text, about: 'task' }));
    case 'parameter':
      return Object.entries(known?.params ?? {}).flatMap(([name, one]) => parameterOf(name, one));
    case 'run':
      return runs.map(runOf);
    case 'running-run':
      return runs.filter(({ state }) => state === 'running').map(runOf);
    case 'question':
      return runs.flatMap((one) => tasksOf(one, one.questions));
    case 'retriable':
      return runs.flatMap((one) => [
        ...(one.state === 'failed' || one.state === 'cancelled' ? [runOf(one)] : []),
        ...tasksOf(one, one.failed),
      ]);
  }
}

const runOf = ({ run, workflow, state }: KnownRun): Candidate => ({
  text: String(run),
  about: `${workflow}: ${state}`,
});

/** Omits matrix values that would need quotes, as for files. */
const tasksOf = ({ run, workflow }: KnownRun, tasks: ReadonlyMap<string, string>): Candidate[] =>
  [...tasks]
    .filter(([task]) => !/[\s'"\\;#]/.test(task))
    .map(([task, what]) => ({ text: `${run}/${task}`, about: `${workflow}: ${what}` }));

type Parameter = NonNullable<Flows['workflows'][number]['params']>[string];

/** With its values, if it has a list of them. */
function parameterOf(name: string, { type, choices, description, default: initial }: Parameter): Candidate[] {
  const about = [description ?? type, ...(initial === undefined ? [] : [`default: ${initial}`])].join('; ');
  const values = choices ?? (type === 'boolean' ? [true, false] : ['']);
  return values
    .filter((value) => !/[\s'"\\;#]/.test(String(value)))
    .map((value) => ({ text: `${name}=${value}`, about }));
}
