//! Completions of a shell, and the manual page.
//!
//! A shell's script is small: it hands the words of the line to the hidden command `complete`, which knows commands and
//! flags from the argument definitions, and profiles and saved queries from the configuration. It connects to nothing.

use clap::{Args, CommandFactory as _, ValueEnum};

use super::{Cli, Exit, print};
use crate::config::{self, Config, models, queries};

/// Arguments of `mongodeck completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell: `mongodeck completions bash > ~/.local/share/bash-completion/completions/mongodeck`.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// A shell that completions are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
}

/// Arguments of the hidden command `complete`.
#[derive(Debug, Args)]
pub struct CompleteArgs {
    /// The words of the line after the program's name, the one to complete last.
    #[arg(
        value_name = "WORD",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub words: Vec<String>,
}

const BASH: &str = r#"_mongodeck() {
    local i line word="" joins="" count=0
    local -a words
    # `=` and `:` part words in bash: they are put together again.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        if ((count > 0)) && [[ -n $joins || $word == [=:]* ]]; then
            words[count - 1]+="$word"
        else
            words[count]="$word"
            count=$((count + 1))
        fi
        joins=""
        if [[ $word == *[=:] ]]; then joins=1; fi
    done
    # What stands before the last of them is on the line already.
    if [[ $word == [=:]* ]]; then word=""; fi
    local whole="${words[count - 1]}"
    local lead="${whole%"$word"}"
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line#"$lead"}")
    done < <(mongodeck complete -- "${words[@]}" 2>/dev/null)
    if [[ ${COMPREPLY[0]} == *[=/] ]]; then compopt -o nospace; fi
}
complete -o default -F _mongodeck mongodeck
"#;

