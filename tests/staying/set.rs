//! A replica set that steps down, loses members, hangs and is restarted, under load.

use std::time::{Duration, Instant};

use super::load::{Account, Worker, audit, prepare};
use crate::support::replica::{Harm, ReplicaSet};

fn tell(harm: Harm, what: &str, account: &Account, pause: Duration) {
    let failures = account.failures();
    let failed: usize = failures.values().sum();
    eprintln!(
        "{:<26} {what:<8} paused for {:>5.2} s; {} answers, {failed} failures",
        harm.words(),
        pause.as_secs_f64(),
        account.all.len(),
    );
    for (words, count) in failures {
        eprintln!("    {count} × {words}");
    }
    eprintln!("    connection: {}", account.states.join(" → "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_befalls_the_set_loses_or_doubles_a_write_and_all_works_again_by_itself() {
    let mut set = ReplicaSet::start().await;
    let client = mongodb::Client::with_uri_str(set.uri()).await.unwrap();
    for harm in [
        Harm::StepDown,
        Harm::KillPrimary,
        Harm::KillSecondary,
        Harm::FreezeSecondary,
        Harm::FreezePrimary,
        Harm::RollingRestart,
    ] {
        prepare(&client).await;
        let reader = Worker::reader(&set.uri()).await;
        let writer = Worker::writer(&set.uri()).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let at = Instant::now();
        harm.befall(&mut set).await;
        let rest = if harm == Harm::FreezePrimary { 14 } else { 5 };
        tokio::time::sleep(Duration::from_secs(rest).saturating_sub(at.elapsed())).await;
        set.heal().await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (reader, writer) = (reader.end().await, writer.end().await);
        for (what, account) in [("reading", &reader), ("writing", &writer)] {
            let pause = account.pause(at);
            tell(harm, what, account, pause);
            assert!(pause < Duration::from_secs(30), "{harm:?}: {pause:?}");
            for words in account.failures().keys() {
                assert!(
                    !words.contains("Error")
                        && !words.contains("Topology")
                        && !words.contains("Kind"),
                    "{harm:?}: {words}"
                );
            }
        }
        let done = audit(&client, &writer).await;
        let unknown = writer.inserted_perhaps.len() + writer.perhaps.values().sum::<i32>() as usize;
        eprintln!(
            "    of {unknown} writes of unknown outcome {done} were done; none was lost or done twice"
        );
    }
    client.shutdown().immediate(true).await;
}
