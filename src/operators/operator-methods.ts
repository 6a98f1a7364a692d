import { SignalboxError } from '../../schemas/errors.ts';
import type { Unstamped } from '../jobs/events.ts';
import {
  type OperatorMethod,
  type OperatorRequest,
  type OperatorResponse,
  operatorCalls,
} from '../plugin/operator-calls.ts';
import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';
import type { Operators, OperatorView } from './operators.ts';

export type OperatorNews = Extract<Unstamped, { readonly type: `operator.${string}` }>;

type Handlers = {
  readonly [Method in OperatorMethod]: (
    request: OperatorRequest<Method>,
    context: MethodContext,
  ) => Promise<OperatorResponse<Method>> | OperatorResponse<Method>;
};

/**
 * The methods with which admins add and remove operators, by full name.
 * @param operators undefined if the server has no durable store; then each method throws an error that says so.
 * @param tell called with each change and who made it.
 */
export function operatorMethods(
  operators: Operators | undefined,
  tell: (event: OperatorNews) => void,
): ReadonlyMap<string, ServiceMethod> {
  const kept = (): Operators => {
    if (operators) return operators;
    const why = 'operators need a durable store, and this server keeps its jobs in memory';
    throw new SignalboxError('bad_usage', `${why}; start the server with --store sqlite`);
  };
  const handlers: Handlers = {
    async add({ name, ...given }, { actor }) {
      const token = await kept().add(name, { ...given, by: actor });
      const view = viewIn(kept(), name);
      tell({ type: 'operator.added', ...factsOf(view), actor });
      return { ...view, ...(token !== undefined && { token }) };
    },
    async rotate({ name, keyFingerprint }, { actor }) {
      const token = await kept().rotate(name, keyFingerprint);
      const view = viewIn(kept(), name);
      tell({ type: 'operator.rotated', operator: name, signsInWith: signsInWith(view), actor });
      return { ...view, ...(token !== undefined && { token }) };
    },
    async remove({ name }, { actor }) {
      await kept().remove(name);
      tell({ type: 'operator.removed', operator: name, actor });
      return { name };
    },
    list: () => kept().list(),
  };
  return new Map(
    Object.entries(handlers).map(([name, handle]) => [
      `operators/${name}`,
      { name, needs: 'admin', ...operatorCalls[name as OperatorMethod], handle } as ServiceMethod,
    ]),
  );
}

/** It may have been removed meanwhile. @throws SignalboxError `unavailable` */
function viewIn(operators: Operators, name: string): OperatorView {
  const view = operators.viewOf(name);
  if (view) return view;
  throw new SignalboxError('unavailable', `operator ${name} was removed meanwhile`);
}

const signsInWith = ({ keyFingerprint }: OperatorView): 'token' | 'certificate' =>
  keyFingerprint === undefined ? 'token' : 'certificate';

const factsOf = (view: OperatorView) => ({
  ...{ operator: view.name, role: view.role, signsInWith: signsInWith(view) },
  ...(view.expiresMs !== undefined && { expiresMs: view.expiresMs }),
});
