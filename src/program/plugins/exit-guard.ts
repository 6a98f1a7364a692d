import { writeSync } from 'node:fs';
import { printable } from '../../host/printable.ts';

/** What is said when code of a plug-in ends the process, and the exit code then. */
export interface UnwantedExit {
  readonly sentence: string;
  readonly exitCode: number;
}

/**
 * `process.exit(0)` of a plug-in would let a script look as if it had been carried out.
 * @param unwanted asked in the turn in which the process ends; undefined when the program itself ends it.
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
