//! Constructors and words that make values.

use super::{Entry, Role, entry};

as_written! {
    /// What makes a value.
    pub(in crate::query) const CONSTRUCTORS: &[Entry] = &[
        entry("ISODate", "ISODate('2026-01-31T09:00:00Z')", "a date; now where nothing is given", Role::Any)
            .snippet("ISODate('‹2026-01-01›')"),
        entry("ObjectId", "ObjectId('24 hex digits')", "an identity; a new one where nothing is given", Role::Any)
            .snippet("ObjectId('‹›')"),
        entry("NumberLong", "NumberLong('n')", "a 64-bit integer", Role::Any).snippet("NumberLong('‹0›')"),
        entry("NumberInt", "NumberInt(n)", "a 32-bit integer", Role::Any).snippet("NumberInt(‹0›)"),
        entry("NumberDecimal", "NumberDecimal('n')", "a decimal number of 34 digits", Role::Any)
            .snippet("NumberDecimal('‹0.00›')"),
        entry("Double", "Double(n)", "a floating-point number, whole or not", Role::Any).snippet("Double(‹0›)"),
        entry("UUID", "UUID('…')", "a universal id; a new one where nothing is given", Role::Any)
            .snippet("UUID('‹›')"),
        entry("new Date", "new Date('…')", "a date; now where nothing is given", Role::Any).snippet("new Date(‹›)"),
        entry("BinData", "BinData(subtype, 'base64')", "bytes", Role::Any).snippet("BinData(‹0›, '‹›')"),
        entry("Timestamp", "Timestamp({ t: seconds, i: counter })", "the server's clock value", Role::Any)
            .snippet("Timestamp({ t: ‹0›, i: ‹1› })"),
        entry("MinKey", "MinKey()", "sorts before every other value", Role::Any).snippet("MinKey()"),
        entry("MaxKey", "MaxKey()", "sorts after every other value", Role::Any).snippet("MaxKey()"),
        entry("true", "true", "yes", Role::Any).snippet("true"),
        entry("false", "false", "no", Role::Any).snippet("false"),
        entry("null", "null", "no value; in a filter also a missing field", Role::Any).snippet("null"),
    ];
}
