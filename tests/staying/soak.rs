//! A long run: a scripted person at the built program, and a server that is killed and restarted each minute.
//!
//! Not part of the suite. `cargo test --test main -- soak --ignored --nocapture` runs it for ten minutes, or as many as
//! `MONGODECK_SOAK_MINUTES` says, and ends with a verdict about the growth of memory, threads, open files and tasks.
//! What the person looks for while the server is there has to come: a step that does not come off ends the run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use secrecy::ExposeSecret as _;

use crate::support::program::Home;
use crate::support::pty::Pty;
use crate::support::server::{PROGRAM, dedicated, options};

/// What the program holds at one moment.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    resident_kib: u64,
    files: u64,
    threads: u64,
    /// Of the runtime, as the log told last.
    tasks: u64,
}

impl Sample {
    fn take(pid: u32, at: Duration, logs: &Path) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Self {
            at,
            resident_kib: number("VmRSS:"),
            files: std::fs::read_dir(format!("/proc/{pid}/fd"))
                .unwrap()
                .count() as u64,
            threads: number("Threads:"),
            tasks: tasks(logs).unwrap_or_default(),
        }
    }
}

/// The newest count of tasks in the log.
fn tasks(logs: &Path) -> Option<u64> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(logs)
        .ok()?
        .flatten()
        .map(|e| e.path())
        .collect();
    files.sort();
    let text = std::fs::read_to_string(files.last()?).ok()?;
    let (_, last) = text.rsplit_once("tasks=")?;
    last.split_whitespace().next()?.parse().ok()
}

/// The middle of some figures.
fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures[figures.len() / 2]
}

/// Steps while the server is there: keys, and what is then to be on the screen and was not before, so that each is done
/// before the next: Escape and a key after it, read together, would be a chord.
const STEPS: &[(&str, &str)] = &[
    // The documents, in an order that a restart does not change.
    ("2", "\n table "),
    ("r", "\n table "),
    ("S\x15{n: -1}\r", "row number 1999"),
    ("S\x15{_id: 1}\r", "row number 0"),
    ("jjjjj", "row number 0"),
    ("\x1b[6~", "row number 38"),
    ("G", "row number 1999"),
    ("\x1b[5~", "row number 1966"),
    ("gg", "row number 0"),
    ("v", "\n outline "),
    ("jjj", "word  String"),
    ("v", "\n text "),
    ("v", "\n table "),
    ("/", "filter {"),
    ("{n: {$gt: 100}}\r", "row number 101"),
    ("/", "filter {n: {$gt: 100}}"),
    ("\x15\r", "row number 0"),
    ("ll", "word  String"),
    ("s", "sort {word: 1}"),
    ("s", "sort {word: -1}"),
    ("S\x15{_id: 1}\r", "row number 2"),
    ("gg", "row number 0"),
    // One is edited, written and put back.
    ("e", "_id: 0,"),
    ("\x1b[1;5F\x1b[A\x1b[F\x1b[D!", "row number 0!'"),
    ("\x13", "write to soak.rows on p?"),
    ("y", "written in"),
    ("u", "undo the last write?"),
    ("y", "done: undo of the last write"),
    // A question of its own.
    ("x", "db.rows.find("),
    (
        "\x01\x0b\x1b[200~db.rows.aggregate([{$group: {_id: {$mod: ['$n', 7]}, many: {$sum: 1}}}, {$sort: {_id: 1}}])\x1b[201~",
        "$group",
    ),
    ("\x07", "286"),
    ("\x1b", "\n table "),
    ("q", " all documents"),
    // What the deployment does.
    ("pm", "servers  events  commands"),
    ("2", "PRIMARY"),
    ("3", "getMores"),
    ("4", "operations "),
    ("5", "profiler off"),
    ("6n", "follow"),
    ("\x15soak.rows\r", "following"),
    ("1", "servers  events  commands"),
    ("\r", "connections  events  times"),
    ("\x1b", "servers  events  commands"),
    ("q", " all documents"),
    ("pS", "1/1 healthy"),
    ("\x1b", "\n table "),
    ("?", "help: keys"),
    ("q", "\n table "),
];

/// Steps while it is away.
const AWAY: &[(&str, &str)] = &[
    ("", "p ◌ away"),
    ("2", "before the connection was lost"),
    ("r", "ctrl-c stops"),
    ("?", "help: keys"),
    ("q", "\n table "),
    ("pS", "0/1 healthy"),
    ("\x1b", "\n table "),
    ("pm", "no answer"),
    ("2", "2 topology"),
    ("3", "3 server"),
    ("4", "4 operations"),
    ("5", "5 slow"),
    ("6", "6 changes"),
    ("1", "no answer"),
    ("q", "before the connection was lost"),
    ("\x03", "before the connection was lost"),
];

