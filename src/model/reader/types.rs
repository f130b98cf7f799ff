//! TypeScript interfaces and type aliases as schemas.
//!
//! A type says less than a schema (no lengths, no defaults) and is stricter in one thing: what is not optional must be
//! there, an empty text included. Types are followed into the files that they are imported from; generics of the
//! project's own are gaps. Invariant: a type that contains itself is one schema that names itself.

mod shape;

use std::collections::HashMap;
use std::rc::Rc;

use bson::Bson;
use oxc_ast::ast::{self, Statement, TSSignature, TSType};
use oxc_span::GetSpan;

use shape::{is_foreign, is_function, literal_names};

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
