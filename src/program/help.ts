import { exitCodes } from '../exit-code.ts';

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
  signalbox server --keys keys --bind tcp://0.0.0.0:5555    for clients on other machines

Exit codes:
${codes}

Every option that names a SIGNALBOX_… variable can be set by it.`;

export const attachHelp = `
What is typed and the exit codes are those of signalbox server. What runs goes on when you leave.

Examples:
  signalbox attach                                     the prompt of the server on this machine
  signalbox attach -c '@all ping'                      one line of commands, and their outcomes
  signalbox attach tcp://127.0.0.1:5555 < nightly.box  a script, where several servers run
  signalbox attach --detach -c '@db run dump'          says the number to look at later: job 7, logs 7
  signalbox attach https://box.example:8443 --token-file token    a server on another machine

Exit codes beside those: 8 where no server answers, 6 where it went away and did not come back.`;

export const keysHelp = `
A server with --keys lets in only clients that were added to that folder, and talks to them encrypted:

  signalbox keys init --keys keys                where the server is: makes its key pair
  signalbox keys add w1 --keys keys              writes keys/credentials/w1.json: copy it to the client
  signalbox server --keys keys --bind tcp://0.0.0.0:5555
  signalbox client --connect tcp://SERVER:5555 --credentials w1.json

A running server sees within a second who was added or revoked.`;

export const tlsHelp = `
An authority of your own signs what servers and operators show each other:

  signalbox tls init certs --host box.example    certs/ca, certs/server and certs/operator: .pem and .key each
  signalbox tls operator ada certs               one more operator
  signalbox tls server box2 certs --host box2.example

A server gets its pair and ca.pem, an operator its pair and ca.pem. ca.key is for neither.
They need the package @peculiar/x509, and nothing else here does: certificates may come from anywhere.`;
export const operatorsHelp = `
An operator reaches a server over https (server --api), as far as its role lets it: viewer, operator,
admin, or one of the server's configuration (docs/operators.md). These subcommands speak to the server
that runs on this machine, over its socket; it needs a store that outlives it.

Examples:
  signalbox operators add ada --role operator --expires 90d > ada.token    the token is told this once
  signalbox operators add bob --role viewer --certificate bob.pem          by a client certificate
  signalbox operators rotate ada > ada.token     what the old token has open ends
  signalbox operators remove ada                 all that it has open ends, and nothing more is sent for it`;

export const contextHelp = `
A context is a server over https by a name, with the files that open it. Without an address attach reaches
the one of --context, of SIGNALBOX_CONTEXT, or in use; where there is none, a server of this machine.

  signalbox context add prod https://box.example:8443 --token-file token --tls-ca ca.pem
  signalbox context use prod
  signalbox attach -c 'clients'
  signalbox context use                          without a name: none is in use any more

They are in $XDG_CONFIG_HOME/signalbox, else ~/.config/signalbox. Files are named there, and not copied.`;

export const storeHelp = `
Without --store it is the file of the server at tcp://127.0.0.1:5555, or at --bind; so is the
address sqlite. A store of a plug-in needs --plugin, or the --config of its server.

Examples:
  signalbox store info
  signalbox store export --store sqlite:jobs.db > jobs.jsonl
  signalbox store copy sqlite:jobs.db postgres://db.example/signalbox`;

export const workflowHelp = `
A workflow runs in a server: workflow run FILE at its prompt, in a script, or by attach (docs/workflows.md).
The commands of plug-ins are known with the --plugin, or the --config, of the server.

Examples:
  signalbox workflow check nightly.yaml
  signalbox workflow check --plugin signalbox/container workflows/*.yaml`;

export const completionHelp = `
  bash: source <(signalbox completion bash)          in ~/.bashrc
  zsh:  source <(signalbox completion zsh)           in ~/.zshrc, after compinit
  fish: signalbox completion fish | source           in ~/.config/fish/config.fish`;

export const clientHelp = `
A client begins unready: it takes start, stop and terminate, and after start also data commands
such as ping and calculate. It connects again by itself when the server or the line is gone, and its
jobs go on meanwhile. SIGTERM and Ctrl-C end it in order: jobs are cancelled and reported; the exit code is 0.

Examples:
  signalbox client --name w1
  signalbox client --connect tcp://127.0.0.1:5555 --name w2 --ready
  signalbox client --connect tcp://SERVER:5555 --credentials w3.json`;
