import { z } from 'zod';
import type { MethodNeeds, SeenJob } from './guard.ts';
import type { JobService } from './job-service.ts';

/** What a method may use while it is carried out. */
export interface MethodContext {
  /** For the caller: what the method does by it is checked and recorded as the caller's. */
  readonly service: JobService;
  readonly actor: string;
  /**
   * Whether the caller may see such a job. What a method knows otherwise than by `service`, it returns of these alone: what is not seen
   * does not exist, in errors too.
   */
  seesJob(job: SeenJob): boolean;
  /** Aborts when the caller does not wait any more. */
  readonly signal: AbortSignal;
}

/** A method of the service that a plug-in adds. */
export interface ServiceMethod<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  /** `[a-z][a-z0-9-]*`; callers call it `PLUGIN/NAME`. */
  readonly name: string;
  /** Checks the request, which is JSON or bytes. */
  readonly request: Request;
  /** Checks what `handle` returns, which is JSON or bytes. */
  readonly response: Response;
  /** The least of the given roles of operators that it is for. Default: `admin`. */
  readonly needs?: MethodNeeds;
  /** Errors that are no `SignalboxError` reach the caller as `command_failed`. */
  handle(request: z.output<Request>, context: MethodContext): Promise<z.input<Response>> | z.input<Response>;
}

export function isServiceMethod(value: unknown): value is ServiceMethod {
  const { name, request, response, handle } = (value ?? {}) as Partial<Record<keyof ServiceMethod, unknown>>;
  const isName = typeof name === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(name);
  return isName && request instanceof z.ZodType && response instanceof z.ZodType && typeof handle === 'function';
}
