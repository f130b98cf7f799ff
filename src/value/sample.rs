//! Arbitrary BSON for tests, built as raw bytes: every kind, odd names, repeated names, deep nesting.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bson::RawDocumentBuf;
use proptest::collection::vec;
use proptest::prelude::*;

use super::kind::Kind;
use super::raw::{begin, decimal, element, end, push_binary, push_string};

/// A tree that is written as BSON bytes.
#[derive(Debug, Clone)]
pub enum Tree {
    Leaf(Kind, Vec<u8>),
    Document(Vec<(String, Tree)>),
    Array(Vec<Tree>),
}

impl Tree {
    fn write(&self, out: &mut Vec<u8>) -> Kind {
        match self {
            Self::Leaf(kind, bytes) => {
                out.extend_from_slice(bytes);
                *kind
            }
            Self::Document(fields) => {
                let start = begin(out);
                for (key, value) in fields {
                    let tag = out.len();
                    element(out, Kind::Null, key, &[]);
                    out[tag] = value.write(out).tag();
                }
                end(out, start);
                Kind::Document
            }
            Self::Array(values) => {
                let start = begin(out);
                for (i, value) in values.iter().enumerate() {
                    let tag = out.len();
                    let key = String::from_utf8(decimal(i, &mut [0; 20]).to_vec()).unwrap();
                    element(out, Kind::Null, &key, &[]);
                    out[tag] = value.write(out).tag();
                }
                end(out, start);
                Kind::Array
            }
        }
    }

    pub fn to_document(&self) -> RawDocumentBuf {
        let mut out = Vec::new();
        self.write(&mut out);
        RawDocumentBuf::from_bytes(out).unwrap()
    }
}

fn leaf(kind: Kind, fill: impl FnOnce(&mut Vec<u8>)) -> Tree {
    let mut bytes = Vec::new();
    fill(&mut bytes);
    Tree::Leaf(kind, bytes)
}

