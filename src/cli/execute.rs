//! Statements run one after the other, with their results written in one format: what `query` and `run` share.
//!
//! Everything is parsed and looked at before anything is sent: a mistake in the last statement, or a write that was not
//! asked for, stops them all. Streams: memory depends on one batch, but for a chart, which keeps what it shows.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bson::RawDocumentBuf;
use tokio::sync::mpsc;

use super::find::until_interrupted;
use super::output::{Format, Output, Stop, Wish};
use super::{Exit, block_on, fail, print, usage, zone};
use crate::config::Profile;
use crate::mongo::request::{Failure, FailureKind, Outcome};
use crate::mongo::runner::{Runner, Streamed, Streaming};
use crate::query::{Consequence, Context, CursorMethod, Operation, Statement};
use crate::value::chart::{Data, Kind, MOST_ROWS, Piece};

/// How results are wanted: the flags that `query` and `run` share.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Results")]
pub struct ResultArgs {
    /// How results are written. None: `table` on a terminal, else `jsonl`. Several results follow one another: lines as
    /// lines, arrays as arrays, tables with an empty line between.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Write to this file in place of standard output: beside it at first, renamed once all is written.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The columns of `table`, `csv` and `markdown`, in order: `_id,name,address.city`.
    #[arg(long, value_name = "PATHS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Leave texts of `csv` as they are, also those that a spreadsheet would run as a formula.
    #[arg(long)]
    pub raw_csv: bool,
    /// Draw the result instead of writing it: `bar`, `line` or `histogram`; none: what suits it. With `--out FILE.svg`, as
    /// a drawing.
    #[arg(long, value_name = "KIND", num_args = 0..=1, default_missing_value = "auto", require_equals = true)]
    pub chart: Option<String>,
    /// Let statements write, where the profile allows it.
    #[arg(long)]
    pub write: bool,
    /// With `--write` on a production profile: its name, typed out, so that nothing is written there by habit. Left out on
    /// a terminal, it is asked for.
    #[arg(long, value_name = "PROFILE", requires = "write")]
    pub unlock: Option<String>,
    /// The server stops each read after this long: `500ms`, `10s`, `2m`.
    #[arg(long, value_name = "TIME")]
    pub max_time: Option<String>,
}

/// The chart that is wanted.
enum Charted {
    No,
    Suited,
    As(Kind),
}

impl ResultArgs {
    fn chart(&self, own: Option<Kind>) -> Result<Charted, Exit> {
        match self.chart.as_deref() {
            None => Ok(Charted::No),
            Some("auto") => Ok(own.map_or(Charted::Suited, Charted::As)),
            Some(word) => Kind::parse(word).map(Charted::As).ok_or_else(|| {
                usage(&format!(
                    "`--chart={}` is no chart; write `bar`, `line` or `histogram`",
                    word.escape_debug()
                ))
            }),
        }
    }
}

/// A context for text that is read now.
#[must_use]
pub fn context(database: &str) -> Context {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or(0);
    let [a, b, c, d, e, f, g, h, ..] = bson::Uuid::new().bytes();
    Context {
        chance: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        zone: zone::local(),
        ..Context::new(database, now)
    }
}

/// Whether a statement gives documents by itself, so that nothing has to be said about how.
fn limits(statement: &Statement) -> bool {
    statement
        .cursor
        .iter()
        .any(|(method, _)| *method == CursorMethod::Limit)
}

