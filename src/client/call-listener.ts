/** Calls a listener of a plug-in. It may throw, or return a rejected promise although its type does not permit that. */
export function callListener(listener: () => unknown, onFault: (error: unknown) => void): void {
  try {
    Promise.resolve(listener()).catch(onFault);
  } catch (error) {
    onFault(error);
  }
}
