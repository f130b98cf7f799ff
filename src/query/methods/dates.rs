//! The methods of dates.
//!
//! Setters give the time that they would set: there is nothing here that could be changed.

use super::super::constructors::World;
use super::super::date::{self, Form, Parts};
use super::super::js::{Js, Problem};

pub(in crate::query) fn date_method(
    ms: f64,
    name: &str,
    arguments: &[Js],
    world: &World<'_>,
) -> Result<Option<Js>, Problem> {
    let zone = world.zone;
    let utc = name
        .strip_prefix("getUTC")
        .or_else(|| name.strip_prefix("setUTC"))
        .is_some();
    let part_name = name
        .strip_prefix("getUTC")
        .or_else(|| name.strip_prefix("setUTC"))
        .or_else(|| name.strip_prefix("get"))
        .or_else(|| name.strip_prefix("set"))
        .unwrap_or("");
    let parts = || {
        if utc {
            date::parts(ms)
        } else {
            date::local_parts(ms, zone)
        }
    };
    let getter = name.starts_with("get");
    Ok(Some(match (name, part_name) {
        ("getTime" | "valueOf", _) => Js::Number(ms),
        ("getTimezoneOffset", _) => Js::Number(0.0 - zone.offset_at(ms) / 60_000.0),
        ("toISOString", _) => {
            Js::Text(date::to_iso(ms).ok_or_else(|| Problem::new("this is not a date"))?)
        }
        ("toJSON", _) => date::to_iso(ms).map_or(Js::Null, Js::Text),
        ("toString", _) => Js::Text(date::to_text(ms, zone, Form::Full)),
        ("toDateString", _) => Js::Text(date::to_text(ms, zone, Form::Day)),
        ("toTimeString", _) => Js::Text(date::to_text(ms, zone, Form::Time)),
        ("toUTCString" | "toGMTString", _) => Js::Text(date::to_text(ms, zone, Form::Universal)),
        ("setTime", _) => {
            let n = arguments
                .first()
                .unwrap_or(&Js::Undefined)
                .to_number(zone)?;
            Js::Number(date::clip(n))
        }
        (_, "FullYear") if getter => Js::Number(parts().year),
        (_, "Month") if getter => Js::Number(parts().month),
        (_, "Date") if getter => Js::Number(parts().day),
        (_, "Day") if getter => Js::Number(parts().weekday),
        (_, "Hours") if getter => Js::Number(parts().hour),
        (_, "Minutes") if getter => Js::Number(parts().minute),
        (_, "Seconds") if getter => Js::Number(parts().second),
        (_, "Milliseconds") if getter => Js::Number(parts().milli),
        (_, "FullYear" | "Month" | "Date" | "Hours" | "Minutes" | "Seconds" | "Milliseconds")
            if name.starts_with("set") =>
        {
            let mut p = parts();
            if part_name == "FullYear" && ms.is_nan() {
                p = date::parts(0.0);
            }
            let numbers = arguments
                .iter()
                .map(|a| a.to_number(zone))
                .collect::<Result<Vec<_>, _>>()?;
            set_parts(&mut p, part_name, &numbers);
            let local = date::from_parts(&p);
            Js::Number(if utc {
                date::clip(local)
            } else {
                date::to_universal(local, zone)
            })
        }
        _ => return Ok(None),
    }))
}

pub(in crate::query) fn set_parts(p: &mut Parts, first: &str, numbers: &[f64]) {
    let order = [
        "FullYear",
        "Month",
        "Date",
        "Hours",
        "Minutes",
        "Seconds",
        "Milliseconds",
    ];
    let start = order.iter().position(|o| *o == first).unwrap_or(0);
    // Those of the day do not run over into those of the time.
    let end = if start < 3 { 3 } else { 7 };
    if numbers.is_empty() {
        p.day = f64::NAN;
        return;
    }
    for (name, n) in order[start..end].iter().zip(numbers) {
        match *name {
            "FullYear" => p.year = *n,
            "Month" => p.month = *n,
            "Date" => p.day = *n,
            "Hours" => p.hour = *n,
            "Minutes" => p.minute = *n,
            "Seconds" => p.second = *n,
            _ => p.milli = *n,
        }
    }
}
