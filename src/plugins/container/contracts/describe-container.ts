/** Describes the end of a container for people. */
export function describeContainer(result: {
  exitCode: number | null;
  signal: string | null;
  outOfMemory: boolean | null;
  left: boolean;
  containerName: string;
}): string {
  const { exitCode, signal, outOfMemory, left, containerName } = result;
  if (exitCode === null && signal === null && left) return `the engine does not answer: ${containerName} may still run`;
  const how = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
  const memory = outOfMemory === null ? 'perhaps out of memory, ' : outOfMemory ? 'out of memory, ' : '';
  return `${memory}${how}${left ? `; left as ${containerName}` : ''}`;
}
