//! Listens to the driver: which servers answer, what its pools do, and, where a test asks for it, which commands were
//! sent.
//!
//! The driver calls back from its own tasks, so what is done here is short and never waits. The figures go into a
//! [`watch`] channel: a reader sees the newest state and is never behind. Must not know profiles or tasks.
//!
//! The driver's own events of commands are not listened to outside of tests: for each of them the driver copies the whole
//! reply and decodes it, which would cost a reader of large batches more than the reading.

mod pools;
mod waiting;
pub mod work;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use bson::Document;
use mongodb::ServerType;
use mongodb::error::Error;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::event::sdam::SdamEvent;
use mongodb::options::ClientOptions;
use tokio::sync::watch;

use crate::config::connections::{Change, ConnectionLog};
use crate::mongo::failure::{self, Scene};
use crate::mongo::request::ProfileName;

pub use pools::{Holders, PoolWatch};
pub(crate) use waiting::{Waited, Waiting};

/// How one server stood at its last heartbeat.
#[derive(Debug, Clone)]
pub enum Health {
    /// No heartbeat so far.
    Unknown,
    /// It answered.
    Answering,
    /// It did not, and why.
    Failing(Error),
}

/// The servers of a deployment, by address, as the driver's monitors see them.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// Health by address, `host:port`.
    pub servers: BTreeMap<String, Health>,
    /// What each server was at its last answer.
    pub kinds: BTreeMap<String, ServerType>,
    /// Servers that answer and are not of the set that is asked for, with what they are instead.
    pub strangers: BTreeMap<String, String>,
    /// Counts changes for the better, so that who waits for one can tell.
    pub recoveries: u64,
}

impl Topology {
    /// The servers that do not answer, with the reason.
    #[must_use]
    pub fn troubles(&self) -> Vec<(String, Error)> {
        self.servers
            .iter()
            .filter_map(|(address, health)| match health {
                Health::Failing(error) => Some((address.clone(), error.clone())),
                _ => None,
            })
            .collect()
    }

    /// Whether members of a replica set answer, none of which is primary.
    #[must_use]
    pub fn lacks_primary(&self) -> bool {
        let is = |kind: ServerType| self.kinds.values().any(|k| *k == kind);
        is(ServerType::RsSecondary) && !is(ServerType::RsPrimary)
    }

    /// Where all servers that are left answer and none is of the set that is asked for: one of them, and what it is.
    #[must_use]
    pub fn only_strangers(&self) -> Option<(&str, &str)> {
        let (address, what) = self.strangers.first_key_value()?;
        let all = self.servers.keys().all(|a| self.strangers.contains_key(a));
        all.then_some((address.as_str(), what.as_str()))
    }

    /// Whether every server was tried and none answers.
    #[must_use]
    pub fn nobody_answers(&self) -> bool {
        !self.servers.is_empty()
            && self
                .servers
                .values()
                .all(|h| matches!(h, Health::Failing(_)))
    }
}

/// One command that the driver sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentCommand {
    /// The database it was sent to.
    pub database: String,
    /// Its name: `find`, `update`, …
    pub name: String,
    /// Its `comment`, where it has one.
    pub comment: Option<String>,
}

/// The last commands that were sent, for proving what was not. Costs time on each reply, so it is off by default.
#[derive(Debug, Clone, Default)]
pub struct CommandLog(Arc<Mutex<VecDeque<SentCommand>>>);

/// Older commands are forgotten.
const KEPT_COMMANDS: usize = 10_000;

impl CommandLog {
    /// The commands so far, oldest first.
    #[must_use]
    pub fn commands(&self) -> Vec<SentCommand> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    fn push(&self, command: SentCommand) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_COMMANDS {
            kept.pop_front();
        }
        kept.push_back(command);
    }
}

/// Writes what becomes of each server to the log of connections.
#[derive(Debug)]
pub struct Teller {
    profile: ProfileName,
    log: ConnectionLog,
    /// Why the last heartbeat of a server failed; it is told just before the server's new description.
    causes: Mutex<BTreeMap<String, String>>,
}

impl Teller {
    /// For the servers of `profile`.
    #[must_use]
    pub fn new(profile: &ProfileName, log: &ConnectionLog) -> Self {
        Self {
            profile: profile.clone(),
            log: log.clone(),
            causes: Mutex::default(),
        }
    }

