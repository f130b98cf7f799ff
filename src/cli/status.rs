//! `mongodeck status`: all configured profiles, connected side by side, and how each of them stands.
//!
//! Only reads. No profile waits for another, and each has its own limit of time; at most [`AT_ONCE`] are asked at the
//! same time. What it comes to is an exit code that a script can wait for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use unicode_width::UnicodeWidthStr as _;

use super::{Exit, block_on, config as configuration, print, usage};
use crate::config::check::parse_duration;
use crate::config::connections::ConnectionLog;
use crate::config::{Config, Profile};
use crate::mongo::request::standing::{Health, health};
use crate::mongo::request::{ConnectionState, Failure, FailureKind};
use crate::mongo::runner::{Examined, Runner};

/// Profiles that are asked at the same time.
const AT_ONCE: usize = 16;
/// How long one profile may take where neither an argument nor the profile says it.
const USUAL_LIMIT: Duration = Duration::from_secs(10);
/// The pause before a profile is tried again that cannot work as it is configured, while `--wait` lasts.
const AGAIN: Duration = Duration::from_secs(2);

/// Arguments of `mongodeck status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 all are healthy, 1 one answers but its replica set is impaired (a member is down, or there is no primary), \
2 usage or configuration, 3 one cannot be reached or does not accept who we are, 4 one did not answer in time, \
130 interrupted. Of several, the first of 3, 4, 2, 1 that holds for any of them.

`--format json` prints one object: `healthy`, and `profiles`, a list of objects with `name`, `healthy`, `state` (`well`, \
`impaired` or `down`), `role` (`primary`, `secondary`, `standalone`, `mongos`, `member`), `version`, `address`, \
`round_trip_ms`, `hosts`, `pool` (`max`, `min`), `timeouts_ms` (those that are set, by the name of their setting), `tls` (`off`, `on`, `not checked`), `auth` (`mechanism`, `user`, `source`), \
`replica_set` (`name`, `working`, `all`, `members` with `host`, `state`, `up`), `problem`, `failure` (`kind`, `summary`, \
`help`), `took_ms`. What is not known is null.")]
pub struct StatusArgs {
    /// Profiles of the configuration; none is all of them.
    #[arg(value_name = "PROFILE")]
    pub profiles: Vec<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// Try again until all are healthy, for so many seconds at the most; `30`, `30s` or `2m`.
    #[arg(long, value_name = "TIME")]
    pub wait: Option<String>,
    /// How long one profile may take: `500ms`, `10s`. None: its `server_selection_timeout`, else 10 s.
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON object.
    Json,
}