/// Texts with everything that has to be escaped somewhere.
pub fn text() -> BoxedStrategy<String> {
    let odd = prop::sample::select(vec![
        "",
        "'",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\x1b[31m",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
        "\u{200d}",
        "\u{2028}",
        "\u{feff}",
        "e\u{301}",
        "日本",
        "👩\u{200d}👧",
        "${x}",
        "`",
        "*/",
        "//",
        "\u{e0041}",
        "\u{7f}",
    ]);
    prop_oneof![
        "[ -~]{0,12}",
        vec(odd, 0..4).prop_map(|parts| parts.concat()),
        any::<String>(),
    ]
    .boxed()
}

/// Names of fields: plain ones mostly, so that repetitions and shared paths happen.
pub fn key() -> BoxedStrategy<String> {
    let plain = prop::sample::select(vec!["a", "b", "c", "_id", "name", "items", "0", "1"]);
    let odd = prop::sample::select(vec![
        "",
        "a.b",
        "$set",
        "$oid",
        "$date",
        "$code",
        "$binary",
        "with space",
        "tab\t",
        "\x1b[2J",
        "日本",
        "e\u{301}",
        "\u{202e}x",
        "__proto__",
        "true",
        "new",
        "007",
        "1e3",
        "a'b",
        "a\"b",
        "-",
        "ключ",
    ]);
    prop_oneof![
        6 => plain.prop_map(str::to_owned),
        2 => odd.prop_map(str::to_owned),
        1 => text().prop_map(|s| s.replace('\0', "")),
    ]
    .boxed()
}

/// Any value that holds no other.
pub fn scalar() -> BoxedStrategy<Tree> {
    let number = prop::sample::select(vec![
        0.0,
        -0.0,
        1.0,
        -5.0,
        0.1,
        1e15,
        1e16,
        1e21,
        5e-324,
        1.797e308,
        5e9,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ]);
    let cstring = text().prop_map(|s| s.replace('\0', ""));
    prop_oneof![
        prop_oneof![
            number.prop_map(f64::to_bits),
            any::<u64>(),
            Just(f64::NAN.to_bits()),
            Just(0xfff8_0000_0000_0001)
        ]
        .prop_map(|bits| leaf(Kind::Double, |b| b.extend(bits.to_le_bytes()))),
        text().prop_map(|s| leaf(Kind::String, |b| push_string(b, &s))),
        (
            prop_oneof![0_u8..10, Just(128), any::<u8>()],
            vec(any::<u8>(), 0..20)
        )
            .prop_map(|(subtype, data)| leaf(Kind::Binary, |b| push_binary(b, subtype, &data))),
        vec(any::<u8>(), 16).prop_map(|data| leaf(Kind::Binary, |b| push_binary(b, 4, &data))),
        prop::sample::select(vec![
            Kind::Undefined,
            Kind::Null,
            Kind::MinKey,
            Kind::MaxKey
        ])
        .prop_map(|kind| leaf(kind, |_| ())),
        any::<[u8; 12]>().prop_map(|id| leaf(Kind::ObjectId, |b| b.extend(id))),
        any::<bool>().prop_map(|x| leaf(Kind::Boolean, |b| b.push(u8::from(x)))),
        prop_oneof![any::<i64>(), -62_167_219_200_001..253_402_300_800_001_i64]
            .prop_map(|ms| leaf(Kind::Date, |b| b.extend(ms.to_le_bytes()))),
        (
            prop_oneof![
                Just("a+".to_owned()),
                Just("[/]".to_owned()),
                Just("a/b\\".to_owned()),
                cstring.clone()
            ],
            prop_oneof![Just(""), Just("i"), Just("im"), Just("xsmi"), Just("q")]
        )
            .prop_map(|(pattern, options)| leaf(Kind::Regex, |b| {
                b.extend(pattern.as_bytes());
                b.push(0);
                b.extend(options.as_bytes());
                b.push(0);
            })),
        (text(), any::<[u8; 12]>()).prop_map(|(ns, id)| leaf(Kind::DbPointer, |b| {
            push_string(b, &ns);
            b.extend(id);
        })),
        text().prop_map(|s| leaf(Kind::Code, |b| push_string(b, &s))),
        text().prop_map(|s| leaf(Kind::Symbol, |b| push_string(b, &s))),
        (text(), key(), any::<i32>()).prop_map(|(code, key, n)| {
            let n = leaf(Kind::Int32, |b| b.extend(n.to_le_bytes()));
            let scope = Tree::Document(vec![(key, n)]).to_document();
            leaf(Kind::CodeWithScope, |b| {
                let length = 4 + 5 + code.len() + scope.as_bytes().len();
                b.extend((length as i32).to_le_bytes());
                push_string(b, &code);
                b.extend(scope.as_bytes());
            })
        }),
        any::<i32>().prop_map(|n| leaf(Kind::Int32, |b| b.extend(n.to_le_bytes()))),
        any::<u64>().prop_map(|n| leaf(Kind::Timestamp, |b| b.extend(n.to_le_bytes()))),
        any::<i64>().prop_map(|n| leaf(Kind::Int64, |b| b.extend(n.to_le_bytes()))),
        any::<[u8; 16]>().prop_map(|d| leaf(Kind::Decimal128, |b| b.extend(d))),
        prop::sample::select(vec!["0", "1.50", "-0", "1E+6000", "NaN", "-Infinity"]).prop_map(
            |text| {
                let d: bson::Decimal128 = text.parse().unwrap();
                leaf(Kind::Decimal128, |b| b.extend(d.bytes()))
            }
        ),
    ]
    .boxed()
}

/// Any value, containers of a few levels among them.
pub fn value() -> BoxedStrategy<Tree> {
    let wrapper = (
        prop::sample::select(vec!["$oid", "$numberLong", "$date", "$symbol", "$code"]),
        prop::sample::select(vec!["0123456789abcdef01234567", "5", "2026-03-01"]),
    )
        .prop_map(|(key, text)| {
            let text = leaf(Kind::String, |b| push_string(b, text));
            Tree::Document(vec![(key.to_owned(), text)])
        });
    prop_oneof![9 => scalar(), 1 => wrapper]
        .prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec((key(), inner.clone()), 0..6).prop_map(Tree::Document),
                vec(inner, 0..6).prop_map(Tree::Array),
            ]
        })
        .boxed()
}

/// Any document; now and then one that nests some 200 levels.
pub fn document() -> BoxedStrategy<RawDocumentBuf> {
    let flat = vec((key(), value()), 0..8).prop_map(Tree::Document);
    let deep = (value(), 1_usize..195, any::<bool>()).prop_map(|(value, levels, arrays)| {
        let inner = (0..levels).fold(value, |inner, level| {
            if arrays && level % 2 == 0 {
                Tree::Array(vec![inner])
            } else {
                Tree::Document(vec![("a".to_owned(), inner)])
            }
        });
        Tree::Document(vec![("deep".to_owned(), inner)])
    });
    prop_oneof![12 => flat, 1 => deep]
        .prop_map(|tree| tree.to_document())
        .boxed()
}

