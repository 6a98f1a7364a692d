/** Returns why a workflow may not use a secret, in a sentence; undefined if it may. */
export type SecretRefusal = (secret: string, workflow: string) => string | undefined;

/** For texts sent by a caller, regardless of their name. */
export const refuseSecrets: SecretRefusal = () => 'only workflows of the folder --workflows may use secrets';

/** For the text of an existing run: it was checked when the run began, and is checked again when a task is sent. */
export const checkedBefore: SecretRefusal = () => undefined;
