import { exitCodes } from '../shell/exit-code.ts';

const codes = Object.entries(exitCodes)
  .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  .join('\n');

export const serverHelp = `
What is typed:
  start                           make every client ready
  @w1,db-* calculate 10 "hi"      a command for some clients; it returns at once
  jobs · clients · help           what runs, who is here, everything else

Examples:
  signalbox server --spawn 2                     a prompt with two clients on this machine
  signalbox server --spawn 1 -c 'start; ping'    one line of commands, then the end
  signalbox server --output json < nightly.box   a script from cron; trust the exit code

Exit codes:
${codes}

Every option that names a SIGNALBOX_… variable can be set by it.`;

export const clientHelp = `
A client begins unready: it takes start, stop and terminate, and after start also data commands
such as ping and calculate. It connects again by itself when the server or the line is gone, and its
jobs go on meanwhile. SIGTERM and Ctrl-C end it in order: jobs are cancelled and reported; the exit code is 0.

Examples:
  signalbox client --name w1
  signalbox client --connect tcp://127.0.0.1:5555 --name w2 --ready`;
