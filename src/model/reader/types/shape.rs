//! What a type is as a kind of field: its name, its members, its alternatives.

use super::{DEEPEST, Declaration, Shape, type_name};
use crate::model::reader::Reader;
use crate::model::reader::value::{Place, Value};
use crate::model::{Field, Kind, Requirement, SchemaId};
use bson::Bson;
use oxc_ast::ast::{self, TSSignature, TSType};
use oxc_span::GetSpan;
use std::rc::Rc;

impl<'a> Reader<'a, '_> {
    pub(super) fn shape(
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

    pub(super) fn union(
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

    pub(super) fn reference(
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

    pub(super) fn reference_members(
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

    pub(super) fn declared_shape(
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
    pub(super) fn indexed(
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

    pub(super) fn keys_of(&mut self, file: usize, of: &'a TSType<'a>) -> Shape {
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
    pub(super) fn enum_shape(&mut self, file: usize, name: &str) -> Option<Shape> {
        let scope = Rc::clone(&self.types.get(file)?.scope);
        let mut parts = name.split('.');
        let mut value = scope.find(parts.next()?)?;
        for part in parts {
            value = self.member(&value, part);
        }
        choices_of(&value)
    }
}

pub(super) fn array_of(element: Shape, place: Place) -> Shape {
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

pub(super) fn map_of(value: Shape, place: Place) -> Shape {
    let field = Field {
        choices: value.choices,
        ..Field::new("", value.kind, place.line)
    };
    Kind::Map(Box::new(field)).into()
}

pub(super) fn choices_of(value: &Value<'_>) -> Option<Shape> {
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

pub(super) fn literal_value(literal: &ast::TSLiteral<'_>) -> Option<Bson> {
    Some(match literal {
        ast::TSLiteral::BooleanLiteral(b) => Bson::Boolean(b.value),
        ast::TSLiteral::NumericLiteral(n) => crate::model::reader::value::number(n.value),
        ast::TSLiteral::StringLiteral(s) => Bson::String(s.value.to_string()),
        ast::TSLiteral::UnaryExpression(u) => match &u.argument {
            ast::Expression::NumericLiteral(n) => crate::model::reader::value::number(-n.value),
            _ => return None,
        },
        ast::TSLiteral::BigIntLiteral(_) | ast::TSLiteral::TemplateLiteral(_) => return None,
    })
}

/// The names that `Pick` and `Omit` are given.
pub(super) fn literal_names(of: &TSType<'_>) -> Vec<String> {
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

/// Types of the object mapper that add methods, not fields.
pub(super) fn is_foreign(name: &str) -> bool {
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

pub(super) fn is_function(of: Option<&TSType<'_>>) -> bool {
    of.is_some_and(|t| matches!(t.without_parenthesized(), TSType::TSFunctionType(_)))
}
