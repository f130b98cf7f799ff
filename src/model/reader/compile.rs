//! From the schemas of the files to whole models.
//!
//! Invariant: a model holds only the schemas that it uses, each once, also where a schema contains itself.

use std::collections::HashMap;
use std::marker::PhantomData;

use super::define::{empty, implied, merge_fields};
use super::value::Place;
use super::{Reader, Reading};
use crate::model::{
    DefaultValue, Field, Gap, Index, Kind, Model, Schema, SchemaId, Source, plural,
};

/// A schema under construction.
#[derive(Clone)]
pub(super) struct Drafted<'a> {
    pub(super) schema: Schema,
    pub(super) indexes: Vec<Index>,
    pub(super) gaps: Vec<Gap>,
    /// The variable that it was first given to.
    pub(super) name: Option<String>,
    pub(super) collection: Option<String>,
    pub(super) type_key: String,
    pub(super) pojo_to_mixed: bool,
    /// The `_id` option where the author set it: it comes down to the schemas inside.
    pub(super) own_id: Option<bool>,
    pub(super) is_variant: bool,
    pub(super) place: Place,
    lifetime: PhantomData<&'a ()>,
}

impl Drafted<'_> {
    pub(super) fn new(place: Place) -> Self {
        Self {
            schema: empty(place.line),
            indexes: Vec::new(),
            gaps: Vec::new(),
            name: None,
            collection: None,
            type_key: "type".to_owned(),
            pojo_to_mixed: false,
            own_id: None,
            is_variant: false,
            place,
            lifetime: PhantomData,
        }
    }
}

/// A call of `model(…)`.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) schema: SchemaId,
    pub(super) collection: Option<String>,
    pub(super) database: Option<String>,
    pub(super) place: Place,
    /// The model that this one is a discriminator of.
    pub(super) base: Option<usize>,
}

impl Reader<'_, '_> {
    pub(super) fn finish(mut self) -> Reading {
        let object_types = self.types_of(0);
        let declared = std::mem::take(&mut self.models);
        let mut models = Vec::new();
        let mut used = vec![false; self.schemas.len()];
        let mut last_collection_line: HashMap<usize, usize> = HashMap::new();
        for model in &declared {
            used[model.schema.0] = true;
            if model.base.is_some() {
                continue;
            }
            let mut out = self.compile(&model.name, model.schema, model.place, true);
            let (directive, own) = self.directive(
                model.place,
                last_collection_line.get(&model.place.file).copied(),
            );
            last_collection_line.insert(model.place.file, model.place.line);
            if let Some(collection) = own
                .or_else(|| model.collection.clone())
                .or_else(|| self.schemas[model.schema.0].collection.clone())
            {
                out.collection = collection;
            }
            out.database = directive.database.or_else(|| model.database.clone());
            out.domain = directive.domain;
            models.push(out);
        }
        let mut schemas = Vec::new();
        for (i, is_used) in used.iter().enumerate() {
            let draft = &self.schemas[i];
            let is_own = draft.place.file == 0 && !draft.is_variant;
            let Some(name) = draft.name.clone().filter(|_| !is_used && is_own) else {
                continue;
            };
            let place = draft.place;
            let collection = draft.collection.clone();
            let short = name
                .strip_suffix("Schema")
                .or_else(|| name.strip_suffix("schema"))
                .filter(|s| !s.is_empty())
                .unwrap_or(&name)
                .to_owned();
            let mut out = self.compile(&short, SchemaId(i), place, true);
            let (directive, own) = self.directive(place, None);
            if let Some(collection) = own.or(collection) {
                out.collection = collection;
            }
            out.database = directive.database;
            out.domain = directive.domain;
            schemas.push(out);
        }
        for (name, schema, place) in object_types {
            let mut out = self.compile(&name, schema, place, true);
            let above = self.files.get(place.file).and_then(|f| {
                // Only a comment just above binds a type, since most types of a file are no documents.
                f.directives
                    .iter()
                    .find(|(line, d)| d.collection.is_some() && place.line - 1 == *line)
            });
            let (directive, _) = self.directive(place, None);
            out.database = directive.database;
            out.domain = directive.domain;
            match above.and_then(|(_, d)| d.collection.clone()) {
                Some(collection) => {
                    out.collection = collection;
                    models.push(out);
                }
                None => schemas.push(out),
            }
        }
        Reading {
            models,
            schemas,
            gaps: self.gaps,
            files: self.files.into_iter().map(|f| f.name).collect(),
        }
    }

