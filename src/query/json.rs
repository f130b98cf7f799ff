//! `JSON.parse(…)` and `EJSON.parse(…)` inside query text.
//!
//! The text is read as the language reads everything else, but as data alone; Extended JSON's wrappers become their values.

use bson::oid::ObjectId;

use super::constructors::{self, World};
use super::js::{Js, Object, Problem};
use super::nesting;
use super::zone::Zone;

/// Reads JSON text; `extended` makes values of `{"$oid": …}` and its like.
pub(super) fn parse(text: &str, extended: bool) -> Result<Js, Problem> {
    nesting::scan(text).map_err(|d| Problem::new(d.message))?;
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|e| Problem::new(format!("this text is not JSON: {e}")))?;
    let value = from_json(value);
    if extended {
        interpret(value, 0)
    } else {
        Ok(value)
    }
}

fn from_json(value: serde_json::Value) -> Js {
    match value {
        serde_json::Value::Null => Js::Null,
        serde_json::Value::Bool(b) => Js::Bool(b),
        serde_json::Value::Number(n) => Js::Number(n.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(s) => Js::Text(s),
        serde_json::Value::Array(items) => Js::Array(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(map) => {
            Js::Object(map.into_iter().map(|(k, v)| (k, from_json(v))).collect())
        }
    }
}

/// Extended JSON's wrappers as the values they stand for.
pub(super) fn interpret(value: Js, depth: usize) -> Result<Js, Problem> {
    if depth > nesting::MAX_DEPTH {
        return Err(Problem::new("this nests too deep"));
    }
    match value {
        Js::Array(items) => Ok(Js::Array(
            items
                .into_iter()
                .map(|v| interpret(v, depth + 1))
                .collect::<Result<_, _>>()?,
        )),
        Js::Object(object) => {
            if let Some(found) = wrapper(&object) {
                return found;
            }
            let mut out = Object::default();
            for (k, v) in object.ordered() {
                out.set(k.clone(), interpret(v.clone(), depth + 1)?);
            }
            Ok(Js::Object(out))
        }
        other => Ok(other),
    }
}

fn wrapper(object: &Object) -> Option<Result<Js, Problem>> {
    let key = object.first_key()?.to_owned();
    if !key.starts_with('$') || object.len() > 2 {
        return None;
    }
    let value = object.get(&key)?;
    let zone = Zone::utc();
    let mut world = World {
        zone: &zone,
        now: 0.0,
        chance: 0,
        warnings: Vec::new(),
    };
    let mut call = |name: &str, arguments: &[Js]| {
        constructors::call(name, arguments, true, &mut world)
            .unwrap_or_else(|| Err(Problem::new(format!("`{name}` is not known"))))
    };
    let single = object.len() == 1;
    Some(match (key.as_str(), value) {
        ("$oid", Js::Text(text)) if single => ObjectId::parse_str(text)
            .map(Js::ObjectId)
            .map_err(|_| Problem::new(format!("`{text}` is not an ObjectId"))),
        ("$numberInt", Js::Text(_)) if single => call("NumberInt", std::slice::from_ref(value)),
        ("$numberLong", Js::Text(_)) if single => call("NumberLong", std::slice::from_ref(value)),
        ("$numberDouble", Js::Text(_)) if single => call("Double", std::slice::from_ref(value)),
        ("$numberDecimal", Js::Text(_)) if single => {
            call("NumberDecimal", std::slice::from_ref(value))
        }
        ("$date", _) if single => match value {
            Js::Object(inner) => match inner.get("$numberLong") {
                Some(Js::Text(text)) => {
                    let millis = text.parse::<f64>().unwrap_or(f64::NAN);
                    call("Date", &[Js::Number(millis)])
                }
                _ => return None,
            },
            Js::Text(_) | Js::Number(_) => call("Date", std::slice::from_ref(value)),
            _ => return None,
        },
        ("$uuid", Js::Text(_)) if single => call("UUID", std::slice::from_ref(value)),
        ("$symbol", Js::Text(_)) if single => call("Symbol", std::slice::from_ref(value)),
        ("$minKey", _) if single => Ok(Js::MinKey),
        ("$maxKey", _) if single => Ok(Js::MaxKey),
        ("$undefined", _) if single => Ok(Js::Undefined),
        ("$timestamp", Js::Object(_)) if single => call("Timestamp", std::slice::from_ref(value)),
        ("$code", Js::Text(_)) => {
            let scope = object.get("$scope").cloned().unwrap_or(Js::Undefined);
            call("Code", &[value.clone(), scope])
        }
        ("$regularExpression", Js::Object(inner)) if single => call(
            "BSONRegExp",
            &[
                inner.get("pattern").cloned().unwrap_or(Js::Undefined),
                inner.get("options").cloned().unwrap_or(Js::Undefined),
            ],
        ),
        ("$binary", Js::Object(inner)) if single => {
            let subtype = match inner.get("subType") {
                Some(Js::Text(text)) => u8::from_str_radix(text, 16).ok(),
                _ => None,
            };
            match (inner.get("base64"), subtype) {
                (Some(base64), Some(subtype)) => {
                    call("BinData", &[Js::Number(f64::from(subtype)), base64.clone()])
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}
