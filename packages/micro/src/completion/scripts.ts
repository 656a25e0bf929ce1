/** What a shell reads at its start. Each asks `micro completion candidates` for the words behind `--`, the last of them unfinished. */
export const completionScripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = {
  // bash itself would break words at = and :, which our flags and addresses hold.
  bash: `_micro() {
  local line="\${COMP_LINE:0:COMP_POINT}" candidate last
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  last="\${words[\${#words[@]} - 1]}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    [[ $last == *=* ]] && candidate="\${candidate#*=}"
    COMPREPLY+=("$candidate")
  done < <(micro completion candidates -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace
  return 0
}
complete -o default -F _micro micro
`,
  zsh: `#compdef micro
_micro() {
  local -a described bare
  local line text
  for line in "\${(@f)$(micro completion candidates -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    text=\${line%%$'\\t'*}
    if [[ $text == *= ]]; then
      bare+=("$text")
    else
      described+=("\${text//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done
  (( \${#described} )) && _describe -V micro described
  (( \${#bare} )) && compadd -S '' -- "\${bare[@]}"
  (( \${#described} + \${#bare} )) || _files
}
compdef _micro micro
`,
  fish: `function __micro_candidates
    set -l words (commandline -opc) (commandline -ct)
    micro completion candidates -- $words[2..-1] 2>/dev/null
end
complete -c micro -f -a '(__micro_candidates)'
complete -c micro -F -n '__fish_seen_subcommand_from proto run'
`,
};