/// Runs `statements` on `profile`. `own` is the format and chart that suit them, where the flags say nothing.
#[must_use]
pub fn run(
    mut profile: Profile,
    statements: Vec<Arc<Statement>>,
    args: &ResultArgs,
    own: (Option<Format>, Option<Kind>),
) -> Exit {
    let mut writing = None;
    for (place, statement) in statements.iter().enumerate() {
        let which = if statements.len() > 1 {
            format!("statement {} ", place + 1)
        } else {
            "it ".to_owned()
        };
        if let Err(refused) = statement.plan() {
            print::error(&refused.to_string());
            return Exit::Query;
        }
        if let Consequence::Writes(what) = statement.consequence() {
            if !args.write {
                print::error(&format!(
                    "{which}{what}: nothing was sent; add `--write` if that is meant"
                ));
                return Exit::Query;
            }
            writing = Some(format!("{which}{what}"));
        }
    }
    let unlocked = match writing {
        Some(what) if profile.production && !profile.read_only => {
            match unlock(&profile, &what, args.unlock.as_deref()) {
                Ok(()) => Unlocked::Yes,
                Err(exit) => return exit,
            }
        }
        _ => Unlocked::No,
    };
    if !args.write {
        profile.read_only = true;
    }
    if let Some(text) = args.max_time.as_deref() {
        match super::find::max_time(text) {
            Ok(time) => profile.max_time = Some(time),
            Err(exit) => return exit,
        }
    }
    let chart = match args.chart(own.1) {
        Ok(chart) => chart,
        Err(exit) => return exit,
    };
    let format = args
        .format
        .or(own.0)
        .unwrap_or_else(|| Format::usual(args.out.is_some()));
    let mut output = match Output::new(Wish {
        format,
        columns: args.columns.clone(),
        out: args.out.clone(),
        raw_csv: args.raw_csv,
    }) {
        Ok(output) => output,
        Err(why) => return usage(&why),
    };
    let drawing = args
        .out
        .as_ref()
        .is_some_and(|p| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg")));
    let wanted = Wanted {
        chart,
        drawing,
        unlocked,
    };
    let ran = block_on(all(profile, &statements, &mut output, &wanted));
    let ran = match ran {
        Ok(ran) => ran,
        Err(exit) => return exit,
    };
    let ended = match &ran {
        Ok(_) => output.finish(),
        Err(_) => output.broken_off(),
    };
    for note in output.notes() {
        print::note(&note);
    }
    match (ran, ended) {
        (_, ControlFlow::Break(Stop::Damaged(why))) => {
            print::error(&why);
            Exit::Query
        }
        (Err(failure), _) if failure.kind == FailureKind::Cancelled => {
            print::note("stopped");
            Exit::Interrupted
        }
        (Err(failure), _) => fail(&failure),
        (Ok(exit), _) => exit,
    }
}

/// Whether a production profile may be written to by this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unlocked {
    Yes,
    No,
}

/// What is wanted beside the statements.
struct Wanted {
    chart: Charted,
    drawing: bool,
    unlocked: Unlocked,
}

/// Has the name of a production profile typed, by the flag or at the terminal, before anything is written there.
fn unlock(profile: &Profile, what: &str, given: Option<&str>) -> Result<(), Exit> {
    let name = profile.name.as_str();
    if let Some(given) = given {
        return match given == name {
            true => Ok(()),
            false => Err(usage(&format!(
                "`--unlock {}` is not the profile: nothing was sent; write `--unlock {name}` if that is meant",
                given.escape_debug()
            ))),
        };
    }
    let refused = || {
        print::error(&format!(
            "{what}, and `{name}` is a production profile: nothing was sent; add `--unlock {name}` if that is meant"
        ));
        Exit::Query
    };
    if !std::io::stdin().is_terminal() || !print::errors_to_terminal() {
        return Err(refused());
    }
    print::note(&format!("{what}, and `{name}` is a production profile."));
    print::note(&format!("Type its name, `{name}`, to go on:"));
    let mut typed = String::new();
    match std::io::stdin().read_line(&mut typed) {
        Ok(_) if typed.trim() == name => Ok(()),
        _ => Err(refused()),
    }
}

async fn all(
    profile: Profile,
    statements: &[Arc<Statement>],
    output: &mut Output,
    wanted: &Wanted,
) -> Result<Exit, Failure> {
    let (chart, drawing) = (&wanted.chart, wanted.drawing);
    let (reports, mut unread) = mpsc::unbounded_channel();
    tokio::spawn(async move { while unread.recv().await.is_some() {} });
    let name = profile.name.clone();
    let lasts = profile.unlock_for;
    let runner = Runner::new([profile], reports);
    if wanted.unlocked == Unlocked::Yes {
        runner.unlock(&name, lasts);
    }
    let streaming = until_interrupted();
    let mut exit = Ok(Exit::Ok);
    let mut written = 0;
    for statement in statements {
        if statement.operation == Operation::Use {
            continue;
        }
        if written > 0 {
            output.between_results();
        }
        written += 1;
        let done = match chart {
            Charted::No => one(&runner, &name, statement, &streaming, output).await,
            Charted::Suited => {
                charted(&runner, &name, statement, &streaming, output, None, drawing).await
            }
            Charted::As(kind) => {
                charted(
                    &runner,
                    &name,
                    statement,
                    &streaming,
                    output,
                    Some(*kind),
                    drawing,
                )
                .await
            }
        };
        match done {
            Ok(ControlFlow::Continue(Exit::Ok)) => {}
            Ok(ControlFlow::Continue(other)) => {
                // What follows may rely on what failed.
                exit = Ok(other);
                break;
            }
            Ok(ControlFlow::Break(())) => break,
            Err(failure) => {
                exit = Err(failure);
                break;
            }
        }
    }
    runner.shutdown().await;
    exit
}

