/** Why a workflow may not use a secret, in a sentence; undefined if it may. */
export type SecretRefusal = (secret: string, workflow: string) => string | undefined;

/** Of a text that somebody has sent, whatever its name is. */
export const refuseSecrets: SecretRefusal = () => 'only workflows of the folder --workflows may use secrets';

/** Of the text of a run: it was checked when that began, and is once more when a task is sent. */
export const checkedBefore: SecretRefusal = () => undefined;
