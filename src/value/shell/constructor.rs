//! The constructors of shell text: `ObjectId('…')`, `ISODate('…')`, `NumberLong('…')` and their likes.
//!
//! Arguments are read as values into the output and taken back, so that a constructor can look at their bytes.

use super::extended;
use super::parse::{Parser, Refused, article};
use crate::value::Span;
use crate::value::base64;
use crate::value::diagnostic::did_you_mean;
use crate::value::instant::parse_iso;
use crate::value::kind::Kind;
use crate::value::raw::{Datum, Elements, MAX_DEPTH, Value, push_binary, push_string};

/// Every name that can be called, the printed one of each kind first.
pub(crate) const NAMES: &[&str] = &[
    "ObjectId",
    "ISODate",
    "NumberLong",
    "NumberDecimal",
    "NumberInt",
    "Double",
    "UUID",
    "BinData",
    "Timestamp",
    "BSONRegExp",
    "MinKey",
    "MaxKey",
    "BSONSymbol",
    "Code",
    "DBPointer",
    "Date",
    "Int32",
    "Long",
    "Decimal128",
    "RegExp",
    "Symbol",
    "HexData",
    "MD5",
    "NumberDouble",
    "String",
    "Number",
];

const WORDS: &[&str] = &[
    "true",
    "false",
    "null",
    "undefined",
    "NaN",
    "Infinity",
    "new",
];

struct Argument {
    value: Value,
    span: Span,
}

impl Parser<'_, '_> {
    /// Reads a bare word or a call and appends its value's bytes.
    pub(super) fn word(&mut self) -> Result<Kind, Refused> {
        let start = self.at;
        let mut word = self.identifier().to_owned();
        let mut fresh = false;
        if word == "new" {
            fresh = true;
            self.trivia();
            word = self.identifier().to_owned();
        }
        if word.is_empty() {
            let shown = self.text[self.at..].chars().next().unwrap_or(' ');
            let end = (self.at + shown.len_utf8()).min(self.text.len());
            return Err(self.problem(
                Span::new(self.at.min(end), end),
                format!("`{}` cannot start a value", shown.escape_debug()),
                "text needs quotes",
            ));
        }
        if !fresh {
            match word.as_str() {
                "true" | "false" => {
                    self.out.push(u8::from(word == "true"));
                    return Ok(Kind::Boolean);
                }
                "null" => return Ok(Kind::Null),
                "undefined" => return Ok(Kind::Undefined),
                "NaN" => {
                    self.push_double(f64::from_bits(super::print::PLAIN_NAN));
                    return Ok(Kind::Double);
                }
                "Infinity" => {
                    self.push_double(f64::INFINITY);
                    return Ok(Kind::Double);
                }
                _ => {}
            }
        }
        let name = Span::new(start, self.at);
        let method = self.method();
        self.trivia();
        if self.peek() != Some(b'(') {
            return self.bare(name, &word, fresh);
        }
        let word = match (word.as_str(), method) {
            (_, None) => word,
            ("Long" | "Decimal128", Some("fromString"))
            | ("ObjectId", Some("createFromHexString")) => word,
            ("Binary", Some("createFromBase64")) => "createFromBase64".to_owned(),
            _ => {
                return Err(self.problem(
                    Span::new(start, self.at),
                    "nothing is evaluated here, so this call cannot be read",
                    "write its value out",
                ));
            }
        };
        let mark = self.entries.len();
        let arguments = self.arguments()?;
        self.entries.truncate(mark);
        self.build(&word, Span::new(start, self.at), &arguments)
    }