type Flow = ControlFlow<(), Exit>;

fn go_on(flow: ControlFlow<()>, exit: Exit) -> Flow {
    match flow {
        ControlFlow::Continue(()) => ControlFlow::Continue(exit),
        ControlFlow::Break(()) => ControlFlow::Break(()),
    }
}

async fn one(
    runner: &Runner,
    name: &crate::mongo::request::ProfileName,
    statement: &Arc<Statement>,
    streaming: &Streaming,
    output: &mut Output,
) -> Result<Flow, Failure> {
    let streamed = runner
        .run(name, statement, streaming, |document| {
            output.document(document)
        })
        .await?;
    Ok(match streamed {
        Streamed::Documents(_) => go_on(output.end_result(), Exit::Ok),
        Streamed::Outcome(Outcome::Value(value)) => go_on(output.value(&value), Exit::Ok),
        Streamed::Outcome(Outcome::Done { said, value }) => {
            print::note(&said);
            go_on(output.value(&value), Exit::Ok)
        }
        Streamed::Outcome(Outcome::Changed(changed)) => {
            print::note(&changed.summary());
            for problem in changed.problems() {
                print::error(&problem);
            }
            let exit = if changed.is_whole() {
                Exit::Ok
            } else {
                match &changed.ended {
                    Some(failure) => failure.kind.into(),
                    None => Exit::Query,
                }
            };
            let value = bson::RawBson::Document(changed.document());
            go_on(output.value(&value), exit)
        }
        Streamed::Outcome(Outcome::Documents(_) | Outcome::Database(_)) => {
            ControlFlow::Continue(Exit::Ok)
        }
    })
}

async fn charted(
    runner: &Runner,
    name: &crate::mongo::request::ProfileName,
    statement: &Arc<Statement>,
    streaming: &Streaming,
    output: &mut Output,
    kind: Option<Kind>,
    drawing: bool,
) -> Result<Flow, Failure> {
    let mut kept: Vec<RawDocumentBuf> = Vec::new();
    let streamed = runner
        .run(name, statement, streaming, |document| {
            kept.push(document.to_owned());
            if kept.len() > MOST_ROWS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .await?;
    if let Streamed::Outcome(_) = streamed {
        print::error("only documents can be drawn; leave out `--chart`");
        return Ok(ControlFlow::Continue(Exit::Query));
    }
    if kept.len() > MOST_ROWS && !limits(statement) {
        print::note(&format!(
            "only the first {MOST_ROWS} documents are drawn; group them, or sort and limit"
        ));
    }
    kept.truncate(MOST_ROWS);
    let data = match Data::of(&kept) {
        Ok(data) => data,
        Err(why) => {
            print::error(&why.to_string());
            return Ok(ControlFlow::Continue(Exit::Query));
        }
    };
    let wanted = kind.unwrap_or_else(|| data.suited());
    let kind = data.drawn_as(wanted);
    if kind != wanted {
        print::note("lines need dates or numbers along the axis: drawn as bars");
    }
    if drawing {
        output.text(&data.svg(kind, 960, 540));
    } else {
        let (width, height) = room();
        let height = match kind {
            Kind::Lines => height,
            // Bars may be as many as there are: paper is long.
            Kind::Bars | Kind::Histogram => 1_000,
        };
        for row in data.draw(kind, width, height) {
            let line: String = row.iter().map(|Piece { text, .. }| text.as_str()).collect();
            output.text(line.trim_end());
            output.text("\n");
        }
    }
    Ok(ControlFlow::Continue(Exit::Ok))
}

/// The columns and rows that a chart may take.
fn room() -> (usize, usize) {
    if print::to_terminal()
        && let Ok((columns, rows)) = crossterm::terminal::size()
        && columns > 0
    {
        return (
            usize::from(columns),
            usize::from(rows).saturating_sub(2).clamp(8, 30),
        );
    }
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    (columns.filter(|c| *c > 0).unwrap_or(100), 20)
}
