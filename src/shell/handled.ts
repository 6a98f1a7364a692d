/** Marks a failure as handled: the caller may ignore it. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** A promise to settle later; its failure may be ignored. */
export function deferred(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  handled(resolvers.promise);
  return resolvers;
}
