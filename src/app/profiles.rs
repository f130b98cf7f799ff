//! The configured profiles, and how each connection stands.

use std::sync::Arc;
use std::time::Duration;

use super::scope::Moment;
use crate::config::Profile;
use crate::mongo::request::observe::LeftProfiler;
use crate::mongo::request::standing::Setup;
use crate::mongo::request::{Access, ConnectionState, ProfileName};
use crate::pool::{self, Pools, Summary};

/// One profile, as the deck knows it. Holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileState {
    /// Its name.
    pub name: ProfileName,
    /// Its colour, as written in the configuration.
    pub color: Option<String>,
    /// Whether it is a production deployment.
    pub production: bool,
    /// Whether it can never be written to.
    pub read_only: bool,
    /// Whether its certificates are not checked.
    pub insecure: bool,
    /// Whether a person may override violations for one write.
    pub allow_override: bool,
    /// Whether a load may be put on it.
    pub allow_load: bool,
    /// The database to open at first.
    pub database: Option<String>,
    /// The most connections of its pool, where configured.
    pub max_pool_size: Option<u32>,
    /// The fewest connections of its pool, where configured.
    pub min_pool_size: Option<u32>,
    /// How long an unlock lasts.
    pub unlock_for: Duration,
    /// How the connection stands.
    pub connection: ConnectionState,
    /// Since when it stands so.
    pub since: Moment,
    /// When it was lost last; what was read before that may no longer be what the server holds.
    pub lost: Option<Moment>,
    /// Whether it may be written to now.
    pub access: Access,
    /// When an unlock was granted.
    pub unlocked_at: Option<Moment>,
    /// What its connection is made with; `None` before that was told.
    pub setup: Option<Arc<Setup>>,
    /// What its connection pools do; `None` before anything was told.
    pub pools: Option<PoolFigures>,
    /// The profilers that an earlier run has set and not put back.
    pub left: Vec<LeftProfiler>,
}

/// The figures of a profile's connection pools.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolFigures {
    /// What a line can say of them.
    pub summary: Summary,
    /// All figures, while a panel that shows them is on the screen.
    pub whole: Option<Arc<Pools>>,
    /// The moment of the figures, on their own clock.
    pub at: pool::Moment,
    /// When they came, on the clock of the deck.
    pub taken: Moment,
}

impl PoolFigures {
    /// The moment that it is on the clock of the figures, when it is `now` on the clock of the deck.
    #[must_use]
    pub fn now(&self, now: Moment) -> pool::Moment {
        pool::Moment::new(self.at.since_start() + now.since(self.taken))
    }
}

impl ProfileState {
    /// The profile before anything was asked of it.
    #[must_use]
    pub fn new(profile: &Profile) -> Self {
        let locked = profile.read_only || profile.production;
        Self {
            name: profile.name.clone(),
            color: profile.color.clone(),
            production: profile.production,
            read_only: profile.read_only,
            insecure: profile.tls.insecure,
            allow_override: profile.allow_override,
            allow_load: profile.allow_load,
            database: profile.database.clone(),
            max_pool_size: profile.max_pool_size,
            min_pool_size: profile.min_pool_size,
            unlock_for: profile.unlock_for,
            connection: ConnectionState::Closed,
            since: Moment::default(),
            lost: None,
            access: if locked {
                Access::ReadOnly
            } else {
                Access::ReadWrite
            },
            unlocked_at: None,
            setup: None,
            pools: None,
            left: Vec::new(),
        }
    }

    /// Whether it answers.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(self.connection, ConnectionState::Ready(_))
    }

    /// Whether it was to answer and does not at the moment, or has no primary.
    #[must_use]
    pub fn is_retrying(&self) -> bool {
        matches!(self.connection, ConnectionState::Retrying { .. })
    }

    /// Whether what was read at `at` is of before the connection was lost.
    #[must_use]
    pub fn outdates(&self, at: Moment) -> bool {
        self.lost.is_some_and(|lost| at <= lost)
    }

    /// Why it cannot be written to, in words that say what to do; `None` where it can.
    #[must_use]
    pub fn write_refusal(&self) -> Option<String> {
        match self.access {
            Access::ReadWrite => None,
            Access::ReadOnly if self.read_only => Some(format!(
                "profile `{}` is read-only by its configuration",
                self.name
            )),
            Access::ReadOnly => Some(format!(
                "profile `{}` is production and locked: unlock it first (`unlock` in the palette)",
                self.name
            )),
        }
    }

    /// How long the unlock still lasts at `now`, on a production profile that is unlocked.
    #[must_use]
    pub fn unlocked_for(&self, now: Moment) -> Option<Duration> {
        let at = self
            .unlocked_at
            .filter(|_| self.access == Access::ReadWrite)?;
        Some(self.unlock_for.saturating_sub(now.since(at)))
    }
}

/// All profiles, in the order of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    /// The profiles.
    pub all: Vec<ProfileState>,
}

impl Profiles {
    /// The profile called `name`.
    #[must_use]
    pub fn get(&self, name: &ProfileName) -> Option<&ProfileState> {
        self.all.iter().find(|p| p.name == *name)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &ProfileName) -> Option<&mut ProfileState> {
        self.all.iter_mut().find(|p| p.name == *name)
    }

    /// Whether the profile called `name` answers.
    #[must_use]
    pub fn answers(&self, name: &ProfileName) -> bool {
        self.get(name).is_some_and(ProfileState::is_ready)
    }
}
