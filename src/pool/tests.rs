//! The fold against written sequences, and against a pool that does what the specification allows, in any order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const ADDRESS: &str = "a.example:27017";

fn milli(at: u64) -> Moment {
    Moment::new(Duration::from_millis(at))
}

fn event(at: u64, what: What) -> Event {
    Event {
        at: milli(at),
        address: Arc::from(ADDRESS),
        what,
    }
}

fn created(max: u32) -> What {
    What::PoolCreated { max, min: 0 }
}

fn made(connection: u32) -> [What; 2] {
    [
        What::Created { connection },
        What::Ready {
            connection,
            took: Duration::from_millis(3),
        },
    ]
}

fn out(connection: u32, waited: u64) -> What {
    What::CheckedOut {
        connection,
        waited: Duration::from_millis(waited),
        work: None,
    }
}

/// Folds what happens every ten milliseconds.
fn fold(all: impl IntoIterator<Item = What>) -> Pools {
    let mut pools = Pools::default();
    for (at, what) in (0..).step_by(10).zip(all) {
        pools.take(event(at, what));
    }
    pools
}

fn figures(pools: &Pools) -> (usize, usize, usize, usize, u32) {
    let pool = pools.get(ADDRESS).unwrap();
    (
        pool.size(),
        pool.being_established(),
        pool.available(),
        pool.in_use(),
        pool.pending,
    )
}

#[test]
fn a_connection_is_made_handed_out_and_given_back() {
    let mut all = vec![created(10), What::PoolReady, What::CheckoutStarted];
    assert_eq!(figures(&fold(all.clone())), (0, 0, 0, 0, 1));
    all.push(What::Created { connection: 1 });
    assert_eq!(figures(&fold(all.clone())), (1, 1, 0, 0, 1));
    all.push(made(1)[1].clone());
    all.push(out(1, 20));
    assert_eq!(figures(&fold(all.clone())), (1, 0, 0, 1, 0));
    all.push(What::CheckedIn { connection: 1 });
    let pools = fold(all);
    assert_eq!(figures(&pools), (1, 0, 1, 0, 0));
    let pool = pools.get(ADDRESS).unwrap();
    assert_eq!((pool.created, pool.connections[&1].uses), (1, 1));
    assert_eq!(pool.waits.max(), Duration::from_millis(20));
}

/// The seconds from the first one on: the connections in use, or `-` where nothing is known.
fn drawn(pools: &Pools, now: u64) -> String {
    let history = pools.get(ADDRESS).unwrap().history_until(milli(now));
    let drawn = history.seconds().map(|second| match second.unknown {
        true => {
            let nothing = Second {
                unknown: true,
                ..Second::default()
            };
            assert_eq!(*second, nothing);
            "-".to_owned()
        }
        false => second.in_use.to_string(),
    });
    drawn.collect()
}

/// What happens, what is told of it and when, up to which moment the seconds are drawn, and what they are.
type Sleep = (&'static str, Vec<(u64, What)>, u64, &'static str);

#[test]
fn seconds_in_which_the_program_stood_still_are_unknown_and_hold_no_gauges() {
    let still = |lasted: u64| What::StoodStill {
        lasted: Duration::from_millis(lasted),
    };
    // All of them after one connection was made and handed out.
    let table: [Sleep; 6] = [
        (
            "nothing happens, and the program runs",
            vec![],
            9_000,
            "1111111111",
        ),
        (
            "it sleeps",
            vec![(8_100, still(5_000))],
            9_000,
            "1111----11",
        ),
        (
            "connections are given back before the sleep is told",
            vec![
                (8_050, What::CheckedIn { connection: 1 }),
                (8_100, still(5_000)),
            ],
            9_000,
            "1111----10",
        ),
        (
            "the driver was faster than the clock that noticed it, by more than a second",
            vec![
                (6_200, What::CheckoutStarted),
                (6_210, out(1, 0)),
                (8_100, still(5_000)),
            ],
            9_000,
            "1111--1-11",
        ),
        (
            "it sleeps twice",
            vec![(5_000, still(3_000)), (8_900, still(2_500))],
            9_900,
            "111--11-11",
        ),
        (
            "longer than it ran",
            vec![(8_000, still(60_000))],
            8_000,
            "1-------1",
        ),
    ];
    for (what, told, now, wanted) in table {
        let mut pools = Pools::default();
        let mut all = vec![(0, created(10)), (0, What::PoolReady)];
        all.extend(made(1).map(|what| (0, what)));
        all.extend([(0, What::CheckoutStarted), (0, out(1, 0))]);
        all.extend(told);
        for (at, what) in all {
            pools.take(event(at, what));
        }
        assert_eq!(drawn(&pools, now), wanted, "{what}");
    }
}

