import type { OwnPlace } from './define-plugin.ts';
import type { Server } from './job-service.ts';

/** The part of a server that belongs to a plug-in: its names begin with the name of the plug-in. */
export function ownPlace(plugin: string, server: Pick<Server, 'collection' | 'emit'>): OwnPlace {
  return {
    collection: (name) => server.collection(`${plugin}/${name}`),
    emit({ name, text, facts, isWarning = false }) {
      server.emit({ type: 'plugin', event: `${plugin}.${name}`, text, facts, ...(isWarning && { isWarning }) });
    },
  };
}