    fn take(&self, event: &SdamEvent) {
        match event {
            SdamEvent::ServerHeartbeatFailed(e) => {
                let address = e.server_address.to_string();
                let scene = Scene {
                    hosts: vec![address.clone()],
                    ..Scene::default()
                };
                let cause = failure::translate(&e.failure, &scene).summary;
                let mut causes = self.causes.lock().unwrap_or_else(PoisonError::into_inner);
                causes.insert(address, cause);
            }
            SdamEvent::ServerDescriptionChanged(e) => {
                let before = pools::kind(e.previous_description.server_type()).word();
                let after = pools::kind(e.new_description.server_type()).word();
                if before == after {
                    return;
                }
                let address = e.address.to_string();
                let mut causes = self.causes.lock().unwrap_or_else(PoisonError::into_inner);
                let mut change = Change::now(self.profile.as_str(), before, after);
                change.cause = causes.remove(&address);
                change.server = Some(address);
                self.log.note(change);
            }
            _ => {}
        }
    }
}

/// Hooks callbacks into `options`, and returns where their news arrive. What the pools do goes to `pools`, what becomes
/// of the servers to `teller`.
pub fn listen(
    options: &mut ClientOptions,
    log: Option<&CommandLog>,
    pools: &PoolWatch,
    teller: Option<Teller>,
) -> watch::Receiver<Topology> {
    let (sender, receiver) = watch::channel(Topology::default());
    let seen = pools.clone();
    let wanted_set = options.repl_set_name.clone();
    options.sdam_event_handler = Some(EventHandler::callback(move |event| {
        seen.take_sdam(&event);
        if let Some(teller) = &teller {
            teller.take(&event);
        }
        fold(&sender, wanted_set.as_deref(), event);
    }));
    let seen = pools.clone();
    options.cmap_event_handler = Some(EventHandler::callback(move |event| seen.take_cmap(&event)));
    if let Some(log) = log.cloned() {
        options.command_event_handler = Some(EventHandler::callback(move |event| {
            if let CommandEvent::Started(started) = event {
                log.push(SentCommand {
                    database: started.db,
                    name: started.command_name,
                    comment: started.command.get_str("comment").ok().map(str::to_owned),
                });
            }
        }));
    }
    receiver
}

/// What a server is that does not belong to the set `wanted`; `None` for one that does, or may yet.
fn stranger(wanted: &str, hello: &Document) -> Option<String> {
    if let Ok(name) = hello.get_str("setName") {
        return (name != wanted).then(|| format!("of the set `{name}`"));
    }
    if hello.get_str("msg").is_ok_and(|m| m == "isdbgrid") {
        return Some("a router of a sharded cluster".to_owned());
    }
    // One that starts, or waits to be told its set, belongs to none yet.
    let none_yet = hello.get_bool("isreplicaset").unwrap_or(false);
    (!none_yet).then(|| "in no replica set".to_owned())
}

fn fold(sender: &watch::Sender<Topology>, wanted_set: Option<&str>, event: SdamEvent) {
    match event {
        SdamEvent::ServerOpening(e) => {
            sender.send_modify(|t| {
                t.servers.insert(e.address.to_string(), Health::Unknown);
            });
        }
        SdamEvent::ServerClosed(e) => {
            sender.send_modify(|t| {
                t.servers.remove(&e.address.to_string());
                t.kinds.remove(&e.address.to_string());
            });
        }
        SdamEvent::ServerDescriptionChanged(e) => {
            let kind = e.new_description.server_type();
            sender.send_if_modified(|t| {
                let news = t.kinds.insert(e.address.to_string(), kind) != Some(kind);
                // The end of an election.
                if news && kind == ServerType::RsPrimary {
                    t.recoveries += 1;
                }
                news
            });
        }
        SdamEvent::ServerHeartbeatSucceeded(e) => {
            let address = e.server_address.to_string();
            let stranger = wanted_set.and_then(|wanted| stranger(wanted, &e.reply));
            sender.send_if_modified(|t| {
                let before = match &stranger {
                    Some(what) => t.strangers.insert(address.clone(), what.clone()),
                    None => t.strangers.remove(&address),
                };
                let other = before != stranger;
                let better = !matches!(t.servers.get(&address), Some(Health::Answering));
                if better {
                    // The driver has done with a stranger, or will at once.
                    if stranger.is_none() || t.servers.contains_key(&address) {
                        t.servers.insert(address, Health::Answering);
                    }
                    t.recoveries += 1;
                }
                better || other
            });
        }
        SdamEvent::ServerHeartbeatFailed(e) => {
            sender.send_modify(|t| {
                t.servers
                    .insert(e.server_address.to_string(), Health::Failing(e.failure));
            });
        }
        _ => {}
    }
}
