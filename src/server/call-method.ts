import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { MethodNeeds } from '../plugin/guard.ts';
import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';

/** Methods by full name, `PLUGIN/NAME`. */
export type ServiceMethods = ReadonlyMap<string, ServiceMethod>;

/**
 * Calls a method of a plug-in.
 * @throws SignalboxError `unknown_command`, `bad_arguments`, `bad_result`, `command_failed`; the error of the method.
 */
export async function callMethod(
  methods: ServiceMethods,
  { name, request }: { readonly name: string; readonly request: unknown },
  context: MethodContext,
): Promise<unknown> {
  const method = methods.get(name);
  if (!method) throw unknownMethod(name, methods);
  const parsed = method.request.safeParse(request);
  if (!parsed.success) throw new SignalboxError('bad_arguments', `${name}: ${z.prettifyError(parsed.error)}`);
  const response = method.response.safeParse(await carryOut(method, parsed.data, context));
  if (response.success) return response.data;
  throw new SignalboxError(
    'bad_result',
    `the response of ${name} does not match its schema: ${z.prettifyError(response.error)}`,
  );
}

async function carryOut(method: ServiceMethod, request: unknown, context: MethodContext): Promise<unknown> {
  try {
    return await method.handle(request, context);
  } catch (error) {
    throw SignalboxError.from(error, 'command_failed');
  }
}

/** The permission that a method needs; undefined if the method does not exist. */
export const needsOf = (method: ServiceMethod | undefined): MethodNeeds | undefined =>
  method && (method.needs ?? 'admin');

function unknownMethod(name: string, methods: ServiceMethods): SignalboxError {
  const meant = nearest(name, methods.keys());
  const known = methods.size === 0 ? 'no plug-in has methods' : `the methods are ${[...methods.keys()].join(', ')}`;
  const hint = meant === undefined ? known : `did you mean ${meant}?`;
  return new SignalboxError('unknown_command', `there is no method '${name}'; ${hint}`);
}
