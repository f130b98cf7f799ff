//! Operators of updates.

use super::{Entry, Role, entry};
use Role::{Any, Condition, Fields, Keys, List, Name, Sort, Value, Whole};

as_written! {
    const PUSH: Role = Keys(&[
        entry("$each", "$each: [value, …]", "several values one after the other", List(&Value)),
        entry("$position", "$position: n", "where they go in, counted from 0", Whole),
        entry("$slice", "$slice: n", "keep only so many elements, the last where negative", Whole),
        entry("$sort", "$sort: 1 | { field: 1 }", "put the elements in order", Sort),
    ]);

    const ADD: Role = Keys(&[entry(
        "$each",
        "$each: [value, …]",
        "each of these that is not there yet",
        List(&Value),
    )]);

    /// What an update's document holds.
    pub(in crate::query) const UPDATES: &[Entry] = &[
        entry("$set", "$set: { field: value }", "gives fields these values", Fields(&Value)),
        entry("$unset", "$unset: { field: '' }", "removes fields", Fields(&Any)).snippet("$unset: { ‹field›: '' }"),
        entry("$inc", "$inc: { field: n }", "adds to numbers", Fields(&Whole)).snippet("$inc: { ‹field›: ‹1› }"),
        entry("$mul", "$mul: { field: n }", "multiplies numbers", Fields(&Whole)).snippet("$mul: { ‹field›: ‹2› }"),
        entry("$min", "$min: { field: value }", "sets where the value is less than the field's", Fields(&Value)),
        entry("$max", "$max: { field: value }", "sets where the value is greater than the field's", Fields(&Value)),
        entry("$rename", "$rename: { field: 'name' }", "gives fields other names", Fields(&Name))
            .snippet("$rename: { ‹field›: ‹'name'› }"),
        entry("$currentDate", "$currentDate: { field: true }", "sets fields to the server's time", Fields(&Keys(&[
            entry("$type", "$type: 'date' | 'timestamp'", "as which kind", Role::Words(&["date", "timestamp"])),
        ])))
        .snippet("$currentDate: { ‹field›: true }"),
        entry("$setOnInsert", "$setOnInsert: { field: value }", "sets only where an upsert inserts", Fields(&Value)),
        entry("$push", "$push: { field: value }", "adds an element to an array", Fields(&PUSH)),
        entry("$addToSet", "$addToSet: { field: value }", "adds an element that is not there yet", Fields(&ADD)),
        entry("$pop", "$pop: { field: 1 | -1 }", "removes the last element, or the first", Fields(&Whole))
            .snippet("$pop: { ‹field›: ‹1› }"),
        entry("$pull", "$pull: { field: condition }", "removes the elements that meet a condition", Fields(&Condition)),
        entry("$pullAll", "$pullAll: { field: [value, …] }", "removes all elements with these values", Fields(&List(&Value)))
            .snippet("$pullAll: { ‹field›: [‹›] }"),
        entry("$bit", "$bit: { field: { and | or | xor: n } }", "changes bits of integers", Fields(&Keys(&[
            entry("and", "and: n", "bits that are 1 in both", Whole),
            entry("or", "or: n", "bits that are 1 in either", Whole),
            entry("xor", "xor: n", "bits that are 1 in exactly one", Whole),
        ])))
        .snippet("$bit: { ‹field›: { ‹or›: ‹1› } }"),
    ];
}