#[test]
fn a_sleep_longer_than_all_that_is_kept_leaves_one_second() {
    let mut all = vec![created(10), What::PoolReady];
    all.extend(made(1));
    let mut pools = fold(all);
    let lasted = Duration::from_secs(3_600);
    pools.take(event(3_601_000, What::StoodStill { lasted }));
    let drawn = drawn(&pools, 3_601_000);
    assert_eq!(drawn.len(), history::KEPT);
    assert_eq!(drawn.matches('-').count(), history::KEPT - 1);
}

#[test]
fn a_cleared_pool_tells_its_likely_cause() {
    let mut all = vec![created(10), What::PoolReady];
    all.extend(made(1));
    all.push(What::HeartbeatFailed {
        reason: "connection refused".into(),
    });
    all.push(What::PoolCleared {
        interrupts: false,
        partial: false,
    });
    all.push(What::Closed {
        connection: 1,
        reason: CloseReason::Stale,
    });
    let pools = fold(all);
    let pool = pools.get(ADDRESS).unwrap();
    assert_eq!((pool.generation, pool.state), (1, PoolState::Paused));
    assert_eq!(
        pool.closed.iter().collect::<Vec<_>>(),
        [(&CloseReason::Stale, &1)]
    );
    assert_eq!(pool.ages.max(), Duration::from_millis(40));
    let told: Vec<_> = warnings(pool, milli(3_050))
        .iter()
        .map(Warning::text)
        .collect();
    assert_eq!(
        told,
        [
            "no answer to the monitor for 3 s: connection refused",
            "pool cleared 3 s ago: connection refused; it waits for the server to answer"
        ]
    );
}

#[test]
fn a_pool_at_its_limit_is_told_only_while_somebody_waits() {
    let mut pools = fold([created(1), What::PoolReady, What::CheckoutStarted]);
    for what in made(1) {
        pools.take(event(30, what));
    }
    pools.take(event(40, out(1, 20)));
    assert!(warnings(pools.get(ADDRESS).unwrap(), milli(60_000)).is_empty());
    pools.take(event(1_000, What::CheckoutStarted));
    pools.take(event(2_000, What::CheckoutStarted));
    let told = warnings(pools.get(ADDRESS).unwrap(), milli(13_000));
    assert_eq!(
        told,
        [Warning::Saturated {
            lasts: Duration::from_secs(12),
            waiting: 2,
            max: 1
        }]
    );
    pools.take(event(14_000, What::CheckedIn { connection: 1 }));
    pools.take(event(14_000, out(1, 13_000)));
    let lasts = |pools: &Pools| pools.get(ADDRESS).unwrap().saturated;
    assert_eq!(lasts(&pools), Some(milli(1_000)), "one still waits");
    pools.take(event(15_000, What::CheckedIn { connection: 1 }));
    pools.take(event(15_000, out(1, 13_000)));
    assert_eq!(lasts(&pools), None);
}

#[test]
fn the_history_keeps_peaks_and_fills_quiet_seconds() {
    let mut pools = fold([created(5), What::PoolReady, What::CheckoutStarted]);
    for what in made(1) {
        pools.take(event(100, what));
    }
    pools.take(event(200, out(1, 7)));
    pools.take(event(300, What::CheckedIn { connection: 1 }));
    pools.take(event(4_200, What::CheckoutStarted));
    pools.take(event(4_300, out(1, 0)));
    let history = pools.get(ADDRESS).unwrap().history_until(milli(6_000));
    let in_use: Vec<_> = history.seconds().map(|s| s.in_use).collect();
    assert_eq!(in_use, [1, 0, 0, 0, 1, 1, 1]);
    let checkouts: Vec<_> = history.seconds().map(|s| s.checkouts).collect();
    assert_eq!(checkouts, [1, 0, 0, 0, 1, 0, 0]);
    let far = pools
        .get(ADDRESS)
        .unwrap()
        .history_until(milli(u64::MAX / 2_000));
    assert_eq!(far.seconds().len(), history::KEPT);
}

