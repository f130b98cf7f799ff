//! `mongodeck models`: the models at hand, listed, shown, written in other languages, told from documents, compared.
//!
//! Reads files and, for `infer` and some of `diff`, a server; writes to a server never. Data goes to standard output,
//! what a language cannot say to standard error.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::target::ConnectArgs;
use super::{Exit, print, usage};

mod diff;
mod export;
mod infer;
mod list;
mod select;

/// Arguments of `mongodeck models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the models: domain, name, namespace, fields, gaps, source.
    List(ListArgs),
    /// Show models as trees of fields, with indexes and gaps.
    Show(ShowArgs),
    /// Write models as `$jsonSchema`, TypeScript, Mongoose source or a Mermaid diagram.
    Export(ExportArgs),
    /// Tell a model from a collection's documents.
    Infer(InferArgs),
    /// Compare two models; exits with 1 where they differ.
    Diff(DiffArgs),
}

/// Which models.
#[derive(Debug, Args)]
pub struct Where {
    /// A model file (`.js`, `.ts`, or a `$jsonSchema` in a `.json`) or `shipped:SYSTEM`; `#NAME` chooses one of several. May
    /// be repeated.
    #[arg(long, value_name = "FILE[#NAME]")]
    pub model: Vec<String>,
    /// Model files by a glob (`*`, `**`, `?`, `{a,b}`), or `shipped`, `shipped:SYSTEM`. May be repeated.
    #[arg(long, value_name = "GLOB")]
    pub models: Vec<String>,
    /// The models of this profile. None: those of all profiles.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// Arguments of `models list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    from: Where,
}

/// Arguments of `models show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A model's name, `DB.NAME`, its collection or its namespace. None: all.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    from: Where,
}

/// Arguments of `models export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A model's name, `DB.NAME`, its collection or its namespace. None: all.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The language.
    #[arg(long = "as", value_enum, value_name = "LANGUAGE")]
    language: Language,
    /// Write files into this directory, one for each model (one for all as `mermaid`), and not standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With `--out`: write over files that are there.
    #[arg(long, requires = "out")]
    force: bool,
    /// As `jsonschema`: refuse fields that the model does not declare (`additionalProperties: false`).
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    from: Where,
}

/// Arguments of `models infer`.
#[derive(Debug, Args)]
pub struct InferArgs {
    /// `PROFILE/DB.COLL`, or a `mongodb://` or `mongodb+srv://` URI whose path is `/DB.COLL`; `DB.COLL` with `--host`.
    #[arg(value_name = "TARGET")]
    target: String,
    /// Look at so many documents that the server takes by chance.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1_000,
        conflicts_with = "first"
    )]
    sample: u64,
    /// Look at the first so many documents instead; 0 is all of them.
    #[arg(long, value_name = "N")]
    first: Option<u64>,
    /// What is printed: `figures` for people, or the model in a language.
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Form::Figures)]
    form: Form,
    /// How to reach the server.
    #[command(flatten)]
    connect: ConnectArgs,
}

/// Arguments of `models diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
A side is a model file (`shop.ts#User`), the name of a model at hand (`User`, `career_dev.User`), or a collection \
(`PROFILE/DB.COLL`, a URI): of a collection, what its documents show, or with `--validator` what its validator says.")]
pub struct DiffArgs {
    /// The first model.
    #[arg(value_name = "A")]
    first: String,
    /// The second model.
    #[arg(value_name = "B")]
    second: String,
    /// How differences are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Of a collection, take its `$jsonSchema` validator and not its documents.
    #[arg(long)]
    validator: bool,
    /// Of a collection's documents, look at so many that the server takes by chance.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    sample: u64,
    #[command(flatten)]
    from: Where,
    /// How to reach the server.
    #[command(flatten)]
    connect: ConnectArgs,
}

/// How lists are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One JSON array.
    Json,
}

/// The languages that models are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// What the server takes as a validator; relaxed Extended JSON.
    Jsonschema,
    /// Interfaces.
    Typescript,
    /// Source of schemas.
    Mongoose,
    /// An `erDiagram`.
    Mermaid,
}

/// What `infer` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Each path with how often it is there, its kinds, ranges and few different texts.
    Figures,
    /// The figures as JSON.
    Json,
    /// The model as a tree.
    Tree,
    /// What the server takes as a validator; relaxed Extended JSON.
    Jsonschema,
    /// Interfaces.
    Typescript,
    /// Source of schemas.
    Mongoose,
    /// An `erDiagram`.
    Mermaid,
}

/// Runs `mongodeck models`.
#[must_use]
pub fn run(args: &ModelsArgs) -> Exit {
    let result = match &args.command {
        Command::List(args) => list::list(args),
        Command::Show(args) => list::show(args),
        Command::Export(args) => export::run(args),
        Command::Infer(args) => infer::run(args),
        Command::Diff(args) => diff::run(args),
    };
    result.unwrap_or_else(|stopped| match stopped {
        Stopped::Usage(message) => usage(&message),
        Stopped::Said(exit) => exit,
    })
}

/// Why a command did not come to its end.
enum Stopped {
    /// What is wrong with the arguments, the files or the configuration.
    Usage(String),
    /// It was said already.
    Said(Exit),
}

impl From<String> for Stopped {
    fn from(message: String) -> Self {
        Self::Usage(message)
    }
}

impl From<Exit> for Stopped {
    fn from(exit: Exit) -> Self {
        Self::Said(exit)
    }
}

/// Writes lines to standard output; clean where a terminal reads them. A reader that went away ends it quietly.
fn put(text: &str) {
    let text = text.trim_end_matches('\n');
    let _ = if print::to_terminal() {
        print::line(&print::printable(text))
    } else {
        print::line(text)
    };
}
