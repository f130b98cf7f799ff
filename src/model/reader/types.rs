//! TypeScript interfaces and type aliases as schemas.
//!
//! A type says less than a schema (no lengths, no defaults) and is stricter in one thing: what is not optional must be
//! there, an empty text included. Types are followed into the files that they are imported from; generics of the
//! project's own are gaps. Invariant: a type that contains itself is one schema that names itself.

use std::collections::HashMap;
use std::rc::Rc;

use bson::Bson;
use oxc_ast::ast::{self, Statement, TSSignature, TSType};
use oxc_span::GetSpan;

use super::Reader;
use super::compile::Drafted;
use super::eval::Scope;
use super::value::{Place, Value};
use crate::model::{Field, Kind, Requirement, SchemaId};

const DEEPEST: usize = 60;

/// A declared type.
#[derive(Clone, Copy)]
pub(super) enum Declaration<'a> {
    Interface(&'a ast::TSInterfaceDeclaration<'a>),
    Alias(&'a ast::TSTypeAliasDeclaration<'a>),
}

/// The types that one file knows.
pub(super) struct Types<'a> {
    declared: Vec<(&'a str, Declaration<'a>)>,
    places: HashMap<&'a str, usize>,
    /// Local name → specifier and the name there.
    imported: HashMap<&'a str, (&'a str, &'a str)>,
    /// Files whose every export is passed on.
    passed_on: Vec<&'a str>,
    pub(super) scope: Rc<Scope<'a>>,
}

impl<'a> Types<'a> {
    /// Collects what a file declares and imports, without following any of it.
    pub(super) fn collect(program: &'a ast::Program<'a>, scope: &Rc<Scope<'a>>) -> Self {
        let mut out = Self {
            declared: Vec::new(),
            places: HashMap::new(),
            imported: HashMap::new(),
            passed_on: Vec::new(),
            scope: Rc::clone(scope),
        };
        for statement in &program.body {
            match statement {
                Statement::TSInterfaceDeclaration(i) => {
                    out.declare(i.id.name.as_str(), Declaration::Interface(i));
                }
                Statement::TSTypeAliasDeclaration(a) => {
                    out.declare(a.id.name.as_str(), Declaration::Alias(a));
                }
                Statement::ExportDeclaration(e) => match &e.declaration {
                    ast::Declaration::TSInterfaceDeclaration(i) => {
                        out.declare(i.id.name.as_str(), Declaration::Interface(i));
                    }
                    ast::Declaration::TSTypeAliasDeclaration(a) => {
                        out.declare(a.id.name.as_str(), Declaration::Alias(a));
                    }
                    _ => {}
                },
                Statement::ExportDefaultDeclaration(e) => {
                    if let ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(i) =
                        &e.declaration
                    {
                        out.declare(i.id.name.as_str(), Declaration::Interface(i));
                        out.places.insert("default", out.declared.len() - 1);
                    }
                }
                Statement::ImportDeclaration(import) => {
                    for specifier in import.specifiers.iter().flatten() {
                        let (local, there) = match specifier {
                            ast::ImportDeclarationSpecifier::ImportSpecifier(s) => {
                                (s.local.name.as_str(), s.imported.name().as_str())
                            }
                            ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(s) => {
                                (s.local.name.as_str(), "default")
                            }
                            ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(s) => {
                                (s.local.name.as_str(), "*")
                            }
                        };
                        out.imported
                            .insert(local, (import.source.value.as_str(), there));
                    }
                }
                Statement::ExportFromDeclaration(export) => {
                    for specifier in &export.specifiers {
                        out.imported.insert(
                            specifier.exported.name().as_str(),
                            (
                                export.source.value.as_str(),
                                specifier.local.name().as_str(),
                            ),
                        );
                    }
                }
                Statement::ExportAllDeclaration(export) => {
                    out.passed_on.push(export.source.value.as_str())
                }
                _ => {}
            }
        }
        out
    }

    fn declare(&mut self, name: &'a str, declaration: Declaration<'a>) {
        self.places.insert(name, self.declared.len());
        self.declared.push((name, declaration));
    }

    fn find(&self, name: &str) -> Option<Declaration<'a>> {
        self.places
            .get(name)
            .and_then(|at| self.declared.get(*at))
            .map(|(_, d)| *d)
    }
}

