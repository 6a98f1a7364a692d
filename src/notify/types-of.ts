/** The types of events that a rule needs for an event that it names, including those that end a count. */
export function typesOf(event: string, after: number): string[] {
  const [kind = ''] = event.split('.', 1);
  if (event.startsWith('workflow.') && !['started', 'asked', 'answered'].some((one) => event === `workflow.${one}`)) {
    return ['workflow.ended'];
  }
  const types = event === 'schedule.missed' ? ['schedule.skipped'] : [event];
  if (!['job', 'client', 'workflow', 'schedule', 'store'].includes(kind)) types.push('plugin');
  if (after > 1 && kind === 'job') types.push('job.settled', 'job.reachable');
  if (after > 1 && kind === 'workflow') types.push('workflow.ended');
  if (after > 1 && kind === 'schedule') types.push('schedule.started');
  return types;
}