/// Runs `mongodeck status`.
#[must_use]
pub fn run(args: &StatusArgs) -> Exit {
    let (wait, timeout) = match (
        time("--wait", args.wait.as_deref()),
        time("--timeout", args.timeout.as_deref()),
    ) {
        (Ok(wait), Ok(timeout)) => (wait, timeout),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    if timeout == Some(Duration::ZERO) {
        return usage("`--timeout 0` leaves no time for an answer; write `5` or `500ms`");
    }
    let config = match configuration::load() {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let profiles = match chosen(&config, &args.profiles) {
        Ok(profiles) => profiles,
        Err(message) => return usage(&message),
    };
    let stood = match block_on(examine_all(profiles, timeout, wait)) {
        Ok(Some(stood)) => stood,
        Ok(None) => {
            print::note("stopped");
            return Exit::Interrupted;
        }
        Err(exit) => return exit,
    };
    let _ = match args.format {
        Format::Table => print::line(&print::printable(&table(&stood))),
        Format::Json => print::line(&as_json(&stood)),
    };
    verdict(&stood)
}

/// Seconds, or a time with its unit.
pub(super) fn time(flag: &str, text: Option<&str>) -> Result<Option<Duration>, Exit> {
    let Some(text) = text else { return Ok(None) };
    let seconds = text
        .trim()
        .parse::<u64>()
        .ok()
        .filter(|s| *s <= 7 * 24 * 3_600);
    match seconds
        .map(Duration::from_secs)
        .or_else(|| parse_duration(text))
    {
        Some(time) => Ok(Some(time)),
        None => Err(usage(&format!(
            "`{flag} {}` is no time; write `30`, `30s` or `2m`",
            text.escape_debug()
        ))),
    }
}

fn chosen(config: &Config, names: &[String]) -> Result<Vec<Profile>, String> {
    if config.profiles.is_empty() {
        return Err(
            "no profile is configured; begin with `mongodeck config init`, or set `MONGODB_URI` to a connection string"
                .to_owned(),
        );
    }
    if names.is_empty() {
        return Ok(config.profiles.clone());
    }
    let mut profiles: Vec<Profile> = Vec::new();
    for name in names {
        let Some(profile) = config.profile(name) else {
            return Err(super::target::unknown_profile(config, name, Some("")));
        };
        if profiles.iter().all(|p| p.name != profile.name) {
            profiles.push(profile.clone());
        }
    }
    Ok(profiles)
}

/// One profile, and how it stood.
struct Stood {
    profile: Profile,
    found: Examined,
    health: Health,
}

/// Examines all profiles side by side; `None` where the person stopped it.
async fn examine_all(
    profiles: Vec<Profile>,
    timeout: Option<Duration>,
    wait: Option<Duration>,
) -> Option<Vec<Stood>> {
    let (reports, mut unread) = mpsc::unbounded_channel();
    tokio::spawn(async move { while unread.recv().await.is_some() {} });
    let mut runner = Runner::new(profiles.clone(), reports);
    if let Ok(log) = ConnectionLog::open() {
        runner = runner.with_connection_log(log);
    }
    let deadline = wait.map(|w| Instant::now() + w);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let (done, mut finished) = mpsc::unbounded_channel();
    let all = profiles.len();
    for (place, profile) in profiles.into_iter().enumerate() {
        let (runner, places, done) = (runner.clone(), Arc::clone(&places), done.clone());
        tokio::spawn(async move {
            let limit = timeout
                .or(profile.server_selection_timeout)
                .unwrap_or(USUAL_LIMIT);
            if let Some(stood) = until_healthy(&runner, &places, profile, limit, deadline).await {
                let _ = done.send((place, stood));
            }
        });
    }
    drop(done);
    let mut stood: Vec<Option<Stood>> = (0..all).map(|_| None).collect();
    let mut left = all;
    let stopped = tokio::signal::ctrl_c();
    tokio::pin!(stopped);
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let interrupted = loop {
        tokio::select! {
            next = finished.recv() => match next {
                Some((place, one)) => {
                    if let Some(slot) = stood.get_mut(place) {
                        *slot = Some(one);
                    }
                    left = left.saturating_sub(1);
                }
                None => break false,
            },
            _ = &mut stopped => break true,
            _ = tick.tick() => {
                let more = deadline.map(|d| d.saturating_duration_since(Instant::now()).as_secs());
                let more = more.map(|s| format!(", {s} s more")).unwrap_or_default();
                print::progress(&format!("{} of {all} profiles{more}", all - left));
            }
        }
    };
    print::clear_progress();
    runner.shutdown().await;
    if let Some(log) = runner.connection_log() {
        log.flush(Duration::from_millis(500));
    }
    (!interrupted).then(|| stood.into_iter().flatten().collect())
}

async fn until_healthy(
    runner: &Runner,
    places: &Semaphore,
    profile: Profile,
    limit: Duration,
    deadline: Option<Instant>,
) -> Option<Stood> {
    loop {
        let place = places.acquire().await.ok()?;
        let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
        // The last look of all has its whole time only where nobody waits for more than that.
        let (limit, patient) = match left {
            None => (limit, false),
            Some(left) => (left.max(Duration::from_millis(100)), true),
        };
        let found = runner.examine(&profile.name, limit, patient).await?;
        drop(place);
        let health = health(&found.connection, found.standing.as_ref());
        let over = deadline.is_none_or(|d| Instant::now() + AGAIN >= d);
        if health == Health::Well || over {
            return Some(Stood {
                profile,
                found,
                health,
            });
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn verdict(stood: &[Stood]) -> Exit {
    let exit = |s: &Stood| match &s.health {
        Health::Well => Exit::Ok,
        Health::Impaired(_) | Health::Down(None) => Exit::Query,
        Health::Down(Some(failure)) => match Exit::from(failure.kind) {
            // One is for what answers and is impaired.
            Exit::Query => Exit::Connection,
            exit => exit,
        },
    };
    [Exit::Connection, Exit::Timeout, Exit::Usage, Exit::Query]
        .into_iter()
        .find(|e| stood.iter().any(|s| exit(s) == *e))
        .unwrap_or(Exit::Ok)
}

impl Stood {
    fn state(&self) -> &'static str {
        match self.health {
            Health::Well => "well",
            Health::Impaired(_) => "impaired",
            Health::Down(_) => "down",
        }
    }

    fn failure(&self) -> Option<Failure> {
        match &self.health {
            Health::Down(Some(failure)) => Some(failure.clone()),
            Health::Down(None) => Some(Failure::new(FailureKind::Other, "not connected")),
            Health::Well | Health::Impaired(_) => None,
        }
    }
}

fn table(stood: &[Stood]) -> String {
    let head = [
        "PROFILE",
        "STATE",
        "ROLE",
        "VERSION",
        "ROUND TRIP",
        "POOL",
        "TLS",
        "AUTH",
        "SET",
    ];
    let mut rows: Vec<Vec<String>> = vec![head.iter().map(|h| (*h).to_owned()).collect()];
    for one in stood {
        let unknown = || "–".to_owned();
        let (role, version, round_trip) = match &one.found.connection {
            ConnectionState::Ready(server) => (
                server.role.word().to_owned(),
                server.version.clone(),
                format!("{:.1} ms", server.round_trip.as_secs_f64() * 1_000.0),
            ),
            _ => (unknown(), unknown(), unknown()),
        };
        let (pool, tls, auth) = match &one.found.setup {
            Some(setup) => (
                format!("{}–{}", setup.min_pool_size, setup.max_pool_size),
                setup.tls.word().to_owned(),
                match &setup.auth {
                    None => "none".to_owned(),
                    Some(auth) => match &auth.user {
                        Some(user) => format!("{} {user}", auth.mechanism),
                        None => auth.mechanism.clone(),
                    },
                },
            ),
            None => (unknown(), unknown(), unknown()),
        };
        let set = one.found.standing.as_ref().and_then(|s| s.set.as_ref());
        rows.push(vec![
            one.profile.name.to_string(),
            one.state().to_owned(),
            role,
            version,
            round_trip,
            pool,
            tls,
            auth,
            set.map_or_else(unknown, |s| s.text()),
        ]);
    }
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|r| r[column].width()).max().unwrap_or(0))
        .collect();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| {
                format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    for one in stood {
        match &one.health {
            Health::Well => {}
            Health::Impaired(why) => lines.push(format!("! {}: {why}", one.profile.name)),
            Health::Down(_) => {
                if let Some(failure) = one.failure() {
                    lines.push(format!("✗ {}: {failure}", one.profile.name));
                }
            }
        }
    }
    lines.join("\n")
}

fn millis(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1_000_000.0).round() / 1_000.0)
}

fn as_json(stood: &[Stood]) -> String {
    let profiles: Vec<Value> = stood.iter().map(one_as_json).collect();
    let healthy = stood.iter().all(|s| s.health == Health::Well);
    let whole = json!({ "healthy": healthy, "profiles": profiles });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

fn one_as_json(one: &Stood) -> Value {
    let server = match &one.found.connection {
        ConnectionState::Ready(server) => Some(server),
        _ => None,
    };
    let setup = one.found.setup.as_deref();
    let set = one.found.standing.as_ref().and_then(|s| s.set.as_ref());
    json!({
        "name": one.profile.name.as_str(),
        "healthy": one.health == Health::Well,
        "state": one.state(),
        "role": server.map(|s| s.role.word()),
        "version": server.map(|s| s.version.as_str()),
        "address": server.map(|s| s.address.as_str()),
        "round_trip_ms": server.map(|s| millis(s.round_trip)),
        "hosts": setup.map(|s| s.hosts.clone()),
        "pool": setup.map(|s| json!({ "max": s.max_pool_size, "min": s.min_pool_size })),
        "timeouts_ms": setup.map(|s| {
            let times = s.times.bounded().map(|(name, time)| (name.to_owned(), millis(time)));
            Value::Object(times.collect())
        }),
        "tls": setup.map(|s| s.tls.word()),
        "auth": setup.and_then(|s| s.auth.as_ref()).map(|a| json!({
            "mechanism": a.mechanism, "user": a.user, "source": a.source,
        })),
        "replica_set": set.map(|s| {
            let (working, all) = s.working();
            let members: Vec<Value> = s.members.iter().map(|m| json!({
                "host": m.host, "state": m.state, "up": m.up,
            })).collect();
            json!({ "name": s.name, "working": working, "all": all, "members": members })
        }),
        "problem": match &one.health {
            Health::Impaired(why) => Some(why),
            _ => None,
        },
        "failure": one.failure().map(|f| json!({
            "kind": format!("{:?}", f.kind), "summary": f.summary, "help": f.help,
        })),
        "took_ms": millis(one.found.took),
    })
}
