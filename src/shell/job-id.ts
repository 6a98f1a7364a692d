/** An id as people see it: the counter for a job of this server, the whole for one of another. */
export function shortId(id: string, bootId: string): string {
  return id.startsWith(`${bootId}.`) ? id.slice(bootId.length + 1) : id;
}

/** Whether `text` (`7`, `7/w1`, `boot.7`, `boot.7/w1`) means this job. */
export function meansJob(text: string, job: { id: string; client: string }, bootId: string): boolean {
  const [id = '', client] = text.split('/', 2);
  return (id === job.id || id === shortId(job.id, bootId)) && (client === undefined || client === job.client);
}
