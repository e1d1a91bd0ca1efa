import type { Command, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";

/** A command with what may stand behind it: its words from the program's name on, such as `closure add`. */
interface Place {
  path: string;
  commands: readonly Command[];
  options: readonly Option[];
}

/** Every place at which there is something to choose. */
function placesOf(program: Command): Place[] {
  const help = program.createHelp();
  const walk = (command: Command, path: string): Place[] => [
    { path, commands: help.visibleCommands(command), options: [...help.visibleOptions(command), ...program.options] },
    ...command.commands.flatMap((child) => walk(child, `${path} ${child.name()}`.trim())),
  ];
  return walk(program, "");
}

const flagsOf = ({ options }: Place) => [...new Set(options.flatMap(({ long }) => long ?? []))];

const takesValue = (program: Command) => [
  ...new Set(placesOf(program).flatMap(({ options }) => options.filter(({ required }) => required).map(({ long }) => long))),
]; // biome-ignore format: a chain

/** In single quotes, for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The words of the command so far, without options and their values: what both scripts look for in their table. */
const findPath = (program: Command) => `while (( i < current )); do
    word=\${line[i]}
    case "$word" in
      ${takesValue(program).join("|")}) (( i += 2 )); continue ;;
      -*) ;;
      *) case " $known " in *" \${path:+\${path}_}$word "*) path="\${path:+\${path}_}$word" ;; esac ;;
    esac
    (( i += 1 ))
  done`;

const key = (path: string) => path.replaceAll(" ", "_");

function bashScript(program: Command): string {
  const places = placesOf(program);
  const branch = (place: Place) => {
    const words = [...place.commands.map((command) => command.name()), ...flagsOf(place)];
    return `    ${quoted(key(place.path))}) words=${quoted(words.join(" "))} ;;`;
  };
  return `# bash completion for wartemarke: eval "$(wartemarke completion bash)"
_wartemarke() {
  local current=$COMP_CWORD path="" word words="" i=1
  local known=${quoted(places.map(({ path }) => key(path)).join(" "))}
  local -a line=("\${COMP_WORDS[@]}")
  COMPREPLY=()
  case "\${line[current - 1]}" in
    --password-file|--person-file) mapfile -t COMPREPLY < <(compgen -f -- "\${line[current]}"); return ;;
    ${takesValue(program).join("|")}) return ;;
  esac
  ${findPath(program)}
  case "$path" in
${places.map(branch).join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${line[current]}")
}
complete -F _wartemarke wartemarke`;
}

/** A word and what it does, as \`_describe\` of zsh takes them. */
const described = (word: string, what: string) => quoted(`${word}:${what.replaceAll(":", "\\:")}`);

function zshScript(program: Command): string {
  const places = placesOf(program);
  const branch = (place: Place) => {
    const commands = place.commands.map((command) => described(command.name(), command.description()));
    const options = [...new Map(place.options.map((option) => [option.long ?? "", option.description]))];
    return `    ${quoted(key(place.path))})
      names=(${commands.join(" ")})
      flags=(${options.filter(([long]) => long).map(([long, what]) => described(long, what)).join(" ")}) ;;`; // biome-ignore format: a chain
  };
  return `#compdef wartemarke
# zsh completion for wartemarke: eval "$(wartemarke completion zsh)", behind compinit
_wartemarke() {
  local current=$CURRENT path_="" word i=2
  local -a names flags line=("\${words[@]}")
  local known=${quoted(places.map(({ path }) => key(path)).join(" "))}
  case "\${line[current - 1]}" in
    --password-file|--person-file) _files; return ;;
    ${takesValue(program).join("|")}) return ;;
  esac
  ${findPath(program).replaceAll("path", "path_")}
  case "$path_" in
${places.map(branch).join("\n")}
  esac
  [[ \${#names} -gt 0 ]] && _describe -t commands command names
  _describe -o -t options option flags
}
compdef _wartemarke wartemarke`;
}

/** The script for a shell, made from the commands as they are. */
export function completion(program: Command, shell: string): Outcome {
  const make = { bash: bashScript, zsh: zshScript }[shell];
  if (!make) throw usageFailure(`${shell}: there is a script for bash and one for zsh`);
  const script = make(program);
  return { json: { shell, script }, text: script };
}