#[test]
fn an_election_is_a_follower_that_becomes_primary() {
    let change = |from, to| What::ServerChanged { from, to };
    let pools = fold([
        What::ServerOpened,
        change(ServerKind::Unknown, ServerKind::Primary),
    ]);
    assert_eq!(pools.members.elections, 0, "meeting the primary is none");
    let pools = fold([
        What::ServerOpened,
        change(ServerKind::Unknown, ServerKind::Secondary),
        change(ServerKind::Secondary, ServerKind::Primary),
    ]);
    assert_eq!(pools.members.elections, 1);
    assert_eq!(pools.get(ADDRESS).unwrap().kind, Some(ServerKind::Primary));
}

#[test]
fn awaited_heartbeats_are_no_round_trips() {
    let beat = |millis, awaited| What::Heartbeat {
        took: Duration::from_millis(millis),
        awaited,
    };
    let pools = fold([beat(2, false), beat(10_000, true)]);
    let pool = pools.get(ADDRESS).unwrap();
    assert_eq!(pool.round_trip.last, Duration::from_millis(2));
    assert_eq!(pool.last_heartbeat, Some(milli(10)));
    assert_eq!(
        pools.timeline.told, 0,
        "answered heartbeats are not worth telling"
    );
}

#[test]
fn commands_are_counted_by_name_up_to_a_bound() {
    let mut pools = Pools::default();
    for n in 0..200 {
        let failure = (n % 2 == 0).then(|| "no".to_owned());
        pools.count_command(&format!("made-up-{n}"), Duration::from_millis(1), failure);
    }
    assert!(pools.commands.len() <= 65);
    let counted: u64 = pools.commands.values().map(|c| c.took.count()).sum();
    assert_eq!(counted, 200);
    assert_eq!(
        pools.commands.values().map(|c| c.failures).sum::<u64>(),
        100
    );
}

#[test]
fn events_of_connections_that_nobody_announced_are_believed() {
    let pools = fold([out(7, 1), What::CheckedIn { connection: 9 }]);
    assert_eq!(figures(&pools), (2, 0, 1, 1, 0));
    let pools = fold([What::Closed {
        connection: 3,
        reason: CloseReason::Idle,
    }]);
    assert_eq!(figures(&pools), (0, 0, 0, 0, 0));
    assert_eq!(pools.get(ADDRESS).unwrap().closed_in_all(), 1);
}

#[test]
fn a_server_that_vanishes_is_forgotten_in_whichever_order_its_end_is_told() {
    let begin = || {
        let mut all = vec![What::ServerOpened, created(3), What::PoolReady];
        all.extend(made(1));
        all.extend([What::CheckoutStarted, out(1, 0)]);
        all
    };
    let closed = What::Closed {
        connection: 1,
        reason: CloseReason::PoolClosed,
    };
    let ends = [
        [What::ServerClosed, What::PoolClosed, closed.clone()],
        [What::PoolClosed, What::ServerClosed, closed.clone()],
        [closed.clone(), What::ServerClosed, What::PoolClosed],
    ];
    for end in ends {
        let mut all = begin();
        all.extend(end[..2].iter().cloned());
        let pools = fold(all.clone());
        if end[2] == closed {
            assert_eq!(figures(&pools), (1, 0, 0, 1, 0), "what is in use is open");
        }
        all.push(end[2].clone());
        assert_eq!(fold(all).iter().len(), 0, "{end:?}");
    }
}

#[test]
fn the_end_of_a_former_pool_is_not_that_of_its_follower() {
    let mut all = vec![created(3), What::PoolReady];
    all.extend(made(1));
    all.extend([What::CheckoutStarted, out(1, 0)]);
    all.extend([What::ServerClosed, What::ServerOpened, created(3)]);
    all.push(What::PoolReady);
    all.extend(made(1));
    all.push(What::PoolClosed);
    all.push(What::Closed {
        connection: 1,
        reason: CloseReason::PoolClosed,
    });
    let pools = fold(all);
    let pool = pools.get(ADDRESS).unwrap();
    assert_eq!(figures(&pools), (1, 0, 1, 0, 0));
    assert_eq!((pool.state, pool.closed_in_all()), (PoolState::Ready, 0));
}

