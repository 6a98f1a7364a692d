import type { CommandContract } from '../../schemas/index.ts';
import type { ResponseOf } from '../plugin/workflow-calls.ts';
import { loadWorkflow } from './load.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

/** The result of `workflow check` for a text. */
export function checkText(
  { text, file }: { readonly text: string; readonly file: string },
  contracts: ReadonlyMap<string, CommandContract>,
  secretRefusal: SecretRefusal = refuseSecrets,
): ResponseOf<'check'> {
  const name = nameOfFile(file);
  const loaded = loadWorkflow(text, { name, contracts, secretRefusal });
  if ('problems' in loaded) return { name, tasks: 0, problems: [...loaded.problems] };
  const { workflow } = loaded;
  return { name: workflow.name, tasks: workflow.instances.length, problems: [] };
}

/** The name of a workflow whose text has none. */
export const nameOfFile = (file: string): string => {
  const base = file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '');
  return (
    base
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]/g, '-')
      .replace(/^[^a-z]+/, '')
      .slice(0, 63) || 'workflow'
  );
};
