import { FaultReports } from '../plugin/fault-reports.ts';
import type { ClientOptions } from './api.ts';

type Callbacks = Pick<ClientOptions, 'onEvent' | 'print' | 'trace'>;

/** Guards the callbacks of the host program. An error in one is reported once, and ends neither a session nor a job. */
export function guardedCallbacks({ onEvent, print, trace, onFault }: ClientOptions): Callbacks {
  const faults = new FaultReports(onFault);
  const guarded =
    <Argument, Result>(source: string, callback: (argument: Argument) => Result) =>
    (argument: Argument): Result | undefined => {
      const failed = (error: unknown) => faults.report(source, error);
      try {
        const result = callback(argument);
        if (!(result instanceof Promise)) return result;
        // Nothing awaits this promise: the callback's type says that there is none.
        result.catch(failed);
        return undefined;
      } catch (error) {
        failed(error);
        return undefined;
      }
    };
  return {
    ...(onEvent && { onEvent: guarded('onEvent', onEvent) }),
    ...(print && { print: guarded('print', print) }),
    ...(trace && { trace: guarded('trace', trace) }),
  };
}
