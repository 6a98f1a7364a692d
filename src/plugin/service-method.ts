import { z } from 'zod';
import type { MethodNeeds, SeenJob } from './guard.ts';
import type { JobService } from './job-service.ts';

/** What a method can use during a call. */
export interface MethodContext {
  /** The service for the caller: what the method does with it is checked and recorded as an action of the caller. */
  readonly service: JobService;
  /** The caller. */
  readonly actor: string;
  /**
   * Whether the caller may see such a job. If the method knows of jobs by other means than `service`, it must only
   * return visible ones. For the caller, invisible jobs do not exist, in errors either.
   */
  seesJob(job: SeenJob): boolean;
  /** Aborts when the caller no longer waits. */
  readonly signal: AbortSignal;
}

/** A method of the service that a plug-in adds. */
export interface ServiceMethod<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  /** `[a-z][a-z0-9-]*`. Callers use `PLUGIN/NAME`. */
  readonly name: string;
  /** Schema of the request, which is JSON or bytes. */
  readonly request: Request;
  /** Schema of the response, which is JSON or bytes. */
  readonly response: Response;
  /** The least built-in role that may call it. Default: `admin`. */
  readonly needs?: MethodNeeds;
  /** Performs the call. Errors other than `SignalboxError` reach the caller as `command_failed`. */
  handle(request: z.output<Request>, context: MethodContext): Promise<z.input<Response>> | z.input<Response>;
}

export function isServiceMethod(value: unknown): value is ServiceMethod {
  const { name, request, response, handle } = (value ?? {}) as Partial<Record<keyof ServiceMethod, unknown>>;
  const isName = typeof name === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(name);
  return isName && request instanceof z.ZodType && response instanceof z.ZodType && typeof handle === 'function';
}
