//! Events as lines of JSON: for a file of what happened, and back from one.
//!
//! A line is one object: `at_us` (microseconds since the listening began), `time` (where a clock was known), `address`,
//! `event` (the specification's name), and what the event holds. Durations are whole microseconds. What is written is
//! read back the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::event::{CheckoutFailure, CloseReason, Event, Moment, ServerKind, What, Work};

/// An event as a line of JSON without its end. `time` is the moment by a clock, in words that sort.
#[must_use]
pub fn line(event: &Event, time: Option<&str>) -> String {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| {
        fields.insert(key.to_owned(), value);
    };
    put("at_us", micros(event.at.since_start()));
    if let Some(time) = time {
        put("time", json!(time));
    }
    put("address", json!(*event.address));
    put("event", json!(event.what.name()));
    if let Some(connection) = event.what.connection() {
        put("connection", json!(connection));
    }
    match &event.what {
        What::PoolCreated { max, min } => {
            put("max", json!(max));
            put("min", json!(min));
        }
        What::PoolCleared {
            interrupts,
            partial,
        } => {
            put("interrupts", json!(interrupts));
            if *partial {
                put("partial", json!(true));
            }
        }
        What::Ready { took, .. } => put("took_us", micros(*took)),
        What::Closed { reason, .. } => put("reason", json!(reason.word())),
        What::CheckoutFailed { reason, waited } => {
            put("reason", json!(reason.word()));
            put("waited_us", micros(*waited));
        }
        What::CheckedOut { waited, work, .. } => {
            put("waited_us", micros(*waited));
            if let Some(work) = work {
                for (key, text) in [
                    ("command", &work.command),
                    ("about", &work.about),
                    ("comment", &work.comment),
                ] {
                    put(key, json!(**text));
                }
            }
        }
        What::ServerChanged { from, to } => {
            put("from", json!(from.word()));
            put("to", json!(to.word()));
        }
        What::Heartbeat { took, awaited } => {
            put("took_us", micros(*took));
            put("awaited", json!(awaited));
        }
        What::HeartbeatFailed { reason } => put("reason", json!(reason)),
        What::StoodStill { lasted } => put("lasted_us", micros(*lasted)),
        What::PoolReady
        | What::PoolClosed
        | What::Created { .. }
        | What::CheckoutStarted
        | What::CheckoutMoved
        | What::CheckedIn { .. }
        | What::ServerOpened
        | What::ServerClosed => {}
    }
    Value::Object(fields).to_string()
}

