//! How the panels look, with their styles, in a small and in a large terminal.

use std::time::Duration;

use mongodeck::mongo::request::observe::{Observation, ProfilingLevel};
use mongodeck::mongo::request::{Failure, FailureKind, Reply, Request};

use super::sample::{answer, asked, changes, election, figures, on, operations, slow, topology};
use crate::support::harness::Harness;

const SIZES: [(u16, u16); 2] = [(80, 24), (140, 40)];

fn picture(harness: &Harness, name: &str, size: (u16, u16)) {
    let shown = format!("{}\n{}", harness.screen(), harness.styles());
    insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
}

#[test]
fn the_members_and_an_election() {
    for size in SIZES {
        let mut harness = on("p t", size);
        election(&mut harness);
        answer(&mut harness, 0, topology());
        picture(&harness, "topology", size);
    }
}

#[test]
fn the_figures_of_a_server() {
    for size in SIZES {
        let mut harness = on("p s", size);
        for step in 0..12 {
            answer(
                &mut harness,
                step * 2_000,
                Observation::Server(Box::new(figures(step))),
            );
            harness.wait(Duration::from_secs(2));
        }
        harness.keys("j");
        picture(&harness, "server", size);
    }
}

#[test]
fn what_runs() {
    for size in SIZES {
        let mut harness = on("p o", size);
        answer(&mut harness, 0, Observation::Operations(operations()));
        picture(&harness, "operations", size);
    }
}

#[test]
fn the_question_before_an_operation_is_stopped() {
    let mut harness = on("p o", (80, 24));
    answer(&mut harness, 0, Observation::Operations(operations()));
    harness.keys("x");
    picture(&harness, "kill", (80, 24));
}

#[test]
fn what_was_slow() {
    for size in SIZES {
        let mut harness = on("p l", size);
        answer(
            &mut harness,
            0,
            Observation::Slow(slow(ProfilingLevel::All)),
        );
        picture(&harness, "slow", size);
    }
}

#[test]
fn what_is_written() {
    for size in SIZES {
        let mut harness = on("p c", size);
        harness.keys("n").type_text("orders").keys("enter");
        let (task, request) = harness
            .request(|r| matches!(r, Request::OpenTail { .. }))
            .unwrap();
        let Request::OpenTail { tail, .. } = request else {
            unreachable!()
        };
        harness.reply(task, Ok(Reply::Changes(changes(tail, 7))));
        picture(&harness, "changes", size);
    }
}

#[test]
fn a_failure_with_what_was_read_before() {
    let mut harness = on("p s", (80, 24));
    answer(&mut harness, 0, Observation::Server(Box::new(figures(0))));
    harness.wait(Duration::from_secs(3));
    let (task, _) = asked(&mut harness).unwrap();
    let failure = Failure::new(
        FailureKind::Permission,
        "the server's figures cannot be read: this user has not the privilege `serverStatus`, which the role `clusterMonitor` gives",
    )
    .with_help("ask for the role `clusterMonitor`, or use another user");
    harness.reply(task, Err(failure));
    picture(&harness, "server_failed", (80, 24));
}