const ZSH: &str = r#"#compdef mongodeck
_mongodeck() {
    local -a found
    found=("${(@f)$(mongodeck complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    local -a open closed
    local one
    for one in $found; do
        if [[ $one == *= || $one == */ ]]; then open+=("$one"); else closed+=("$one"); fi
    done
    (( ${#open} )) && compadd -S '' -a open
    (( ${#closed} )) && compadd -a closed
    (( ${#found} )) || _files
}
if [ "$funcstack[1]" = "_mongodeck" ]; then _mongodeck "$@"; else compdef _mongodeck mongodeck; fi
"#;

const FISH: &str = r#"function __mongodeck_complete
    set -l words (commandline -opc) (commandline -ct)
    mongodeck complete -- $words[2..-1] 2>/dev/null
end
complete -c mongodeck -f -a '(__mongodeck_complete)'
complete -c mongodeck -n '__fish_contains_opt out file tlsCAFile' -F
"#;

/// Prints the script of a shell.
#[must_use]
pub fn script(args: &CompletionsArgs) -> Exit {
    let text = match args.shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    };
    let _ = print::line(text.trim_end());
    Exit::Ok
}

/// Prints the manual page.
#[must_use]
pub fn manual() -> Exit {
    let mut page = Vec::new();
    let mut root = Cli::command();
    root.build();
    if clap_mangen::Man::new(root.clone())
        .render(&mut page)
        .is_err()
    {
        return Exit::Usage;
    }
    for command in root.get_subcommands().filter(|c| !c.is_hide_set()) {
        if command.get_name() == "help" {
            continue;
        }
        let man = clap_mangen::Man::new(command.clone());
        page.extend_from_slice(format!(".SH \"COMMAND {}\"\n", command.get_name()).as_bytes());
        let _ = man.render_description_section(&mut page);
        let _ = man.render_synopsis_section(&mut page);
        let _ = man.render_options_section(&mut page);
    }
    let _ = print::line(String::from_utf8_lossy(&page).trim_end());
    Exit::Ok
}

/// Prints what may stand in the place of the last word, one to a line.
#[must_use]
pub fn run(args: &CompleteArgs) -> Exit {
    let directory = std::env::current_dir().unwrap_or_default();
    // A configuration that cannot be read has nothing to offer; it is told of when a command is run.
    let config = config::load(&directory).unwrap_or_default();
    for candidate in candidates(&args.words, &config) {
        let _ = print::line(&print::printable(&candidate));
    }
    Exit::Ok
}

/// What may stand in the place of the last of `words`.
#[must_use]
pub fn candidates(words: &[String], config: &Config) -> Vec<String> {
    let (last, before) = match words.split_last() {
        Some((last, before)) => (last.as_str(), before),
        None => ("", words),
    };
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    let mut rest = before;
    while let Some((word, after)) = rest.split_first() {
        match command.find_subcommand(word) {
            Some(inner) => {
                command = inner;
                rest = after;
            }
            None => break,
        }
    }
    let name = command.get_name().to_owned();
    let under = before.first().map_or("", String::as_str);
    let fits = |list: Vec<String>| -> Vec<String> {
        list.into_iter().filter(|c| c.starts_with(last)).collect()
    };
    // The value of the flag before it, or after its `=`.
    if let Some(flag) = rest.last().and_then(|w| flag(command, w))
        && takes_value(flag)
    {
        return fits(values(&name, flag.get_id().as_str(), flag, rest, config));
    }
    if let Some((word, _)) = last.split_once('=')
        && word.starts_with("--")
        && let Some(flag) = flag(command, word)
    {
        let lead = format!("{word}=");
        return fits(
            values(&name, flag.get_id().as_str(), flag, rest, config)
                .into_iter()
                .map(|v| format!("{lead}{v}"))
                .collect(),
        );
    }
    if last.starts_with('-') {
        let flags = command
            .get_arguments()
            .filter(|a| !a.is_hide_set())
            .filter_map(clap::Arg::get_long)
            .map(|long| format!("--{long}"));
        return fits(flags.collect());
    }
    let mut list: Vec<String> = Vec::new();
    if rest.is_empty() {
        list.extend(
            command
                .get_subcommands()
                .filter(|c| !c.is_hide_set() && c.get_name() != "help")
                .map(|c| c.get_name().to_owned()),
        );
    }
    let positionals = positionals(command, rest);
    match (name.as_str(), positionals) {
        ("mongodeck" | "find" | "query" | "pool-test" | "check" | "infer", 0) => {
            list.extend(targets(last, config));
        }
        ("status" | "log", _) => list.extend(config.profiles.iter().map(|p| p.name.to_string())),
        ("run", 0) => list.extend(
            queries::load(config)
                .queries
                .into_iter()
                .map(|f| f.query.name),
        ),
        ("show" | "export" | "diff", _) if under == "models" => {
            list.extend(model_names(rest, config));
        }
        (_, place) => {
            if let Some(argument) = command.get_positionals().nth(place) {
                list.extend(
                    argument
                        .get_possible_values()
                        .iter()
                        .map(|v| v.get_name().to_owned()),
                );
            }
        }
    }
    fits(list)
}

/// The flag that a word is.
fn flag<'c>(command: &'c clap::Command, word: &str) -> Option<&'c clap::Arg> {
    if let Some(long) = word.strip_prefix("--") {
        return command.get_arguments().find(|a| a.get_long() == Some(long));
    }
    let mut short = word.strip_prefix('-')?.chars();
    let (Some(letter), None) = (short.next(), short.next()) else {
        return None;
    };
    command
        .get_arguments()
        .find(|a| a.get_short() == Some(letter))
}

fn takes_value(flag: &clap::Arg) -> bool {
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}

/// How many words before the last are no flags and no values of flags.
fn positionals(command: &clap::Command, words: &[String]) -> usize {
    let mut count = 0;
    let mut skip = false;
    for word in words {
        if skip {
            skip = false;
        } else if word.starts_with('-') && word.len() > 1 {
            skip = flag(command, word).is_some_and(takes_value);
        } else {
            count += 1;
        }
    }
    count
}

/// What the value of a flag may be.
fn values(
    command: &str,
    id: &str,
    flag: &clap::Arg,
    words: &[String],
    config: &Config,
) -> Vec<String> {
    match id {
        "profile" => config
            .profiles
            .iter()
            .map(|p| p.name.as_str().to_owned())
            .collect(),
        "parameters" if command == "run" => {
            let shelf = queries::load(config);
            let Some(found) = words.iter().find_map(|w| shelf.named(w)) else {
                return Vec::new();
            };
            let mut list = Vec::new();
            for parameter in &found.query.parameters {
                let choices = parameter.kind.choices();
                if choices.is_empty() {
                    list.push(format!("{}=", parameter.name));
                }
                list.extend(choices.iter().map(|c| format!("{}={c}", parameter.name)));
            }
            list
        }
        "theme" => {
            let own = config::paths::config().ok().map(|d| d.join("themes"));
            let mut names: Vec<String> = ["auto", "dark", "light", "16"].map(str::to_owned).into();
            for name in crate::theme::names(own.as_deref()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            names
        }
        "models" => std::iter::once("shipped".to_owned())
            .chain(systems().into_iter().map(|s| format!("shipped:{s}")))
            .collect(),
        "chart" => crate::value::chart::Kind::NAMES
            .iter()
            .map(|n| (*n).to_owned())
            .collect(),
        _ => flag
            .get_possible_values()
            .iter()
            .map(|v| v.get_name().to_owned())
            .collect(),
    }
}

/// The systems whose models come with the program.
fn systems() -> Vec<String> {
    let shipped = models::load(std::path::Path::new("."), &["shipped".to_owned()]);
    let mut found: Vec<String> = Vec::new();
    for model in &shipped.models {
        let folder = std::path::Path::new(&model.source.file).parent();
        let name = folder.and_then(|f| f.file_name()).and_then(|n| n.to_str());
        if let Some(name) = name
            && !found.iter().any(|f| f == name)
        {
            found.push(name.to_owned());
        }
    }
    found
}

/// The names of the models that the line means: those that `--models` says, else the configured ones.
fn model_names(words: &[String], config: &Config) -> Vec<String> {
    let asked = words
        .iter()
        .zip(words.iter().skip(1))
        .filter(|(flag, _)| *flag == "--models")
        .map(|(_, glob)| glob.clone());
    let asked: Vec<String> = asked
        .chain(
            words
                .iter()
                .filter_map(|w| w.strip_prefix("--models=").map(str::to_owned)),
        )
        .collect();
    let mut globs: Vec<(std::path::PathBuf, Vec<String>)> = Vec::new();
    if asked.is_empty() {
        for profile in &config.profiles {
            for one in config.models_of(profile) {
                globs.push((one.base, one.patterns));
            }
        }
        globs.extend(
            config
                .models
                .iter()
                .map(|g| (g.base.clone(), g.patterns.clone())),
        );
    } else {
        globs.push((std::env::current_dir().unwrap_or_default(), asked));
    }
    globs.dedup();
    let mut names: Vec<String> = globs
        .iter()
        .flat_map(|(base, patterns)| models::load(base, patterns).models)
        .map(|m| m.name.clone())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Profiles, and after `PROFILE/` what is known of its databases.
fn targets(last: &str, config: &Config) -> Vec<String> {
    let mut list: Vec<String> = config
        .profiles
        .iter()
        .map(|p| p.name.as_str().to_owned())
        .collect();
    if let Some((name, _)) = last.split_once('/')
        && let Some(profile) = config.profile(name)
    {
        list.extend(profile.database.iter().map(|d| format!("{name}/{d}")));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(line: &[&str]) -> Vec<String> {
        let words: Vec<String> = line.iter().map(|w| (*w).to_owned()).collect();
        candidates(&words, &Config::default())
    }

    #[test]
    fn commands_flags_queries_and_parameters_are_completed() {
        assert_eq!(complete(&["quer"]), ["query", "queries"]);
        assert!(complete(&["find", "x", "--form"]).contains(&"--format".to_owned()));
        assert!(complete(&["find", "x", "--format", "js"]).contains(&"jsonl".to_owned()));
        assert_eq!(complete(&["completions", "z"]), ["zsh"]);
        assert_eq!(complete(&["run", "nexstep-user"]), ["nexstep-user-growth"]);
        assert_eq!(
            complete(&["run", "datenight-events-by-day", "-p", "event=c"]),
            ["event=click"]
        );
        assert_eq!(
            complete(&["run", "datenight-events-by-day", "-p", "w"]),
            ["window="]
        );
        assert_eq!(
            complete(&["run", "nexstep-user-growth", "--chart=b"]),
            ["--chart=bar"]
        );
    }

    #[test]
    fn models_themes_and_systems_are_completed() {
        assert!(
            complete(&["models", "show", "--models", "shipped", "Us"]).contains(&"User".into())
        );
        assert!(complete(&["models", "list", "--models", "ship"]).contains(&"shipped".into()));
        assert!(complete(&["--theme", ""]).len() > 2);
    }

    #[cfg(unix)]
    #[test]
    fn bash_puts_words_together_that_it_parted_and_offers_what_is_left_of_a_value() {
        let stub = r#"
mongodeck() { printf 'event=click\nevent=view\n'; }
compopt() { :; }
COMP_WORDS=(mongodeck run nights -p event = "$1"); COMP_CWORD=$2
_mongodeck
printf 'reply %s\n' "${COMPREPLY[@]}"
"#;
        let script = BASH.to_owned() + stub;
        for (word, place) in [("", "5"), ("cl", "6")] {
            let ran = std::process::Command::new("bash")
                .args(["-c", &script, "bash", word, place])
                .output();
            // Where there is no bash, nobody completes with it either.
            let Ok(ran) = ran else { return };
            let out = String::from_utf8_lossy(&ran.stdout).into_owned();
            assert!(out.contains("reply click\nreply view"), "{out}");
        }
    }

    #[test]
    fn nothing_is_offered_for_a_line_that_is_not_known() {
        assert_eq!(
            complete(&["nowhere", "--nothing", "x"]),
            Vec::<String>::new()
        );
        assert!(!complete(&[""]).contains(&"complete".to_owned()));
    }
}
