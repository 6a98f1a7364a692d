// Holds the state of a client in a folder until it is killed: node state-holder.ts lasting|temporary FOLDER
import { KeptState } from '../../src/client/state/kept-state.ts';

const [kind, folder = ''] = process.argv.slice(2);
const options = kind === 'temporary' ? { temporaryStateIn: folder } : { stateFolder: folder };
process.stdout.write(`${await new KeptState({ name: 'w1', ...options }).folderOf('keep')}\n`);
setInterval(() => {}, 60_000);
