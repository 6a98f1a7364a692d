import { writeSync } from 'node:fs';
import { printable } from '../../host/printable.ts';

/** Message and exit code if code of a plug-in ends the process. */
export interface UnwantedExit {
  readonly sentence: string;
  readonly exitCode: number;
}

/**
 * Reports an exit that a plug-in causes: after its `process.exit(0)`, a script would look as if it had run.
 * @param unwanted called when the process ends; returns undefined if the program itself ends it.
 */
export function guardExit(unwanted: () => UnwantedExit | undefined): Disposable {
  const onExit = (): void => {
    const exit = unwanted();
    if (!exit) return;
    process.exitCode = exit.exitCode;
    writeSync(2, `signalbox: ${printable(exit.sentence)}\n`);
  };
  process.on('exit', onExit);
  return { [Symbol.dispose]: () => void process.off('exit', onExit) };
}