#[test]
fn behind_a_load_balancer_a_clearing_stops_nothing() {
    let mut all = vec![created(3), What::PoolReady];
    all.extend(made(1));
    all.push(What::PoolCleared {
        interrupts: false,
        partial: true,
    });
    let pools = fold(all);
    let pool = pools.get(ADDRESS).unwrap();
    assert_eq!((pool.state, pool.generation), (PoolState::Ready, 1));
    assert_eq!(pool.connections[&1].generation, 1, "not called stale");
}

#[test]
fn who_waits_for_connections_that_are_being_made_is_told_so() {
    let pools = fold([
        created(10),
        What::PoolReady,
        What::CheckoutStarted,
        What::Created { connection: 1 },
        What::CheckoutStarted,
        What::Created { connection: 2 },
        What::CheckoutStarted,
    ]);
    let told = warnings(pools.get(ADDRESS).unwrap(), milli(4_030));
    assert_eq!(
        told,
        [Warning::Making {
            lasts: Duration::from_secs(4),
            waiting: 3,
            making: 2
        }]
    );
    assert!(told[0].text().contains("raise `maxConnecting`"));
}

#[test]
fn a_pool_that_cannot_be_filled_says_what_it_keeps_and_how_often_it_tried() {
    let mut pools = fold([What::PoolCreated { max: 5, min: 3 }, What::PoolReady]);
    for what in made(1) {
        pools.take(event(1_000, what));
    }
    for connection in 2..6 {
        let reason = CloseReason::Error;
        pools.take(event(2_000, What::Created { connection }));
        pools.take(event(3_000, What::Closed { connection, reason }));
    }
    let told = warnings(pools.get(ADDRESS).unwrap(), milli(13_000));
    assert_eq!(
        told,
        [
            Warning::Refused {
                lasts: Duration::from_secs(10),
                tries: 4
            },
            Warning::Short {
                lasts: Duration::from_secs(12),
                made: 1,
                min: 3
            }
        ]
    );
    for connection in [6, 7] {
        for what in made(connection) {
            pools.take(event(14_000, what));
        }
    }
    assert!(warnings(pools.get(ADDRESS).unwrap(), milli(60_000)).is_empty());
}

#[test]
fn what_seldom_happens_is_not_pushed_out_of_the_timeline_by_what_always_does() {
    let mut all = vec![created(1), What::PoolReady];
    all.extend(made(1));
    for _ in 0..3_000 {
        all.extend([What::CheckoutStarted, out(1, 0)]);
        all.push(What::CheckedIn { connection: 1 });
    }
    all.push(What::Closed {
        connection: 1,
        reason: CloseReason::Idle,
    });
    let timeline = fold(all).timeline;
    assert_eq!((timeline.told, timeline.kept()), (9_005, 2_005));
    let numbers: Vec<u64> = timeline.numbered().map(|(number, _)| number).collect();
    assert!(numbers.is_sorted());
    assert_eq!(
        (numbers[..4].to_vec(), numbers[4]),
        (vec![0, 1, 2, 3], 7_004)
    );
    assert_eq!(numbers.last(), Some(&9_004));
}

/// A pool that does what the specification allows. `dice` chooses among what is possible now.
#[derive(Debug, Default)]
struct Real {
    establishing: Vec<u32>,
    available: Vec<u32>,
    in_use: Vec<u32>,
    waiting: u32,
    next: u32,
    paused: bool,
}

const MAX: usize = 4;

impl Real {
    fn size(&self) -> usize {
        self.establishing.len() + self.available.len() + self.in_use.len()
    }