    fn method(&mut self) -> Option<&'static str> {
        if self.peek() != Some(b'.') {
            return None;
        }
        self.at += 1;
        let name = self.identifier();
        ["fromString", "createFromHexString", "createFromBase64"]
            .into_iter()
            .find(|known| *known == name)
            .or(Some(""))
    }

    fn bare(&mut self, span: Span, word: &str, fresh: bool) -> Result<Kind, Refused> {
        // `MinKey` and `MaxKey` are values in mongosh's older sisters.
        match word {
            "MinKey" => return Ok(Kind::MinKey),
            "MaxKey" => return Ok(Kind::MaxKey),
            _ => {}
        }
        if fresh && word == "Date" {
            return self.build("Date", span, &[]);
        }
        let known = NAMES.contains(&word);
        let near = did_you_mean(word, WORDS.iter().chain(NAMES).copied());
        let help = match near {
            _ if known => format!("write {word}(…) with its value"),
            Some(near) => format!("did you mean `{near}`? text needs quotes"),
            None => "text needs quotes".to_owned(),
        };
        Err(self.problem(span, format!("`{word}` is not a value"), &help))
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, Refused> {
        let open = self.at;
        if self.depth >= MAX_DEPTH {
            let refused = self.problem(
                Span::new(open, open + 1),
                format!("this nests deeper than {MAX_DEPTH} levels"),
                "",
            );
            self.stopped = true;
            return Err(refused);
        }
        self.depth += 1;
        self.arguments += 1;
        let read = self.argument_list(open);
        self.arguments -= 1;
        self.depth -= 1;
        read
    }

    fn argument_list(&mut self, open: usize) -> Result<Vec<Argument>, Refused> {
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            self.trivia();
            if self.take(b')') {
                return Ok(arguments);
            }
            if self.at >= self.bytes.len() {
                let refused =
                    self.problem(Span::new(open, open + 1), "this `(` is never closed", "");
                self.stopped = true;
                return Err(refused);
            }
            let (start, mark) = (self.at, self.out.len());
            let kind = self.value()?;
            arguments.push(Argument {
                value: Value::from_parts(kind, &self.out[mark..]),
                span: Span::new(start, self.at),
            });
            self.out.truncate(mark);
            self.trivia();
            if !self.take(b',') && self.peek() != Some(b')') {
                return Err(self.problem(Span::point(self.at), "`)` is missing", ""));
            }
        }
    }

    fn build(&mut self, name: &str, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        match name {
            "ObjectId" | "ObjectID" => self.object_id(span, given),
            "ISODate" | "Date" => self.date(span, given),
            "NumberInt" | "Int32" => self.int32(span, given),
            "NumberLong" | "Long" => self.int64(span, given),
            "NumberDecimal" | "Decimal128" => self.decimal(span, given),
            "Double" | "NumberDouble" | "Number" => self.double(span, given),
            "UUID" => self.uuid(span, given),
            "BinData" | "HexData" | "createFromBase64" | "MD5" => self.binary(name, span, given),
            "Timestamp" => self.timestamp(span, given),
            "RegExp" | "BSONRegExp" => self.regexp(name, span, given),
            "MinKey" if given.is_empty() => Ok(Kind::MinKey),
            "MaxKey" if given.is_empty() => Ok(Kind::MaxKey),
            "MinKey" | "MaxKey" => Err(self.takes(span, name, "nothing")),
            "Symbol" | "BSONSymbol" => {
                let text = self.text_of(span, name, given)?;
                push_string(&mut self.out, &text);
                Ok(Kind::Symbol)
            }
            "String" => {
                let text = self.text_of(span, name, given)?;
                push_string(&mut self.out, &text);
                Ok(Kind::String)
            }
            "Code" => self.code(span, given),
            "DBPointer" => self.db_pointer(span, given),
            _ => {
                let near = did_you_mean(name, NAMES.iter().copied());
                let help = near.map_or("nothing is evaluated here".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                Err(self.problem(span, format!("`{name}(…)` is not known"), &help))
            }
        }
    }

    fn takes(&mut self, span: Span, name: &str, what: &str) -> Refused {
        self.problem(span, format!("`{name}(…)` takes {what}"), "")
    }

    fn text_of(&mut self, span: Span, name: &str, given: &[Argument]) -> Result<String, Refused> {
        match given {
            [only] => match only.value.datum() {
                Ok(Datum::String(s)) => Ok(s.to_owned()),
                _ => Err(self.takes(only.span, name, "one string")),
            },
            _ => Err(self.takes(span, name, "one string")),
        }
    }

    fn object_id(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        if given.is_empty() {
            let Some(generated) = &mut self.generated else {
                return Err(self.problem(
                    span,
                    "`ObjectId()` without an id would be another one each time",
                    "write the id out: ObjectId('…')",
                ));
            };
            let id = (generated.object_id)();
            self.out.extend_from_slice(&id.bytes());
            return Ok(Kind::ObjectId);
        }
        let text = self.text_of(span, "ObjectId", given)?;
        match extended::object_id(&text) {
            Some(bytes) => {
                self.out.extend_from_slice(&bytes);
                Ok(Kind::ObjectId)
            }
            None => Err(self.problem(
                span,
                format!(
                    "an ObjectId has 24 hexadecimal digits, this text has {} characters",
                    text.chars().count()
                ),
                "copy the whole id",
            )),
        }
    }

    fn date(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let millis = match given {
            [] => match &self.generated {
                Some(generated) => generated.now,
                None => {
                    return Err(self.problem(
                        span,
                        "a date without a text would be another one each time",
                        "write the date out: ISODate('2026-03-01T09:12:00Z')",
                    ));
                }
            },
            [only] => match only.value.datum() {
                Ok(Datum::Int32(n)) => i64::from(n),
                Ok(Datum::Int64(n)) => n,
                Ok(Datum::Date(n)) => n,
                Ok(Datum::Double(bits)) if f64::from_bits(bits).abs() < 9.0e15 => {
                    f64::from_bits(bits) as i64
                }
                Ok(Datum::String(s)) => match parse_iso(s) {
                    Some(millis) => millis,
                    None => {
                        return Err(self.problem(
                            only.span,
                            "this is not a date",
                            "write it as '2026-03-01' or '2026-03-01T09:12:00Z'",
                        ));
                    }
                },
                _ => return Err(self.takes(only.span, "Date", "a text or milliseconds")),
            },
            _ => {
                return Err(self.problem(
                    span,
                    "a date from its parts depends on the time zone",
                    "write ISODate('2026-03-01T09:12:00Z')",
                ));
            }
        };
        self.out.extend_from_slice(&millis.to_le_bytes());
        Ok(Kind::Date)
    }

    /// The one number or text of numbers given, as text.
    fn number_text(
        &mut self,
        span: Span,
        name: &str,
        given: &[Argument],
    ) -> Result<String, Refused> {
        if let [only] = given {
            match only.value.datum() {
                Ok(Datum::Int32(n)) => return Ok(n.to_string()),
                Ok(Datum::Int64(n)) => return Ok(n.to_string()),
                Ok(Datum::Double(bits)) => {
                    let value = f64::from_bits(bits);
                    return Ok(
                        if value.fract() == 0.0 && value.abs() < 1e300 && bits != 1 << 63 {
                            format!("{value:.0}")
                        } else {
                            format!("{value:?}")
                        },
                    );
                }
                Ok(Datum::Decimal128(bytes)) => return Ok(super::print::decimal_text(bytes)),
                Ok(Datum::String(s)) => return Ok(s.trim().to_owned()),
                _ => {}
            }
        }
        Err(self.takes(span, name, "one number, or its digits in quotes"))
    }

    fn int32(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let text = if given.is_empty() {
            "0".to_owned()
        } else {
            self.number_text(span, "NumberInt", given)?
        };
        match text.parse::<i32>() {
            Ok(n) => {
                self.out.extend_from_slice(&n.to_le_bytes());
                Ok(Kind::Int32)
            }
            Err(_) => Err(self.problem(
                span,
                "this is not a 32-bit integer",
                "they go from -2147483648 to 2147483647; write NumberLong('…') for larger ones",
            )),
        }
    }

    fn int64(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let text = if given.is_empty() {
            "0".to_owned()
        } else {
            self.number_text(span, "NumberLong", given)?
        };
        match text.parse::<i64>() {
            Ok(n) => {
                self.out.extend_from_slice(&n.to_le_bytes());
                Ok(Kind::Int64)
            }
            Err(_) => Err(self.problem(
                span,
                "this is not a 64-bit integer",
                "write NumberDecimal('…') for a larger one or one with a fraction",
            )),
        }
    }

    fn decimal(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let text = self.number_text(span, "NumberDecimal", given)?;
        let bytes = match text.strip_prefix("0x") {
            Some(bits) => base64::unhex(bits).filter(|bytes| bytes.len() == 16),
            None => text
                .parse::<bson::Decimal128>()
                .ok()
                .map(|d| d.bytes().to_vec()),
        };
        match bytes {
            Some(bytes) => {
                self.out.extend_from_slice(&bytes);
                Ok(Kind::Decimal128)
            }
            None => Err(self.problem(
                span,
                "this is not a decimal of at most 34 digits",
                "write it as NumberDecimal('12.50')",
            )),
        }
    }

    fn double(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let bits = match given {
            [only] => match only.value.datum() {
                Ok(Datum::Double(bits)) => Some(bits),
                Ok(Datum::Int32(n)) => Some(f64::from(n).to_bits()),
                Ok(Datum::Int64(n)) => Some((n as f64).to_bits()),
                Ok(Datum::String(s)) => double_text(s),
                _ => None,
            },
            _ => None,
        };
        match bits {
            Some(bits) => {
                self.out.extend_from_slice(&bits.to_le_bytes());
                Ok(Kind::Double)
            }
            None => Err(self.takes(span, "Double", "one number")),
        }
    }

    fn uuid(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        if given.is_empty() {
            return Err(self.problem(
                span,
                "`UUID()` without digits would be another one each time",
                "write it out: UUID('…')",
            ));
        }
        let text = self.text_of(span, "UUID", given)?;
        match extended::uuid(&text) {
            Some(bytes) => {
                push_binary(&mut self.out, 4, &bytes);
                Ok(Kind::Binary)
            }
            None => Err(self.problem(span, "a UUID has 32 hexadecimal digits", "")),
        }
    }

    fn binary(&mut self, name: &str, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let data: Result<Vec<_>, _> = given.iter().map(|a| a.value.datum()).collect();
        let parts = match (name, data.as_deref()) {
            ("MD5", Ok([Datum::String(hex)])) => Some((5, base64::unhex(hex))),
            ("HexData", Ok([Datum::Int32(n), Datum::String(hex)])) => {
                Some((*n, base64::unhex(hex)))
            }
            ("BinData", Ok([Datum::Int32(n), Datum::String(text)])) => {
                Some((*n, base64::decode(text)))
            }
            ("createFromBase64", Ok([Datum::String(text)])) => Some((0, base64::decode(text))),
            ("createFromBase64", Ok([Datum::String(text), Datum::Int32(n)])) => {
                Some((*n, base64::decode(text)))
            }
            _ => None,
        };
        let Some((subtype, bytes)) = parts else {
            return Err(self.takes(span, name, "a subtype and a text"));
        };
        let Ok(subtype) = u8::try_from(subtype) else {
            return Err(self.problem(span, "a subtype goes from 0 to 255", ""));
        };
        let Some(bytes) = bytes else {
            return Err(self.problem(
                span,
                "the text does not hold bytes in this form",
                "BinData takes base64, HexData hexadecimal digits",
            ));
        };
        push_binary(&mut self.out, subtype, &bytes);
        Ok(Kind::Binary)
    }

    fn timestamp(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let whole = |datum: Datum<'_>| match datum {
            Datum::Int32(n) => u32::try_from(n).ok(),
            Datum::Int64(n) => u32::try_from(n).ok(),
            _ => None,
        };
        let data: Result<Vec<_>, _> = given.iter().map(|a| a.value.datum()).collect();
        let both = match data.as_deref() {
            Ok([Datum::Document(bytes)]) => {
                let part = |name: &str| {
                    Elements::new(bytes)
                        .flatten()
                        .find(|e| e.key == name)
                        .and_then(|e| whole(e.datum().ok()?))
                };
                part("t")
                    .zip(part("i"))
                    .filter(|_| Elements::new(bytes).count() == 2)
            }
            Ok([time, increment]) => whole(*time).zip(whole(*increment)),
            _ => None,
        };
        let Some((time, increment)) = both else {
            return Err(self.problem(
                span,
                "`Timestamp(…)` takes seconds and a counter, each of 32 bits",
                "write it as Timestamp({ t: 1, i: 2 })",
            ));
        };
        let both = u64::from(time) << 32 | u64::from(increment);
        self.out.extend_from_slice(&both.to_le_bytes());
        Ok(Kind::Timestamp)
    }

    fn regexp(&mut self, name: &str, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let data: Result<Vec<_>, _> = given.iter().map(|a| a.value.datum()).collect();
        let bytes = match data.as_deref() {
            Ok([Datum::String(pattern)]) => extended::regex(pattern, ""),
            Ok([Datum::String(pattern), Datum::String(options)]) => {
                extended::regex(pattern, options)
            }
            Ok([Datum::Regex { pattern, options }]) => extended::regex(pattern, options),
            _ => return Err(self.takes(span, name, "a pattern and options, both strings")),
        };
        match bytes {
            Some(bytes) => {
                self.out.extend_from_slice(&bytes);
                Ok(Kind::Regex)
            }
            None => Err(self.problem(
                span,
                "a regular expression cannot hold the character NUL",
                "",
            )),
        }
    }

    fn code(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let data: Result<Vec<_>, _> = given.iter().map(|a| a.value.datum()).collect();
        match data.as_deref() {
            Ok([Datum::String(code)]) => {
                push_string(&mut self.out, code);
                Ok(Kind::Code)
            }
            Ok([Datum::String(code), Datum::Document(scope)]) => {
                let bytes = extended::code_with_scope(code, scope);
                self.out.extend_from_slice(&bytes);
                Ok(Kind::CodeWithScope)
            }
            _ => Err(self.takes(span, "Code", "a string, and a document of variables")),
        }
    }

    fn db_pointer(&mut self, span: Span, given: &[Argument]) -> Result<Kind, Refused> {
        let data: Result<Vec<_>, _> = given.iter().map(|a| a.value.datum()).collect();
        match data.as_deref() {
            Ok([Datum::String(namespace), Datum::ObjectId(id)]) => {
                push_string(&mut self.out, namespace);
                self.out.extend_from_slice(id);
                Ok(Kind::DbPointer)
            }
            _ => {
                let got: Vec<String> = given.iter().map(|a| article(a.value.kind())).collect();
                let what = format!("a namespace and an ObjectId, not {}", got.join(" and "));
                Err(self.takes(span, "DBPointer", &what))
            }
        }
    }
}

fn double_text(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(bits) = text
        .strip_prefix("NaN(0x")
        .and_then(|t| t.strip_suffix(')'))
    {
        let bits = u64::from_str_radix(bits, 16).ok()?;
        return f64::from_bits(bits).is_nan().then_some(bits);
    }
    match text {
        "NaN" => Some(super::print::PLAIN_NAN),
        "Infinity" | "+Infinity" => Some(f64::INFINITY.to_bits()),
        "-Infinity" => Some(f64::NEG_INFINITY.to_bits()),
        _ if text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) =>
        {
            text.parse::<f64>().ok().map(f64::to_bits)
        }
        _ => None,
    }
}
