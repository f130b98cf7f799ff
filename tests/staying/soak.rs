//! A long run: a scripted person at the built program, and a server that is killed and restarted each minute.
//!
//! Not part of the suite. `cargo test --release --test main -- soak --ignored --nocapture` runs it for ten minutes, or as
//! many as `MONGODECK_SOAK_MINUTES` says, and ends with a verdict about the growth of memory, threads and open files.

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
}

impl Sample {
    fn take(pid: u32, at: Duration) -> Self {
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
        }
    }
}

/// The middle of some figures.
fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures[figures.len() / 2]
}

/// What one round of the script came to.
#[derive(Debug, Default)]
struct Rounds {
    whole: u32,
    cut_short: u32,
    /// The keys of the step that did not come off last.
    last_cut: Option<&'static str>,
}

/// One step: keys, and what is then to be on the screen.
const STEPS: [(&str, &str); 24] = [
    ("2", ""),
    ("r", "row number"),
    ("jjjjj", "row number"),
    ("\x1b[6~\x1b[6~\x1b[6~", "row number"),
    ("G", "row number 1999"),
    ("gg", "row number 0"),
    ("v", "word"),
    ("jjj", "word"),
    ("v", "word"),
    ("v", "row number"),
    ("/", "filter"),
    ("{n: {$gt: 100}}\r", "row number 101"),
    ("/", "filter"),
    ("\x15\r", "row number 0"),
    ("s", "row number"),
    ("s", "row number"),
    ("s", "row number 0"),
    ("gge", "word:"),
    ("\x1b[1;5F\x1b[A\x1b[F\x1b[D!", "!'"),
    ("\x13", "write to"),
    ("y", "written in"),
    ("u", "undo the last write"),
    ("y", "row number 0"),
    ("?", ""),
];

/// A person who looks before each next step, and goes back to the list where a step does not come off.
fn round(pty: &mut Pty, rounds: &mut Rounds) {
    for (keys, seen) in STEPS {
        pty.send(keys);
        let since = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(15));
            if pty.text().contains(seen) {
                break;
            }
            if since.elapsed() > Duration::from_secs(3) {
                if rounds.whole == 0 && rounds.cut_short == 0 {
                    eprintln!("{keys:?} did not lead to {seen:?}:\n{}", pty.text());
                }
                // The server is away, most likely. Out of whatever is open, nothing written.
                for _ in 0..3 {
                    pty.send("\x1b");
                    std::thread::sleep(Duration::from_millis(100));
                }
                pty.send("\x18d");
                std::thread::sleep(Duration::from_millis(100));
                pty.send("y");
                std::thread::sleep(Duration::from_millis(100));
                pty.send("\x1b");
                rounds.cut_short += 1;
                rounds.last_cut = Some(keys);
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(30));
    }
    rounds.whole += 1;
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
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let mut pty = Pty::spawn(PROGRAM, &["p/soak.rows"], &variables, (140, 40));
    pty.wait_for("row number 0");
    let begun = Instant::now();
    let length = Duration::from_secs(60 * minutes);
    let mut samples = Vec::new();
    let mut rounds = Rounds::default();
    let mut restarts = 0;
    let mut next_restart = Duration::from_secs(60);
    while begun.elapsed() < length {
        round(&mut pty, &mut rounds);
        pty.forget_raw();
        let at = begun.elapsed();
        samples.push(Sample::take(pty.pid(), at));
        if at > next_restart {
            runtime.block_on(server.kill()).unwrap();
            // Some of the script is done while nobody is there.
            round(&mut pty, &mut rounds);
            runtime.block_on(server.restart()).unwrap();
            let since = Instant::now();
            pty.wait_patiently("the server again", Duration::from_secs(60), |s| {
                s.contents().contains("p ● ")
            });
            restarts += 1;
            next_restart += Duration::from_secs(60);
            let last = samples.last().unwrap();
            eprintln!(
                "{:>5.0} s  restart {restarts}, answers again after {:.1} s; {last:?}; {rounds:?}",
                begun.elapsed().as_secs_f64(),
                since.elapsed().as_secs_f64(),
            );
        }
    }
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
    let memory = (of(first, |s| s.resident_kib), of(last, |s| s.resident_kib));
    let files = (of(first, |s| s.files), of(last, |s| s.files));
    let threads = (of(first, |s| s.threads), of(last, |s| s.threads));
    eprintln!(
        "{minutes} minutes, {restarts} restarts, {rounds:?}\n\
         memory {} → {} KiB, open files {} → {}, threads {} → {} (medians of the first and the last third)",
        memory.0, memory.1, files.0, files.1, threads.0, threads.1
    );
    assert!(
        rounds.whole > 4 * rounds.cut_short.max(1) || minutes < 5,
        "{rounds:?}"
    );
    assert!(memory.1 <= memory.0 + memory.0 / 10 + 2_048, "memory grew");
    assert!(files.1 <= files.0 + 4, "open files grew");
    assert!(threads.1 <= threads.0 + 2, "threads grew");
}