/// What a type came to as a field: the kind, and whether it may be absent or `null`.
struct Shape {
    kind: Kind,
    choices: Vec<Bson>,
    may_be_missing: bool,
}

impl From<Kind> for Shape {
    fn from(kind: Kind) -> Self {
        Self {
            kind,
            choices: Vec::new(),
            may_be_missing: false,
        }
    }
}

impl<'a> Reader<'a, '_> {
    /// Every object type that a file declares, as schemas named after their types.
    pub(super) fn types_of(&mut self, file: usize) -> Vec<(String, SchemaId, Place)> {
        let Some(types) = self.types.get(file) else {
            return Vec::new();
        };
        let declared: Vec<_> = types.declared.clone();
        let mut out = Vec::new();
        for (name, declaration) in declared {
            let (offset, is_generic, is_object) = match declaration {
                Declaration::Interface(i) => (i.span.start, i.type_parameters.is_some(), true),
                Declaration::Alias(a) => (
                    a.span.start,
                    a.type_parameters.is_some(),
                    matches!(
                        a.type_annotation.without_parenthesized(),
                        TSType::TSTypeLiteral(_) | TSType::TSIntersectionType(_)
                    ),
                ),
            };
            if is_generic || !is_object {
                continue;
            }
            let place = self.place(file, offset);
            if let Some(schema) = self.declared_type(file, name, declaration, place, 0) {
                out.push((name.to_owned(), schema, place));
            }
        }
        out
    }

    fn new_draft(&mut self, place: Place) -> SchemaId {
        let mut draft = Drafted::new(place);
        draft.schema.options.id = false;
        draft.schema.options.version_key = None;
        self.schemas.push(draft);
        SchemaId(self.schemas.len() - 1)
    }

    fn declared_type(
        &mut self,
        file: usize,
        name: &'a str,
        declaration: Declaration<'a>,
        place: Place,
        depth: usize,
    ) -> Option<SchemaId> {
        if let Some(known) = self.typed.get(&(file, name)) {
            return Some(*known);
        }
        let id = self.new_draft(place);
        self.typed.insert((file, name), id);
        match declaration {
            Declaration::Interface(i) => self.interface(id, file, i, depth),
            Declaration::Alias(a) => self.members_of(id, file, &a.type_annotation, depth),
        }
        Some(id)
    }

    fn interface(
        &mut self,
        id: SchemaId,
        file: usize,
        interface: &'a ast::TSInterfaceDeclaration<'a>,
        depth: usize,
    ) {
        for heritage in &interface.extends {
            let name = type_name(&heritage.type_name);
            if is_foreign(&name) {
                continue;
            }
            let place = self.place(file, heritage.span.start);
            match self.find_type(file, &name, depth) {
                Some((there, Declaration::Interface(base))) if depth < DEEPEST => {
                    self.interface(id, there, base, depth + 1)
                }
                Some((there, Declaration::Alias(base))) if depth < DEEPEST => {
                    self.members_of(id, there, &base.type_annotation, depth + 1);
                }
                _ => self.gap(
                    id,
                    place,
                    format!(
                        "`{}` extends `{name}`, which cannot be read",
                        interface.id.name
                    ),
                ),
            }
        }
        self.members(id, file, &interface.body.body, depth);
    }

    /// Adds the members of an object type to a schema.
    fn members_of(&mut self, id: SchemaId, file: usize, of: &'a TSType<'a>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match of.without_parenthesized() {
            TSType::TSTypeLiteral(literal) => self.members(id, file, &literal.members, depth),
            TSType::TSIntersectionType(parts) => {
                for part in &parts.types {
                    self.members_of(id, file, part, depth + 1);
                }
            }
            TSType::TSTypeReference(reference) => {
                let name = type_name(&reference.type_name);
                let arguments = reference.type_arguments.as_ref().map(|a| &a.params);
                let first = arguments.and_then(|a| a.first());
                match (name.as_str(), first) {
                    (
                        "Partial" | "Required" | "Readonly" | "Pick" | "Omit" | "HydratedDocument"
                        | "WithId" | "NonNullable",
                        Some(inner),
                    ) => {
                        let before = self.schemas.get(id.0).map_or(0, |d| d.schema.fields.len());
                        self.members_of(id, file, inner, depth + 1);
                        let names = arguments.and_then(|a| a.get(1)).map(literal_names);
                        if let Some(draft) = self.schemas.get_mut(id.0) {
                            let fields = &mut draft.schema.fields;
                            let added = fields.split_off(before.min(fields.len()));
                            fields.extend(added.into_iter().filter_map(|mut field| {
                                match name.as_str() {
                                    "Partial" => field.required = Requirement::Optional,
                                    "Required" => field.required = Requirement::Present,
                                    "Pick" => {
                                        return names
                                            .as_ref()?
                                            .contains(&field.name)
                                            .then_some(field);
                                    }
                                    "Omit" => {
                                        return (!names.as_ref()?.contains(&field.name))
                                            .then_some(field);
                                    }
                                    _ => {}
                                }
                                Some(field)
                            }));
                        }
                    }
                    _ if is_foreign(&name) => {}
                    _ => {
                        let place = self.place(file, reference.span.start);
                        match self.find_type(file, &name, depth) {
                            Some((there, Declaration::Interface(base))) => {
                                self.interface(id, there, base, depth + 1)
                            }
                            Some((there, Declaration::Alias(base))) => {
                                self.members_of(id, there, &base.type_annotation, depth + 1);
                            }
                            None => {
                                self.gap(id, place, format!("the type `{name}` cannot be read"))
                            }
                        }
                    }
                }
            }
            other => {
                let place = self.place(file, other.span().start);
                self.gap(id, place, "a part of this type cannot be read");
            }
        }
    }

    fn members(&mut self, id: SchemaId, file: usize, members: &'a [TSSignature<'a>], depth: usize) {
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let Some(name) = property.key.static_name() else {
                        continue;
                    };
                    let place = self.place(file, property.span.start);
                    let shape = match &property.type_annotation {
                        Some(annotation) => {
                            self.shape(id, file, &annotation.type_annotation, &name, depth + 1)
                        }
                        None => Kind::Mixed.into(),
                    };
                    if let Kind::Unknown = shape.kind
                        && is_function(
                            property
                                .type_annotation
                                .as_deref()
                                .map(|t| &t.type_annotation),
                        )
                    {
                        continue;
                    }
                    let mut field = Field::new(&*name, shape.kind, place.line);
                    field.choices = shape.choices;
                    if !property.optional && !shape.may_be_missing {
                        field.required = Requirement::Present;
                    }
                    field.immutable = property.readonly;
                    if let Some(draft) = self.schemas.get_mut(id.0) {
                        super::define::merge_fields(&mut draft.schema.fields, vec![field], 0);
                    }
                }
                TSSignature::TSIndexSignature(_) => {
                    if let Some(draft) = self.schemas.get_mut(id.0) {
                        draft.schema.options.strict = crate::model::Strictness::Open;
                    }
                }
                _ => {}
            }
        }
    }

    fn shape(
        &mut self,
        id: SchemaId,
        file: usize,
        of: &'a TSType<'a>,
        path: &str,
        depth: usize,
    ) -> Shape {
        if depth > DEEPEST {
            return Kind::Unknown.into();
        }
        match of.without_parenthesized() {
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => Kind::String.into(),
            TSType::TSNumberKeyword(_) => Kind::Number.into(),
            TSType::TSBooleanKeyword(_) => Kind::Boolean.into(),
            TSType::TSBigIntKeyword(_) => Kind::BigInt.into(),
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) => Shape {
                may_be_missing: true,
                ..Kind::Mixed.into()
            },
            TSType::TSObjectKeyword(_) => Kind::Mixed.into(),
            TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => {
                Shape {
                    may_be_missing: true,
                    ..Kind::Mixed.into()
                }
            }
            TSType::TSLiteralType(literal) => match literal_value(&literal.literal) {
                Some(Bson::Boolean(b)) => Shape {
                    choices: vec![Bson::Boolean(b)],
                    ..Kind::Boolean.into()
                },
                Some(value @ Bson::String(_)) => Shape {
                    choices: vec![value],
                    ..Kind::String.into()
                },
                Some(value) => Shape {
                    choices: vec![value],
                    ..Kind::Number.into()
                },
                None => Kind::Mixed.into(),
            },
            TSType::TSArrayType(array) => {
                let element = self.shape(id, file, &array.element_type, path, depth + 1);
                array_of(element, self.place(file, array.span.start))
            }
            TSType::TSTupleType(tuple) => {
                let place = self.place(file, tuple.span.start);
                array_of(Kind::Mixed.into(), place)
            }
            TSType::TSTypeLiteral(literal) => {
                let place = self.place(file, literal.span.start);
                let only_index = literal.members.iter().find_map(|m| match m {
                    TSSignature::TSIndexSignature(index) if literal.members.len() == 1 => {
                        Some(index)
                    }
                    _ => None,
                });
                if let Some(index) = only_index {
                    let value = self.shape(
                        id,
                        file,
                        &index.type_annotation.type_annotation,
                        path,
                        depth + 1,
                    );
                    return map_of(value, place);
                }
                let inner = self.new_draft(place);
                self.members(inner, file, &literal.members, depth + 1);
                Kind::Embedded(inner).into()
            }
            whole @ TSType::TSIntersectionType(parts) => {
                let place = self.place(file, parts.span.start);
                let inner = self.new_draft(place);
                self.members_of(inner, file, whole, depth + 1);
                Kind::Embedded(inner).into()
            }
            TSType::TSUnionType(union) => self.union(id, file, union, path, depth),
            TSType::TSTypeOperatorType(operator) => match operator.operator {
                ast::TSTypeOperatorOperator::Keyof => self.keys_of(file, &operator.type_annotation),
                _ => self.shape(id, file, &operator.type_annotation, path, depth + 1),
            },
            TSType::TSIndexedAccessType(access) => self.indexed(id, file, access, path, depth),
            TSType::TSTypeReference(reference) => self.reference(id, file, reference, path, depth),
            TSType::TSFunctionType(_) => Kind::Unknown.into(),
            other => {
                let place = self.place(file, other.span().start);
                self.gap(id, place, format!("`{path}`: its type cannot be read"));
                Kind::Unknown.into()
            }
        }
    }

    fn union(
        &mut self,
        id: SchemaId,
        file: usize,
        union: &'a ast::TSUnionType<'a>,
        path: &str,
        depth: usize,
    ) -> Shape {
        let mut may_be_missing = false;
        let mut shapes: Vec<Shape> = Vec::new();
        for part in &union.types {
            if matches!(
                part.without_parenthesized(),
                TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_)
            ) {
                may_be_missing = true;
                continue;
            }
            let shape = self.shape(id, file, part, path, depth + 1);
            may_be_missing |= shape.may_be_missing;
            match shapes.iter_mut().find(|s| s.kind == shape.kind) {
                // Literals add up; a whole kind swallows its literals.
                Some(same) => {
                    if same.choices.is_empty() || shape.choices.is_empty() {
                        same.choices.clear();
                    } else {
                        same.choices.extend(shape.choices);
                    }
                }
                None => shapes.push(shape),
            }
        }
        let place = self.place(file, union.span.start);
        let mut shapes = shapes.into_iter();
        match (shapes.next(), shapes.len()) {
            (None, _) => Shape {
                may_be_missing: true,
                ..Kind::Mixed.into()
            },
            (Some(only), 0) => Shape {
                may_be_missing,
                ..only
            },
            (Some(first), _) => {
                let members: Vec<Field> = std::iter::once(first)
                    .chain(shapes)
                    .map(|s| Field {
                        choices: s.choices,
                        // Marks a member whose literals are part of the type.
                        implied: true,
                        ..Field::new("", s.kind, place.line)
                    })
                    .collect();
                Shape {
                    may_be_missing,
                    ..Kind::Union(members).into()
                }
            }
        }
    }

    fn reference(
        &mut self,
        id: SchemaId,
        file: usize,
        reference: &'a ast::TSTypeReference<'a>,
        path: &str,
        depth: usize,
    ) -> Shape {
        let name = type_name(&reference.type_name);
        let place = self.place(file, reference.span.start);
        let arguments = reference.type_arguments.as_ref().map(|a| &a.params);
        let first = arguments.and_then(|a| a.first());
        let last = name.rsplit('.').next().unwrap_or(&name);
        // A type of the project's own wins over a known name.
        if let Some((there, declaration)) = self.find_type(file, &name, depth) {
            return self.declared_shape(id, there, declaration, path, place, depth);
        }
        match (last, first) {
            ("Date", _) => Kind::Date.into(),
            ("ObjectId" | "ObjectID", _) => Kind::ObjectId.into(),
            ("Decimal128", _) => Kind::Decimal128.into(),
            ("Buffer" | "Binary" | "Uint8Array", _) => Kind::Buffer.into(),
            ("UUID", _) => Kind::Uuid.into(),
            ("Long", _) => Kind::BigInt.into(),
            ("Int32", _) => Kind::Int32.into(),
            ("Double", _) => Kind::Double.into(),
            ("String", _) => Kind::String.into(),
            ("Number", _) => Kind::Number.into(),
            ("Boolean", _) => Kind::Boolean.into(),
            ("Object" | "Mixed", _) => Kind::Mixed.into(),
            ("Array" | "ReadonlyArray" | "Set" | "DocumentArray", Some(inner)) => {
                let element = self.shape(id, file, inner, path, depth + 1);
                array_of(element, place)
            }
            ("Record" | "Map" | "ReadonlyMap", Some(_)) => {
                let value = match arguments.and_then(|a| a.get(1)) {
                    Some(value) => self.shape(id, file, value, path, depth + 1),
                    None => Kind::Mixed.into(),
                };
                map_of(value, place)
            }
            ("Partial" | "Required" | "Readonly" | "Pick" | "Omit", Some(_)) => {
                let inner = self.new_draft(place);
                if let Some(draft) = self.schemas.get_mut(inner.0) {
                    draft.schema.options.id = false;
                }
                self.reference_members(inner, file, reference, depth + 1);
                Kind::Embedded(inner).into()
            }
            (
                "NonNullable" | "Awaited" | "HydratedDocument" | "PopulatedDoc" | "Ref",
                Some(inner),
            ) => {
                let mut shape = self.shape(id, file, inner, path, depth + 1);
                if last == "PopulatedDoc" || last == "Ref" {
                    // A reference is kept as an id and shown as a document.
                    shape = Kind::ObjectId.into();
                }
                Shape {
                    may_be_missing: false,
                    ..shape
                }
            }
            _ => match self.enum_shape(file, &name) {
                Some(shape) => shape,
                None => {
                    self.gap(
                        id,
                        place,
                        format!("`{path}`: the type `{name}` cannot be read"),
                    );
                    Kind::Unknown.into()
                }
            },
        }
    }

    fn reference_members(
        &mut self,
        id: SchemaId,
        file: usize,
        reference: &'a ast::TSTypeReference<'a>,
        depth: usize,
    ) {
        // The same walk as for the members of a whole type; the reference is found again inside it.
        let name = type_name(&reference.type_name);
        let arguments = reference.type_arguments.as_ref().map(|a| &a.params);
        let Some(inner) = arguments.and_then(|a| a.first()) else {
            return;
        };
        self.members_of(id, file, inner, depth + 1);
        let names = arguments.and_then(|a| a.get(1)).map(literal_names);
        if let Some(draft) = self.schemas.get_mut(id.0) {
            match name.as_str() {
                "Partial" => draft
                    .schema
                    .fields
                    .iter_mut()
                    .for_each(|f| f.required = Requirement::Optional),
                "Required" => draft
                    .schema
                    .fields
                    .iter_mut()
                    .for_each(|f| f.required = Requirement::Present),
                "Pick" => draft
                    .schema
                    .fields
                    .retain(|f| names.as_ref().is_none_or(|n| n.contains(&f.name))),
                "Omit" => draft
                    .schema
                    .fields
                    .retain(|f| names.as_ref().is_none_or(|n| !n.contains(&f.name))),
                _ => {}
            }
        }
    }

    fn declared_shape(
        &mut self,
        id: SchemaId,
        file: usize,
        declaration: Declaration<'a>,
        path: &str,
        place: Place,
        depth: usize,
    ) -> Shape {
        match declaration {
            Declaration::Interface(i) => {
                match self.declared_type(file, i.id.name.as_str(), declaration, place, depth + 1) {
                    Some(inner) => Kind::Embedded(inner).into(),
                    None => Kind::Unknown.into(),
                }
            }
            Declaration::Alias(a) => match a.type_annotation.without_parenthesized() {
                TSType::TSTypeLiteral(literal)
                    if !(literal.members.len() == 1
                        && matches!(literal.members[0], TSSignature::TSIndexSignature(_))) =>
                {
                    match self.declared_type(
                        file,
                        a.id.name.as_str(),
                        declaration,
                        place,
                        depth + 1,
                    ) {
                        Some(inner) => Kind::Embedded(inner).into(),
                        None => Kind::Unknown.into(),
                    }
                }
                _ => self.shape(id, file, &a.type_annotation, path, depth + 1),
            },
        }
    }

    /// `(typeof WORDS)[number]`, `User['role']`
    fn indexed(
        &mut self,
        id: SchemaId,
        file: usize,
        access: &'a ast::TSIndexedAccessType<'a>,
        path: &str,
        depth: usize,
    ) -> Shape {
        let place = self.place(file, access.span.start);
        match (
            access.object_type.without_parenthesized(),
            access.index_type.without_parenthesized(),
        ) {
            (
                TSType::TSTypeQuery(query),
                TSType::TSNumberKeyword(_) | TSType::TSTypeOperatorType(_),
            ) => {
                let value = self.value_of_query(file, query);
                if let Some(shape) = choices_of(&value) {
                    return shape;
                }
            }
            (object, TSType::TSLiteralType(literal)) => {
                if let Some(Bson::String(name)) = literal_value(&literal.literal) {
                    let whole = self.shape(id, file, object, path, depth + 1);
                    if let Kind::Embedded(inner) = whole.kind
                        && let Some(field) = self
                            .schemas
                            .get(inner.0)
                            .and_then(|d| d.schema.fields.iter().find(|f| f.name == name))
                    {
                        return Shape {
                            kind: field.kind.clone(),
                            choices: field.choices.clone(),
                            may_be_missing: !matches!(field.required, Requirement::Present),
                        };
                    }
                }
            }
            _ => {}
        }
        self.gap(id, place, format!("`{path}`: its type cannot be read"));
        Kind::Unknown.into()
    }

    fn value_of_query(&mut self, file: usize, query: &'a ast::TSTypeQuery<'a>) -> Value<'a> {
        let Some(name) = query.expr_name.as_ts_type_name().map(type_name) else {
            return Value::Undefined;
        };
        let Some(scope) = self.types.get(file).map(|t| Rc::clone(&t.scope)) else {
            return Value::Undefined;
        };
        let mut parts = name.split('.');
        let mut value = parts
            .next()
            .and_then(|n| scope.find(n))
            .unwrap_or(Value::Undefined);
        for part in parts {
            value = self.member(&value, part);
        }
        value
    }

    fn keys_of(&mut self, file: usize, of: &'a TSType<'a>) -> Shape {
        if let TSType::TSTypeQuery(query) = of.without_parenthesized()
            && let Value::Object(object) = self.value_of_query(file, query)
        {
            return Shape {
                choices: object
                    .borrow()
                    .properties
                    .iter()
                    .map(|p| Bson::String(p.key.to_string()))
                    .collect(),
                ..Kind::String.into()
            };
        }
        Kind::String.into()
    }

    /// An enum, or one of its members, as its values.
    fn enum_shape(&mut self, file: usize, name: &str) -> Option<Shape> {
        let scope = Rc::clone(&self.types.get(file)?.scope);
        let mut parts = name.split('.');
        let mut value = scope.find(parts.next()?)?;
        for part in parts {
            value = self.member(&value, part);
        }
        choices_of(&value)
    }

    /// The declaration of a type, here or in the file that it comes from.
    fn find_type(
        &mut self,
        file: usize,
        name: &str,
        depth: usize,
    ) -> Option<(usize, Declaration<'a>)> {
        if depth > DEEPEST || name.contains('.') {
            return None;
        }
        let types = self.types.get(file)?;
        if let Some(found) = types.find(name) {
            return Some((file, found));
        }
        let imported = types.imported.get(name).copied();
        let passed_on = types.passed_on.clone();
        if let Some((specifier, there)) = imported {
            let number = self.file_of(file, specifier)?;
            return self.find_type(number, there, depth + 1);
        }
        passed_on.into_iter().find_map(|specifier| {
            let number = self.file_of(file, specifier)?;
            self.find_type(number, name, depth + 1)
        })
    }

    fn file_of(&mut self, from: usize, specifier: &str) -> Option<usize> {
        if !specifier.starts_with('.') {
            return None;
        }
        let from_name = self.files.get(from)?.name.clone();
        let (name, _) = self.sources.resolve(&from_name, specifier)?;
        if !self.by_name.contains_key(&name) {
            self.import(
                from,
                specifier,
                Place {
                    file: from,
                    line: 0,
                },
            );
        }
        self.by_name.get(&name).copied()
    }
}

