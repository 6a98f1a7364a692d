import type { shells } from '../command-tree.ts';

const bash = String.raw`# Completes the arguments of signalbox in bash: source <(signalbox completion bash)
_signalbox() {
  local kind= line
  COMPREPLY=()
  {
    IFS= read -r kind
    while IFS= read -r line; do COMPREPLY+=("${'$'}{line%%$'\t'*}"); done
  } < <("${'$'}{COMP_WORDS[0]}" complete "${'$'}{COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  case $kind in
    open) compopt -o nospace ;;
    files | folders)
      compopt -o filenames
      local act=-f
      if [[ $kind = folders ]]; then act=-d; fi
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$act" -- "$2")
      ;;
  esac
}
complete -F _signalbox signalbox
`;

const zsh = String.raw`#compdef signalbox
# Completes the arguments of signalbox in zsh: source <(signalbox completion zsh), after compinit
_signalbox() {
  local -a lines values
  local one
  lines=("${'$'}{(@f)$("${'$'}{(Q)words[1]}" complete "${'$'}{(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" 2>/dev/null)}")
  case $lines[1] in
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _files -/ ;;
    *)
      for one in "${'$'}{(@)lines[2,-1]}"; do
        values+=("${'$'}{${'$'}{one%%$'\t'*}//:/\\:}:${'$'}{one#*$'\t'}")
      done
      if [[ $lines[1] = open ]]; then _describe signalbox values -S ''; else _describe signalbox values; fi
      ;;
  esac
}
if [[ $funcstack[1] = _signalbox ]]; then _signalbox "$@"; else compdef _signalbox signalbox; fi
`;

const fish = String.raw`# Completes the arguments of signalbox in fish: signalbox completion fish | source
function __signalbox_complete
    set -l tokens (commandline -opc)
    set -l lines ($tokens[1] complete (commandline -cp | string collect) 2>/dev/null)
    set -l token (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]*=' $token)
    set -l path (string replace -r -- '^--[^=]*=' '' $token)
    switch "$lines[1]"
        case files
            for one in (__fish_complete_path "$path")
                printf '%s%s\n' "$prefix" $one
            end
        case folders
            for one in (__fish_complete_directories "$path" '')
                printf '%s%s\n' "$prefix" $one
            end
        case '*'
            if set -q lines[2]
                printf '%s\n' $lines[2..-1]
            end
    end
end
complete -c signalbox -f -a '(__signalbox_complete)'
`;

/** Scripts that a shell sources to complete the arguments of `signalbox`. */
export const completionScripts: Readonly<Record<(typeof shells)[number], string>> = { bash, zsh, fish };
