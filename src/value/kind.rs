//! The kinds of BSON value and their names.
//!
//! Knows nothing of values: only the tag byte, the server's name and the name people read.

use bson::RawBsonRef;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $tag:literal, $alias:literal, $label:literal;)*) => {
        /// A kind of BSON value, the deprecated ones among them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind, in the order of their tags.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// The kind of an element's tag byte; `None` where BSON defines none.
            #[must_use]
            pub fn from_tag(tag: u8) -> Option<Self> {
                match tag {
                    $($tag => Some(Self::$kind),)*
                    _ => None,
                }
            }

            /// The byte that stands before an element of this kind.
            #[must_use]
            pub fn tag(self) -> u8 {
                match self {
                    $(Self::$kind => $tag,)*
                }
            }

            /// The server's name of this kind, as `$type` takes it: `int`, `objectId`, `binData`.
            #[must_use]
            pub fn alias(self) -> &'static str {
                match self {
                    $(Self::$kind => $alias,)*
                }
            }

            /// The name shown to people: `Int32`, `ObjectId`, `String`.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self {
                    $(Self::$kind => $label,)*
                }
            }
        }
    };
}

kinds! {
    /// 64-bit binary floating point.
    Double = 0x01, "double", "Double";
    /// UTF-8 text.
    String = 0x02, "string", "String";
    /// An embedded document.
    Document = 0x03, "object", "Document";
    /// An array.
    Array = 0x04, "array", "Array";
    /// Bytes with a subtype; a UUID is one of them.
    Binary = 0x05, "binData", "Binary";
    /// Deprecated: undefined.
    Undefined = 0x06, "undefined", "Undefined";
    /// Twelve bytes, mostly a document's identity.
    ObjectId = 0x07, "objectId", "ObjectId";
    /// True or false.
    Boolean = 0x08, "bool", "Boolean";
    /// Milliseconds since 1970 in UTC.
    Date = 0x09, "date", "Date";
    /// Null.
    Null = 0x0a, "null", "Null";
    /// A pattern with options.
    Regex = 0x0b, "regex", "Regex";
    /// Deprecated: a namespace with an ObjectId.
    DbPointer = 0x0c, "dbPointer", "DBPointer";
    /// JavaScript text.
    Code = 0x0d, "javascript", "Code";
    /// Deprecated: text of a kind of its own.
    Symbol = 0x0e, "symbol", "Symbol";
    /// Deprecated: JavaScript text with variables.
    CodeWithScope = 0x0f, "javascriptWithScope", "CodeWithScope";
    /// 32-bit integer.
    Int32 = 0x10, "int", "Int32";
    /// The server's own clock value: seconds and a counter.
    Timestamp = 0x11, "timestamp", "Timestamp";
    /// 64-bit integer.
    Int64 = 0x12, "long", "Int64";
    /// 128-bit decimal floating point.
    Decimal128 = 0x13, "decimal", "Decimal128";
    /// Sorts before every other value.
    MinKey = 0xff, "minKey", "MinKey";
    /// Sorts after every other value.
    MaxKey = 0x7f, "maxKey", "MaxKey";
}

impl Kind {
    /// The kind of a value.
    #[must_use]
    pub fn of(value: RawBsonRef<'_>) -> Self {
        Self::from_tag(value.element_type() as u8).unwrap_or(Self::Null)
    }

    /// The kind that `$type` calls `alias`.
    #[must_use]
    pub fn from_alias(alias: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.alias() == alias)
    }

    /// Whether values of this kind hold others: documents and arrays.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self, Self::Document | Self::Array)
    }

    /// Whether values of this kind are numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Double | Self::Int32 | Self::Int64 | Self::Decimal128
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_tag_and_by_its_alias() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_tag(kind.tag()), Some(*kind));
            assert_eq!(Kind::from_alias(kind.alias()), Some(*kind));
        }
        assert_eq!(Kind::from_tag(0x14), None);
    }

    #[test]
    fn a_value_says_its_kind() {
        assert_eq!(Kind::of(RawBsonRef::Int64(1)).alias(), "long");
        assert_eq!(Kind::of(RawBsonRef::MinKey).label(), "MinKey");
    }
}