fn array_of(element: Shape, place: Place) -> Shape {
    let field = Field {
        choices: element.choices,
        required: if element.may_be_missing {
            Requirement::Optional
        } else {
            Requirement::Present
        },
        ..Field::new("", element.kind, place.line)
    };
    Kind::Array(Box::new(field)).into()
}

fn map_of(value: Shape, place: Place) -> Shape {
    let field = Field {
        choices: value.choices,
        ..Field::new("", value.kind, place.line)
    };
    Kind::Map(Box::new(field)).into()
}

fn choices_of(value: &Value<'_>) -> Option<Shape> {
    let values: Vec<Bson> = match value {
        Value::Array(list) => list
            .borrow()
            .iter()
            .map(|v| v.to_bson(2))
            .collect::<Option<_>>()?,
        Value::Object(object) => {
            let object = object.borrow();
            object
                .properties
                .iter()
                .map(|p| p.value.to_bson(2))
                .collect::<Option<_>>()?
        }
        Value::Text(_) | Value::Number(_) => vec![value.to_bson(2)?],
        _ => return None,
    };
    let kind = match values.first()? {
        Bson::String(_) => Kind::String,
        _ => Kind::Number,
    };
    Some(Shape {
        choices: values,
        ..kind.into()
    })
}

fn literal_value(literal: &ast::TSLiteral<'_>) -> Option<Bson> {
    Some(match literal {
        ast::TSLiteral::BooleanLiteral(b) => Bson::Boolean(b.value),
        ast::TSLiteral::NumericLiteral(n) => super::value::number(n.value),
        ast::TSLiteral::StringLiteral(s) => Bson::String(s.value.to_string()),
        ast::TSLiteral::UnaryExpression(u) => match &u.argument {
            ast::Expression::NumericLiteral(n) => super::value::number(-n.value),
            _ => return None,
        },
        ast::TSLiteral::BigIntLiteral(_) | ast::TSLiteral::TemplateLiteral(_) => return None,
    })
}