/// The event of a line that [`line`] wrote.
///
/// # Errors
/// What is missing, or not known, in words.
pub fn read(line: &str) -> Result<Event, String> {
    let value: Value =
        serde_json::from_str(line).map_err(|e| format!("not a line of JSON: {e}"))?;
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("`{key}` is missing, or no text"))
    };
    let number = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_u64)
            .ok_or_else(|| format!("`{key}` is missing, or no whole number"))
    };
    let small = |key: &str| {
        number(key).and_then(|n| u32::try_from(n).map_err(|_| format!("`{key}` is too large")))
    };
    let span = |key: &str| number(key).map(Duration::from_micros);
    let flag = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_bool)
            .ok_or_else(|| format!("`{key}` is missing, or neither true nor false"))
    };
    let connection = || small("connection");
    let kind = |key: &str| {
        let word = text(key)?;
        ServerKind::from_word(word).ok_or_else(|| format!("no kind of server is called `{word}`"))
    };
    let what = match text("event")? {
        "PoolCreated" => What::PoolCreated {
            max: small("max")?,
            min: small("min")?,
        },
        "PoolReady" => What::PoolReady,
        "PoolCleared" => What::PoolCleared {
            interrupts: flag("interrupts")?,
            partial: value
                .get("partial")
                .is_some_and(|_| flag("partial") == Ok(true)),
        },
        "PoolClosed" => What::PoolClosed,
        "ConnectionCreated" => What::Created {
            connection: connection()?,
        },
        "ConnectionReady" => What::Ready {
            connection: connection()?,
            took: span("took_us")?,
        },
        "ConnectionClosed" => {
            let word = text("reason")?;
            let mut all = CloseReason::ALL.into_iter();
            What::Closed {
                connection: connection()?,
                reason: all
                    .find(|r| r.word() == word)
                    .ok_or_else(|| format!("no connection is closed by `{word}`"))?,
            }
        }
        "ConnectionCheckOutStarted" => What::CheckoutStarted,
        "ConnectionCheckOutMoved" => What::CheckoutMoved,
        "ConnectionCheckOutFailed" => {
            let word = text("reason")?;
            let mut all = CheckoutFailure::ALL.into_iter();
            What::CheckoutFailed {
                reason: all
                    .find(|r| r.word() == word)
                    .ok_or_else(|| format!("no request for a connection fails by `{word}`"))?,
                waited: span("waited_us")?,
            }
        }
        "ConnectionCheckedOut" => What::CheckedOut {
            connection: connection()?,
            waited: span("waited_us")?,
            work: text("command").ok().map(|command| {
                let part = |key: &str| Arc::from(text(key).unwrap_or_default());
                Arc::new(Work {
                    command: Arc::from(command),
                    about: part("about"),
                    comment: part("comment"),
                })
            }),
        },
        "ConnectionCheckedIn" => What::CheckedIn {
            connection: connection()?,
        },
        "ServerOpening" => What::ServerOpened,
        "ServerClosed" => What::ServerClosed,
        "ServerDescriptionChanged" => What::ServerChanged {
            from: kind("from")?,
            to: kind("to")?,
        },
        "ServerHeartbeatSucceeded" => What::Heartbeat {
            took: span("took_us")?,
            awaited: flag("awaited")?,
        },
        "ServerHeartbeatFailed" => What::HeartbeatFailed {
            reason: text("reason")?.to_owned(),
        },
        "StoodStill" => What::StoodStill {
            lasted: span("lasted_us")?,
        },
        other => return Err(format!("no event is called `{other}`")),
    };
    Ok(Event {
        at: Moment::new(span("at_us")?),
        address: Arc::from(text("address")?),
        what,
    })
}

fn micros(duration: Duration) -> Value {
    json!(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let micro = Duration::from_micros;
        let connection = 7;
        let all = [
            What::PoolCreated { max: 10, min: 2 },
            What::PoolReady,
            What::PoolCleared {
                interrupts: true,
                partial: false,
            },
            What::PoolCleared {
                interrupts: false,
                partial: true,
            },
            What::CheckoutMoved,
            What::PoolClosed,
            What::Created { connection },
            What::Ready {
                connection,
                took: micro(1_234),
            },
            What::Closed {
                connection,
                reason: CloseReason::PoolClosed,
            },
            What::CheckoutStarted,
            What::CheckoutFailed {
                reason: CheckoutFailure::Timeout,
                waited: micro(9),
            },
            What::CheckedOut {
                connection,
                waited: micro(0),
                work: None,
            },
            What::CheckedOut {
                connection,
                waited: micro(12),
                work: Some(Arc::new(Work {
                    command: "find".into(),
                    about: "a.\"b\"".into(),
                    comment: "x".into(),
                })),
            },
            What::CheckedIn { connection },
            What::StoodStill {
                lasted: micro(240_000_000),
            },
            What::ServerOpened,
            What::ServerClosed,
            What::ServerChanged {
                from: ServerKind::LoadBalancer,
                to: ServerKind::Primary,
            },
            What::Heartbeat {
                took: micro(10_000_000),
                awaited: true,
            },
            What::HeartbeatFailed {
                reason: "two\nlines".into(),
            },
        ];
        for what in all {
            let event = Event {
                at: Moment::new(micro(55)),
                address: "a:1".into(),
                what,
            };
            let text = line(&event, Some("2026-01-01T00:00:00Z"));
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(read(&text).unwrap(), event, "{text}");
        }
    }

    #[test]
    fn a_line_that_is_none_says_what_is_wrong_with_it() {
        let told = |line: &str| read(line).unwrap_err();
        assert!(told("{").starts_with("not a line of JSON"));
        assert_eq!(told("{}"), "`event` is missing, or no text");
        assert_eq!(
            told("{\"event\":\"Nothing\"}"),
            "no event is called `Nothing`"
        );
        assert_eq!(
            told("{\"event\":\"ConnectionCreated\",\"connection\":5000000000}"),
            "`connection` is too large"
        );
    }
}