    /// What the comments above a place bind, and the collection that only the next model is bound to.
    fn directive(&self, place: Place, after: Option<usize>) -> (super::Directive, Option<String>) {
        let mut out = super::Directive::default();
        let mut collection = None;
        if let Some(file) = self.files.get(place.file) {
            for (line, directive) in file
                .directives
                .iter()
                .filter(|(line, _)| *line <= place.line)
            {
                out = directive.clone();
                if after.is_none_or(|after| *line > after) {
                    collection.clone_from(&directive.collection);
                }
            }
        }
        (out, collection)
    }

    fn compile(&self, name: &str, root: SchemaId, place: Place, is_document: bool) -> Model {
        let mut linker = Linker {
            reader: self,
            file: place.file,
            out: Vec::new(),
            by_draft: HashMap::new(),
            gaps: Vec::new(),
        };
        let local = linker.schema(root, is_document);
        let mut model = Model {
            name: name.to_owned(),
            database: None,
            collection: plural::collection_name(name),
            domain: None,
            schemas: linker.out,
            indexes: Vec::new(),
            validator: None,
            source: Source {
                file: self
                    .files
                    .get(place.file)
                    .map_or_else(String::new, |f| f.name.clone()),
                line: place.line,
            },
            gaps: linker.gaps,
        };
        debug_assert_eq!(local.0, 0);
        let mut indexes = Vec::new();
        self.indexes(root, "", 0, &mut indexes);
        model.indexes = indexes;
        model.settle();
        model
    }

    /// Indexes in Mongoose's order: sub-documents and fields as declared, then the schema's own.
    fn indexes(&self, id: SchemaId, prefix: &str, depth: usize, out: &mut Vec<Index>) {
        let Some(draft) = self.schemas.get(id.0) else {
            return;
        };
        if depth > 8 {
            return;
        }
        self.field_indexes(&draft.schema.fields, prefix, depth, out);
        for variant in &draft.schema.discriminators {
            self.indexes(variant.schema, prefix, depth + 1, out);
        }
        for index in &draft.indexes {
            let mut index = index.clone();
            if !prefix.is_empty() {
                index.keys = index
                    .keys
                    .into_iter()
                    .map(|(k, v)| (format!("{prefix}{k}"), v))
                    .collect();
            }
            if !out
                .iter()
                .any(|i| i.keys == index.keys && i.options == index.options)
            {
                out.push(index);
            }
        }
    }

    fn field_indexes(&self, fields: &[Field], prefix: &str, depth: usize, out: &mut Vec<Index>) {
        for field in fields {
            let path = format!("{prefix}{}", field.name);
            let mut element = None;
            match &field.kind {
                Kind::Nested(inner) => {
                    self.field_indexes(inner, &format!("{path}."), depth + 1, out);
                }
                Kind::Embedded(id) => self.indexes(*id, &format!("{path}."), depth + 1, out),
                Kind::Array(inner) => {
                    if let Kind::Embedded(id) = &inner.kind {
                        self.indexes(*id, &format!("{path}."), depth + 1, out);
                    }
                    element = inner.index.as_ref();
                }
                _ => {}
            }
            if let Some(index) = field.index.as_ref().or(element) {
                let mut keys = bson::Document::new();
                keys.insert(path, index.direction.clone());
                out.push(Index {
                    keys,
                    options: index.options.clone(),
                    line: field.line,
                });
            }
        }
    }
}

/// Copies the schemas that one model uses, and gives them their places in it.
struct Linker<'r, 'a, 's> {
    reader: &'r Reader<'a, 's>,
    /// The model's own file.
    file: usize,
    out: Vec<Schema>,
    by_draft: HashMap<(SchemaId, Option<SchemaId>), SchemaId>,
    gaps: Vec<Gap>,
}

