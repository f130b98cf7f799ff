//! What a `$jsonSchema` says of fields, as a model's fields: for hints, completion and references between screens.
//!
//! The validator decides; these fields only describe. Invariant: a field here never says more than the schema.

use std::sync::Arc;

use bson::{Bson, RawDocument};

use super::{Items, Node, Rest, SchemaProblem, Types, Validator};
use crate::model::{
    Field, Kind, Limit, Model, Pattern, Requirement, Schema, SchemaOptions, Source, Strictness,
};

const DEEPEST: usize = 100;

impl Model {
    /// A model from a `$jsonSchema`: its name and collection are `name`, `file` says where it is from.
    ///
    /// # Errors
    /// Where the server would refuse the schema.
    pub fn from_json_schema(
        name: &str,
        schema: &RawDocument,
        file: &str,
    ) -> Result<Self, SchemaProblem> {
        let validator = Validator::parse(schema)?;
        let root = &validator.root;
        let schema = Schema {
            fields: fields(root, 0),
            options: SchemaOptions {
                strict: match root.additional {
                    Some(Rest::Refused) => Strictness::Throw,
                    _ => Strictness::Open,
                },
                version_key: None,
                ..SchemaOptions::default()
            },
            ..Schema::EMPTY
        };
        Ok(Self {
            name: name.to_owned(),
            database: None,
            collection: name.to_owned(),
            domain: None,
            schemas: vec![schema],
            indexes: Vec::new(),
            validator: Some(Arc::new(validator)),
            source: Source {
                file: file.to_owned(),
                line: 1,
            },
            gaps: Vec::new(),
        })
    }
}

fn fields(node: &Node, depth: usize) -> Vec<Field> {
    if depth > DEEPEST {
        return Vec::new();
    }
    node.properties
        .iter()
        .map(|property| {
            let mut field = field(&property.name, &property.node, depth + 1);
            if node.required.contains(&property.name) {
                field.required = Requirement::Required(None);
            }
            field
        })
        .collect()
}

fn field(name: &str, node: &Node, depth: usize) -> Field {
    let mut field = Field::new(name, kind(node, depth), 0);
    field.choices = node.choices.clone().unwrap_or_default();
    let limit = |bound: &Option<(Bson, bool)>| {
        bound.as_ref().map(|(value, _)| Limit {
            value: value.clone(),
            message: None,
        })
    };
    field.min = limit(&node.minimum);
    field.max = limit(&node.maximum);
    let length = |n: Option<u64>| {
        n.map(|value| Limit {
            value,
            message: None,
        })
    };
    field.min_length = length(node.min_length);
    field.max_length = length(node.max_length);
    field.pattern = node
        .pattern
        .as_ref()
        .and_then(|p| Pattern::new(&p.source, "", None).ok());
    field
}

fn kind(node: &Node, depth: usize) -> Kind {
    let only = |bits: u32| {
        node.types
            .is_some_and(|Types { bits: own, .. }| own != 0 && own & !(bits | 1 << 10) == 0)
    };
    match () {
        () if only(1 << 2) => Kind::String,
        () if only(1 << 16) => Kind::Int32,
        () if only(1 << 18) => Kind::BigInt,
        () if only(1 << 19) => Kind::Decimal128,
        () if only(1 << 1 | 1 << 16 | 1 << 18 | 1 << 19) => Kind::Number,
        () if only(1 << 8) => Kind::Boolean,
        () if only(1 << 9) => Kind::Date,
        () if only(1 << 7) => Kind::ObjectId,
        () if only(1 << 5) => Kind::Buffer,
        () if only(1 << 4) || node.items.is_some() => Kind::Array(Box::new(match &node.items {
            Some(Items::Each(inner)) if depth < DEEPEST => field("", inner, depth + 1),
            _ => Field::new("", Kind::Mixed, 0),
        })),
        () if !node.properties.is_empty() => Kind::Nested(fields(node, depth + 1)),
        () => Kind::Mixed,
    }
}