/// A person who looks before each next step. The longest that a step took.
fn walk(pty: &mut Pty, steps: &[(&str, &str)]) -> Duration {
    let mut longest = Duration::ZERO;
    for (keys, seen) in steps {
        let since = Instant::now();
        pty.send(keys);
        pty.wait_until(&format!("{seen:?} after {keys:?}"), |s| {
            s.contents().contains(seen)
        });
        longest = longest.max(since.elapsed());
        // As long as it takes to see it.
        std::thread::sleep(Duration::from_millis(30));
    }
    longest
}

#[test]
#[ignore = "runs for ten minutes or more"]
fn a_long_run_with_a_restarting_server_lets_nothing_grow() {
    let minutes = std::env::var("MONGODECK_SOAK_MINUTES")
        .ok()
        .and_then(|m| m.parse().ok())
        .unwrap_or(10_u64);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut server = runtime.block_on(dedicated(options()));
    let uri = server.uri().expose_secret().to_owned();
    runtime.block_on(async {
        let client = mongodb::Client::with_uri_str(&uri).await.unwrap();
        let all = client.database("soak").collection::<Document>("rows");
        let rows: Vec<Document> = (0..2_000)
            .map(|i| doc! { "_id": i, "n": i, "word": format!("row number {i}") })
            .collect();
        all.insert_many(rows).await.unwrap();
        client.shutdown().immediate(true).await;
    });
    let home = Home::with_config(&format!("[profiles.p]\nuri = \"{uri}\"\n"));
    let path = |name: &str| home.path(name).to_string_lossy().into_owned();
    let variables = [
        ("MONGODECK_CONFIG_DIR", path("config")),
        ("MONGODECK_STATE_DIR", path("state")),
        ("MONGODECK_LOG", "mongodeck::runtime=debug".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let logs = home.path("state").join("logs");
    let mut pty = Pty::spawn(PROGRAM, &["p/soak.rows"], &variables, (140, 40));
    pty.wait_for("row number");
    let begun = Instant::now();
    let length = Duration::from_secs(60 * minutes);
    let mut samples = Vec::new();
    let (mut rounds, mut restarts) = (0, 0);
    let mut slowest = Duration::ZERO;
    let mut next_restart = Duration::from_secs(60);
    while begun.elapsed() < length {
        slowest = slowest.max(walk(&mut pty, STEPS));
        rounds += 1;
        pty.forget_raw();
        let at = begun.elapsed();
        samples.push(Sample::take(pty.pid(), at, &logs));
        if at > next_restart {
            runtime.block_on(server.kill()).unwrap();
            walk(&mut pty, AWAY);
            runtime.block_on(server.restart()).unwrap();
            let since = Instant::now();
            pty.wait_patiently("the server again", Duration::from_secs(60), |s| {
                s.contents().contains("p ● rs0 primary")
            });
            pty.send("2r");
            pty.wait_until("rows that were read after it", |s| {
                !s.contents().contains("before the connection was lost")
            });
            restarts += 1;
            next_restart += Duration::from_secs(60);
            let last = samples.last().unwrap();
            eprintln!(
                "{:>5.0} s  restart {restarts}, reads again after {:.1} s; {} KiB, {} files, {} threads, {} tasks; round {rounds}, slowest step {:.1} s",
                begun.elapsed().as_secs_f64(),
                since.elapsed().as_secs_f64(),
                last.resident_kib,
                last.files,
                last.threads,
                last.tasks,
                slowest.as_secs_f64(),
            );
        }
    }
    pty.send("\x11");
    assert!(pty.wait_end().success());
    runtime.block_on(server.stop());
    // What is loaded once is there after the first minute and a half, a restart among it.
    let warm: Vec<Sample> = samples
        .into_iter()
        .filter(|s| s.at > Duration::from_secs(90))
        .collect();
    assert!(warm.len() >= 9, "too short to judge");
    let third = warm.len() / 3;
    let of = |part: &[Sample], pick: fn(&Sample) -> u64| median(part.iter().map(pick).collect());
    let (first, last) = (&warm[..third], &warm[warm.len() - third..]);
    let both = |pick: fn(&Sample) -> u64| (of(first, pick), of(last, pick));
    let memory = both(|s| s.resident_kib);
    let files = both(|s| s.files);
    let threads = both(|s| s.threads);
    let tasks = both(|s| s.tasks);
    eprintln!(
        "{minutes} minutes, {rounds} rounds of {} steps, {restarts} restarts, slowest step {:.1} s\n\
         memory {} → {} KiB, open files {} → {}, threads {} → {}, tasks {} → {} (medians of the first and the last third)",
        STEPS.len(),
        slowest.as_secs_f64(),
        memory.0,
        memory.1,
        files.0,
        files.1,
        threads.0,
        threads.1,
        tasks.0,
        tasks.1,
    );
    assert!(memory.1 <= memory.0 + memory.0 / 10 + 2_048, "memory grew");
    assert!(files.1 <= files.0 + 4, "open files grew");
    assert!(threads.1 <= threads.0 + 2, "threads grew");
    assert!(tasks.1 > 0, "the log tells of tasks");
    assert!(tasks.1 <= tasks.0 + 4, "tasks grew");
}