impl Linker<'_, '_, '_> {
    fn schema(&mut self, id: SchemaId, is_document: bool) -> SchemaId {
        self.variant(id, None, is_document)
    }

    /// The schema `id`, over the fields of `base` where it is a variant of that.
    fn variant(&mut self, id: SchemaId, base: Option<SchemaId>, is_document: bool) -> SchemaId {
        if let Some(known) = self.by_draft.get(&(id, base)) {
            return *known;
        }
        let local = SchemaId(self.out.len());
        self.by_draft.insert((id, base), local);
        self.out.push(Schema::EMPTY);
        let Some(draft) = self.reader.schemas.get(id.0) else {
            return local;
        };
        for gap in &draft.gaps {
            if !self.gaps.contains(gap) {
                self.gaps.push(gap.clone());
            }
        }
        let mut schema = draft.schema.clone();
        if draft.place.file != self.file {
            let file = self.reader.files.get(draft.place.file);
            schema.file = file.map(|f| f.name.as_str().into());
        }
        if let Some(outer) = base.and_then(|b| self.reader.schemas.get(b.0)) {
            let mut fields = outer.schema.fields.clone();
            merge_fields(&mut fields, std::mem::take(&mut schema.fields), 0);
            schema.fields = fields;
            schema
                .virtuals
                .extend(outer.schema.virtuals.iter().cloned());
            let own = &mut schema.options;
            own.discriminator_key
                .clone_from(&outer.schema.options.discriminator_key);
            own.strict = outer.schema.options.strict;
            own.id = outer.schema.options.id;
            if own.created_at.is_none() {
                own.created_at.clone_from(&outer.schema.options.created_at);
            }
            if own.updated_at.is_none() {
                own.updated_at.clone_from(&outer.schema.options.updated_at);
            }
            schema.discriminators.clear();
        }
        imply(&mut schema, is_document, base.is_some());
        for field in &mut schema.fields {
            self.link(field, 0);
        }
        let variants = std::mem::take(&mut schema.discriminators);
        schema.discriminators = variants
            .into_iter()
            .map(|mut d| {
                d.schema = self.variant(d.schema, Some(id), is_document);
                d
            })
            .collect();
        self.out[local.0] = schema;
        local
    }

    fn link(&mut self, field: &mut Field, depth: usize) {
        if depth > 200 {
            field.kind = Kind::Unknown;
            return;
        }
        match &mut field.kind {
            Kind::Embedded(id) => *id = self.schema(*id, false),
            Kind::Array(inner) | Kind::Map(inner) => self.link(inner, depth + 1),
            Kind::Nested(fields) | Kind::Union(fields) => {
                for inner in fields {
                    self.link(inner, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// Adds the fields that a schema keeps without declaring them.
fn imply(schema: &mut Schema, is_document: bool, is_variant: bool) {
    let has = |schema: &Schema, name: &str| schema.fields.iter().any(|f| f.name == name);
    let options = schema.options.clone();
    // A type says itself whether there is an `_id`; every stored document has one all the same.
    let has_id =
        options.id || (is_document && !has(schema, "_id") && options.version_key.is_none());
    if has_id && !has(schema, "_id") {
        let mut id = implied("_id", Kind::ObjectId);
        id.default = DefaultValue::NewId;
        id.immutable = true;
        schema.fields.insert(0, id);
    }
    if (!schema.discriminators.is_empty() || is_variant) && !has(schema, &options.discriminator_key)
    {
        schema
            .fields
            .push(implied(&options.discriminator_key, Kind::String));
    }
    for (name, is_creation) in [(&options.created_at, true), (&options.updated_at, false)] {
        if let Some(name) = name
            && !has(schema, name)
        {
            let mut field = implied(name, Kind::Date);
            field.immutable = is_creation;
            schema.fields.push(field);
        }
    }
    if is_document {
        if let Some(key) = &options.version_key
            && !has(schema, key)
        {
            schema.fields.push(implied(key, Kind::Number));
        }
    } else {
        schema.options.version_key = None;
    }
    schema.virtuals.push("id".to_owned());
}
