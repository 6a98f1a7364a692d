/** Calls a listener of a plug-in. It may fail at once, or later although its type says that it returns nothing. */
export function callListener(listener: () => unknown, onFault: (error: unknown) => void): void {
  try {
    Promise.resolve(listener()).catch(onFault);
  } catch (error) {
    onFault(error);
  }
}
