import type { Implementation } from './implement.ts';

/** An implementation whose functions run in the scope of its plug-in, including their timers and promises. */
export function scopedImplementation(
  implementation: Implementation,
  within: <Result>(work: () => Result) => Result,
): Implementation {
  const { containment, facts, recover } = implementation;
  return {
    ...implementation,
    ...(containment && { containment: () => within(containment) }),
    ...(facts && { facts: () => within(facts) }),
    ...(recover && {
      async recover(recovery) {
        const left = await within(() => recover(recovery));
        return left.map((job) => ({ ...job, goOn: (context) => within(() => job.goOn(context)) }));
      },
    }),
    prepare(args) {
      const work = within(() => implementation.prepare(args));
      return (job) => within(() => work(job));
    },
  };
}