    fn step(&mut self, dice: u8, choice: usize) -> Vec<What> {
        let pick = |of: &mut Vec<u32>| (!of.is_empty()).then(|| of.remove(choice % of.len()));
        match dice % 9 {
            0 => {
                self.waiting += 1;
                vec![What::CheckoutStarted]
            }
            1 | 2 if !self.paused && self.size() < MAX => {
                self.next += 1;
                self.establishing.push(self.next);
                vec![What::Created {
                    connection: self.next,
                }]
            }
            3 => pick(&mut self.establishing).map_or(vec![], |connection| {
                self.available.push(connection);
                vec![What::Ready {
                    connection,
                    took: Duration::from_millis(1),
                }]
            }),
            4 | 5 if self.waiting > 0 && !self.paused => {
                pick(&mut self.available).map_or(vec![], |connection| {
                    self.waiting -= 1;
                    self.in_use.push(connection);
                    vec![out(connection, 1)]
                })
            }
            6 => pick(&mut self.in_use).map_or(vec![], |connection| {
                let back = What::CheckedIn { connection };
                if choice.is_multiple_of(3) {
                    let reason = CloseReason::Error;
                    vec![back, What::Closed { connection, reason }]
                } else {
                    self.available.push(connection);
                    vec![back]
                }
            }),
            7 => {
                let of = if choice.is_multiple_of(2) {
                    &mut self.establishing
                } else {
                    &mut self.available
                };
                let reason = CloseReason::Idle;
                pick(of).map_or(vec![], |connection| {
                    vec![What::Closed { connection, reason }]
                })
            }
            8 if choice.is_multiple_of(5) => {
                self.paused = !self.paused;
                if !self.paused {
                    return vec![What::PoolReady];
                }
                let waiting = std::mem::take(&mut self.waiting);
                let failed = What::CheckoutFailed {
                    reason: CheckoutFailure::ConnectionError,
                    waited: Duration::from_millis(2),
                };
                let cleared = What::PoolCleared {
                    interrupts: false,
                    partial: false,
                };
                std::iter::once(cleared)
                    .chain(std::iter::repeat_n(failed, waiting as usize))
                    .collect()
            }
            _ => vec![],
        }
    }
}

proptest! {
    #[test]
    fn figures_follow_a_pool_through_anything_that_the_specification_allows(
        steps in prop::collection::vec((any::<u8>(), any::<usize>()), 0..400),
    ) {
        let mut real = Real::default();
        let mut pools = Pools::default();
        pools.take(event(0, created(u32::try_from(MAX).unwrap())));
        pools.take(event(0, What::PoolReady));
        for (at, (dice, choice)) in (1..).zip(steps) {
            for what in real.step(dice, choice) {
                pools.take(event(at, what));
                let pool = pools.get(ADDRESS).unwrap();
                prop_assert!(pool.in_use() + pool.available() <= pool.size());
                prop_assert!(pool.size() <= MAX);
            }
            prop_assert_eq!(
                figures(&pools),
                (real.size(), real.establishing.len(), real.available.len(), real.in_use.len(), real.waiting)
            );
        }
        let pool = pools.get(ADDRESS).unwrap();
        prop_assert_eq!(pool.created - pool.closed_in_all(), pool.size() as u64);
    }

    #[test]
    fn no_order_of_events_makes_a_figure_false(
        steps in prop::collection::vec((0_u8..15, 0_u32..6, 0_u64..10_000), 0..300),
    ) {
        let mut pools = Pools::default();
        for (kind, connection, at) in steps {
            let what = match kind {
                0 => What::Created { connection },
                1 => What::Ready { connection, took: Duration::ZERO },
                2 => out(connection, 0),
                3 => What::CheckedIn { connection },
                4 => What::Closed { connection, reason: CloseReason::Stale },
                5 => What::CheckoutStarted,
                6 => What::CheckoutFailed { reason: CheckoutFailure::Timeout, waited: Duration::ZERO },
                7 => What::PoolClosed,
                8 => What::PoolCleared { interrupts: connection > 2, partial: connection == 1 },
                9 => What::PoolReady,
                10 => created(connection),
                11 => What::ServerOpened,
                12 => What::ServerClosed,
                13 => What::CheckoutMoved,
                _ => What::HeartbeatFailed { reason: "gone".into() },
            };
            pools.take(event(at, what));
            let Some(pool) = pools.get(ADDRESS) else { continue };
            let count = |state| pool.connections.values().filter(|c| c.state == state).count();
            prop_assert_eq!(pool.in_use(), count(ConnectionState::InUse));
            prop_assert_eq!(pool.available(), count(ConnectionState::Available));
            prop_assert_eq!(pool.being_established(), count(ConnectionState::Establishing));
            prop_assert!(warnings(pool, milli(at)).len() <= 6);
        }
    }
}
