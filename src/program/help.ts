import { exitCodes } from '../exit-code.ts';

const codes = Object.entries(exitCodes)
  .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  .join('\n');

export const serverHelp = `
Commands:
  start                           make every client ready
  @w1,db-* calculate 10 "hi"      send a command to some clients; returns at once
  jobs · clients · help           list jobs, list clients, list all commands

Examples:
  signalbox server --spawn 2                     a prompt with two clients on this machine
  signalbox server --spawn 1 -c 'start; ping'    run one line of commands, then exit
  signalbox server --output json < nightly.box   run a script, from cron for example
  signalbox server --keys keys --bind tcp://0.0.0.0:5555    for clients on other machines

Exit codes:
${codes}

An option with a SIGNALBOX_… variable can also be set by that variable.`;

export const attachHelp = `
Commands and exit codes are those of signalbox server. Running jobs continue when you leave.

Examples:
  signalbox attach                                     the prompt of the server on this machine
  signalbox attach -c '@all ping'                      run one line of commands and wait for outcomes
  signalbox attach tcp://127.0.0.1:5555 < nightly.box  run a script, if several servers run here
  signalbox attach --detach -c '@db run dump'          print the number for later: job %7, logs %7
  signalbox attach https://box.example:8443 --token-file token    a server on another machine

Additional exit codes: 8 if no server answers, 6 if the server went away and did not return.`;

export const keysHelp = `
A server with --keys accepts only clients that were added to that folder, and encrypts all traffic:

  signalbox keys init --keys keys                on the server: create its key pair
  signalbox keys add w1 --keys keys              write keys/credentials/w1.json; copy it to the client
  signalbox server --keys keys --bind tcp://0.0.0.0:5555
  signalbox client --connect tcp://SERVER:5555 --credentials w1.json

A running server applies changes within a second.`;

export const tlsHelp = `
Your own authority signs the certificates of servers and operators:

  signalbox tls init certs --host box.example    certs/ca, certs/server and certs/operator: .pem and .key each
  signalbox tls operator ada certs               another operator
  signalbox tls server box2 certs --host box2.example

Give a server its pair and ca.pem, and an operator its pair and ca.pem. Give ca.key to neither.
These subcommands need the package @peculiar/x509. A server also accepts certificates from elsewhere.`;
export const operatorsHelp = `
An operator uses a server over https (server --api), within the limits of its role: viewer, operator,
admin, or a role of the server's configuration (docs/operators.md). These subcommands connect to the
server on this machine, over its socket. The server needs a durable store.

Examples:
  signalbox operators add ada --role operator --expires 90d > ada.token    the token is shown only once
  signalbox operators add bob --role viewer --certificate bob.pem          with a client certificate
  signalbox operators rotate ada > ada.token     end calls opened with the old token
  signalbox operators remove ada                 end its calls; nothing more is sent for it`;

export const contextHelp = `
A context is a name for a server over https and its files. Without an address, attach uses the context of
--context, of SIGNALBOX_CONTEXT, or the one in use; without any of these, a server on this machine.

  signalbox context add prod https://box.example:8443 --token-file token --tls-ca ca.pem
  signalbox context use prod
  signalbox attach -c 'clients'
  signalbox context use                          without a name: no context is in use

Contexts are kept in $XDG_CONFIG_HOME/signalbox, else ~/.config/signalbox, with paths of files, not copies.`;

export const storeHelp = `
The default store is the file of the server at tcp://127.0.0.1:5555, or at --bind; the address sqlite
means the same. A store of a plug-in needs --plugin, or the --config of its server.

Examples:
  signalbox store info
  signalbox store export --store sqlite:jobs.db > jobs.jsonl
  signalbox store copy sqlite:jobs.db postgres://db.example/signalbox`;

export const workflowHelp = `
A server runs workflows: workflow run FILE at its prompt, in a script, or with attach (docs/workflows.md).
To check commands of plug-ins, give the --plugin, or the --config, of the server.

Examples:
  signalbox workflow check nightly.yaml
  signalbox workflow check --plugin signalbox/container workflows/*.yaml`;

export const completionHelp = `
  bash: source <(signalbox completion bash)          in ~/.bashrc
  zsh:  source <(signalbox completion zsh)           in ~/.zshrc, after compinit
  fish: signalbox completion fish | source           in ~/.config/fish/config.fish`;

export const clientHelp = `
A client starts unready: it accepts start, stop and terminate, and after start also data commands such as
ping and calculate. It reconnects when the server or the connection is lost; its jobs continue meanwhile.
SIGTERM and Ctrl-C end it in order: jobs are cancelled and reported, and the exit code is 0.

Examples:
  signalbox client --name w1
  signalbox client --connect tcp://127.0.0.1:5555 --name w2 --ready
  signalbox client --connect tcp://SERVER:5555 --credentials w3.json`;
