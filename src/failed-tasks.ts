interface Failed {
  readonly task: string;
  readonly state: string;
  readonly error?: string;
}

/** `verify failed, exit code 2, and 3 more`; undefined if no task failed. */
export function failedTasks([first, ...others]: readonly Failed[], more = 0): string | undefined {
  if (!first) return undefined;
  const { task, state, error } = first;
  const why = error === undefined ? '' : `, ${error}`;
  const count = others.length + more;
  return `${task} ${state}${why}${count === 0 ? '' : why === '' ? ` and ${count} more` : `, and ${count} more`}`;
}