/// Bytes that are nearly a document: one with a few bytes changed.
pub fn damaged() -> BoxedStrategy<Vec<u8>> {
    (
        document(),
        vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    )
        .prop_map(|(document, changes)| {
            let mut bytes = document.into_bytes();
            let last = bytes.len() - 1;
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                // What makes it a document at all stays.
                if at >= 4 && at != last {
                    bytes[at] = byte;
                }
            }
            bytes
        })
        .boxed()
}

/// Whether a document holds what Extended JSON cannot say: a NaN with a payload, a decimal that its text does not bring
/// back, or a document of the shape of a wrapper.
pub fn is_beyond_json(bytes: &[u8]) -> bool {
    use super::raw::{Datum, Elements};
    super::shell::extended::unwrap(bytes).is_some()
        || Elements::new(bytes).any(|element| match element.unwrap().datum().unwrap() {
            Datum::Double(bits) => f64::from_bits(bits).is_nan() && bits != f64::NAN.to_bits(),
            Datum::Decimal128(bytes) => {
                let text = bson::Decimal128::from_bytes(bytes).to_string();
                text.parse::<bson::Decimal128>()
                    .map_or(true, |d| d.bytes() != bytes)
            }
            Datum::Document(inner) | Datum::Array(inner) => is_beyond_json(inner),
            Datum::CodeWithScope { scope, .. } => is_beyond_json(scope),
            _ => false,
        })
}

/// Whether a name occurs twice in a document or in one inside it.
pub fn has_repeats(bytes: &[u8]) -> bool {
    use super::raw::{Datum, Elements};
    let mut names = std::collections::HashSet::new();
    Elements::new(bytes).any(|element| {
        let element = element.unwrap();
        !names.insert(element.key)
            || match element.datum().unwrap() {
                Datum::Document(inner) | Datum::Array(inner) => has_repeats(inner),
                _ => false,
            }
    })
}

/// Two documents, the second mostly an edit of the first: values replaced, removed, added, moved, at any depth.
pub fn pair() -> BoxedStrategy<(RawDocumentBuf, RawDocumentBuf)> {
    let fields = vec((key(), value()), 0..8);
    let edit = (any::<u64>(), 0_u8..6, key(), value());
    let edited = (fields.clone(), vec(edit, 0..5)).prop_map(|(fields, edits)| {
        let before = Tree::Document(fields);
        let mut after = before.clone();
        for (choice, what, key, value) in edits {
            after.edit(choice, what, key, value);
        }
        (before.to_document(), after.to_document())
    });
    let unrelated = (fields.clone(), fields).prop_map(|(a, b)| {
        (
            Tree::Document(a).to_document(),
            Tree::Document(b).to_document(),
        )
    });
    prop_oneof![8 => edited, 1 => unrelated].boxed()
}

impl Tree {
    /// Changes one place; `choice` says which.
    fn edit(&mut self, choice: u64, what: u8, key: String, value: Tree) {
        let (here, deeper) = (choice as usize % 64, choice / 64);
        match self {
            Self::Leaf(..) => *self = value,
            Self::Document(fields) => {
                let at = here % fields.len().max(1);
                match what {
                    // Two of six go on downwards.
                    0 | 1 if !fields.is_empty() => fields[at].1.edit(deeper, what, key, value),
                    2 if !fields.is_empty() => fields[at].1 = value,
                    3 if !fields.is_empty() => {
                        fields.remove(at);
                    }
                    4 if !fields.is_empty() => fields.rotate_left(at),
                    5 => fields.insert(at, (key, value)),
                    _ => fields.push((key, value)),
                }
            }
            Self::Array(values) => {
                let at = here % values.len().max(1);
                match what {
                    0 | 1 if !values.is_empty() => values[at].edit(deeper, what, key, value),
                    2 if !values.is_empty() => values[at] = value,
                    3 if !values.is_empty() => {
                        values.remove(at);
                    }
                    4 => values.insert(at, value),
                    _ => values.push(value),
                }
            }
        }
    }
}
