import { loadExports } from '../load-modules.ts';
import { type Implementation, isImplementation } from '../plugin/implement.ts';

/** The implementations in `src/client/commands/`. */
export function builtinImplementations(): Promise<Implementation[]> {
  return loadExports(new URL('./commands/', import.meta.url), isImplementation);
}