/// The names that `Pick` and `Omit` are given.
fn literal_names(of: &TSType<'_>) -> Vec<String> {
    let one = |t: &TSType<'_>| match t.without_parenthesized() {
        TSType::TSLiteralType(l) => match literal_value(&l.literal) {
            Some(Bson::String(s)) => Some(s),
            _ => None,
        },
        _ => None,
    };
    match of.without_parenthesized() {
        TSType::TSUnionType(union) => union.types.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

fn type_name(name: &ast::TSTypeName<'_>) -> String {
    let mut parts = Vec::new();
    let mut at = name;
    for _ in 0..16 {
        match at {
            ast::TSTypeName::IdentifierReference(id) => {
                parts.push(id.name.to_string());
                break;
            }
            ast::TSTypeName::QualifiedName(q) => {
                parts.push(q.right.name.to_string());
                at = &q.left;
            }
            ast::TSTypeName::ThisExpression(_) => break,
        }
    }
    parts.reverse();
    parts.join(".")
}

/// Types of the object mapper that add methods, not fields.
fn is_foreign(name: &str) -> bool {
    matches!(
        name,
        "Document"
            | "mongoose.Document"
            | "Model"
            | "mongoose.Model"
            | "Types.Subdocument"
            | "Types.EmbeddedDocument"
            | "mongoose.Types.Subdocument"
            | "Subdocument"
    )
}

fn is_function(of: Option<&TSType<'_>>) -> bool {
    of.is_some_and(|t| matches!(t.without_parenthesized(), TSType::TSFunctionType(_)))
}
