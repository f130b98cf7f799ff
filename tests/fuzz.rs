//! Strange texts for the parsers of queries and of saved queries: no panic, every problem at a place of the text, and
//! no text that takes longer than its length allows.
//!
//! Runs for a moment in the suite; `MONGODECK_FUZZ_SECONDS=600` lets it run longer, `MONGODECK_FUZZ_SEED` begins elsewhere.

use std::time::{Duration, Instant};

use mongodeck::query::saved::SavedQuery;
use mongodeck::query::{Context, check, split};

/// What texts are made of: whole statements, to be changed, and pieces to put in.
const WHOLE: &[&str] = &[
    "db.orders.find({_id: ObjectId('507f1f77bcf86cd799439011'), at: {$gte: new Date(2024, 0, 1)}}).sort({at: -1}).limit(10 * 2) // end",
    "db.getSiblingDB('x').getCollection('y.z').aggregate([{$match: {a: /x/i}}, {$group: {_id: '$b', n: {$sum: 1}}}], {allowDiskUse: true})",
    "use shop\nconst since = ISODate('2024-01-01'), days = 7;\ndb.a.updateMany({at: {$lt: since}}, {$set: {'b.c': NumberLong('9007199254740993')}})\ndb.b.drop()",
    "db.c.bulkWrite([{insertOne: {document: {_id: 1}}}, {deleteMany: {filter: {x: {$in: [1, 2.5, null]}}}}], {ordered: false})",
    "{a: 1, 'b-c': [undefined, NaN, -Infinity, 0x1F, 1e3, .5], d: BinData(0, 'AAAA'), e: UUID('00112233-4455-6677-8899-aabbccddeeff')}",
    "[{$lookup: {from: 'x', let: {i: '$_id'}, pipeline: [{$match: {$expr: {$eq: ['$$i', '$y']}}}], as: 'z'}}, {$out: 'q'}]",
    "/**\n * @name a\n * @param {date} since = 2026-01-01 - the first\n * @param {open|closed} s = open\n */\ndb.c.find({t: {$gte: params.since}, s: params.s})",
    "db.c.explain('executionStats').find({$where: 'this.a > 1'}).hint({a: 1}).collation({locale: 'de'}).readPref('nearest', [{dc: 'x'}])",
    "`a${1 + 2}b` + 'c'.toUpperCase() + [1, 2].map",
];
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    ";",
    ".",
    "...",
    "=>",
    "?.",
    "??",
    "`",
    "${",
    "'",
    "\"",
    "\\",
    "/",
    "//",
    "/*",
    "*/",
    "\n",
    "\u{2028}",
    "\u{feff}",
    "\0",
    "é",
    "𝒳",
    "\u{202e}",
    "$",
    "_id",
    "__proto__",
    "constructor",
    "db",
    ".find(",
    ".sort(",
    "new ",
    "Date",
    "ISODate('",
    "ObjectId(",
    "NumberDecimal('1e6144')",
    "1e400",
    "0b",
    "0x",
    "1n",
    "-",
    "+",
    "*",
    "**",
    "%",
    "<<",
    "===",
    "in ",
    "typeof ",
    "function() {",
    "async ",
    "await ",
    "yield ",
    "class ",
    "import ",
    "require(",
    "eval(",
    "while(1)",
    "/[/",
    "/a/gimsuy",
    "params.",
    "use ",
    "show dbs",
    "@param {",
    "@name ",
    "{{{{{{{{{{{{{{{{",
    "[[[[[[[[[[[[[[[[",
    "((((((((((((((((",
    "\u{1b}[31m",
    "EJSON.parse('{\"a\":",
    "undefined",
    "NaN",
];

/// Small, fast and the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn text(chance: &mut Chance) -> String {
    let mut text = chance.pick(WHOLE).to_owned();
    for _ in 0..chance.below(12) {
        let at = boundary(&text, chance.below(text.len() + 1));
        match chance.below(6) {
            0 => text.insert_str(at, chance.pick(PIECES)),
            1 => {
                let end = boundary(&text, at + chance.below(20));
                text.replace_range(at.min(end)..end.max(at), "");
            }
            2 => {
                let end = boundary(&text, at + chance.below(40)).max(at);
                let copy = text[at..end].to_owned();
                text.insert_str(at, &copy);
            }
            3 => text.insert_str(at, chance.pick(WHOLE)),
            4 => text.insert_str(at, &chance.pick(PIECES).repeat(1 + chance.below(200))),
            _ => text.truncate(at),
        }
    }
    text.truncate(boundary(&text, 64 * 1024));
    text
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[allow(
    clippy::print_stdout,
    reason = "the figures are the point of a long run"
)]
fn no_text_panics_or_takes_longer_than_its_length_allows() {
    let time = Duration::from_secs(number("MONGODECK_FUZZ_SECONDS").unwrap_or(2));
    let seed = number("MONGODECK_FUZZ_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15) | 1;
    let mut chance = Chance(seed);
    let context = Context::new("test", 1_700_000_000_000);
    let since = Instant::now();
    let (mut texts, mut bytes, mut taken) = (0_u64, 0_u64, 0_u64);
    let mut slowest = (Duration::ZERO, String::new());
    while since.elapsed() < time {
        let text = text(&mut chance);
        let begun = Instant::now();
        match check(&text, &context) {
            Ok(checked) => {
                taken += 1;
                if let mongodeck::query::Input::Statement(statement) = checked.input {
                    let _ = (statement.plan(), statement.consequence());
                }
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "{text:?}");
                for problem in problems {
                    let (from, to) = (problem.span.start, problem.span.end);
                    assert!(from <= to && to <= text.len(), "{text:?}: {problem:?}");
                    assert!(
                        text.is_char_boundary(from) && text.is_char_boundary(to),
                        "{text:?}: {problem:?}"
                    );
                    let _ = problem.render("fuzz", &text);
                }
            }
        }
        let took = begun.elapsed();
        for span in split::statements(&text) {
            assert!(
                text.get(span.start..span.end).is_some(),
                "{text:?}: {span:?}"
            );
        }
        if let Err(problems) = SavedQuery::parse("q", &text) {
            for problem in problems {
                let _ = problem.render("fuzz", &text);
            }
        }
        if took > slowest.0 {
            slowest = (took, text.clone());
        }
        texts += 1;
        bytes += text.len() as u64;
    }
    println!(
        "{texts} texts, {bytes} bytes, {taken} taken, seed {seed}; the slowest: {:?} for {} bytes",
        slowest.0,
        slowest.1.len()
    );
    // Far above what any text of 64 KiB takes, also in a debug build on a busy machine.
    assert!(
        slowest.0 < Duration::from_secs(20),
        "{:?}: {:?}",
        slowest.0,
        slowest.1
    );
}
