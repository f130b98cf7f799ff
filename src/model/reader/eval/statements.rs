//! Statements of a module: what they bind, assign and leave.

use super::{DEEPEST, Flow, Scope};
use crate::model::reader::Reader;
use crate::model::reader::value::{Object, Property, Value};
use oxc_ast::ast::{self, Statement};
use oxc_span::GetSpan;
use std::rc::Rc;

impl<'a> Reader<'a, '_> {
    pub(in crate::model::reader) fn statements(
        &mut self,
        statements: &'a [Statement<'a>],
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Flow<'a> {
        if !self.step() {
            return Flow::Lost;
        }
        // Functions can be used above the place they stand at.
        for statement in statements {
            let function = match statement {
                Statement::FunctionDeclaration(f) => Some(f),
                Statement::ExportDeclaration(e) => match &e.declaration {
                    ast::Declaration::FunctionDeclaration(f) => Some(f),
                    _ => None,
                },
                _ => None,
            };
            if let Some(function) = function
                && let Some(id) = &function.id
            {
                let value = self.function(function, scope, file);
                scope.set(id.name.as_str(), value);
            }
        }
        for statement in statements {
            match self.statement(statement, scope, file) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    pub(super) fn statement(
        &mut self,
        statement: &'a Statement<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Flow<'a> {
        self.depth += 1;
        let flow = self.statement_inner(statement, scope, file);
        self.depth -= 1;
        flow
    }

    pub(super) fn statement_inner(
        &mut self,
        statement: &'a Statement<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Flow<'a> {
        if !self.step() {
            return Flow::Lost;
        }
        match statement {
            Statement::ExpressionStatement(e) => {
                self.eval(&e.expression, scope, file);
                Flow::Next
            }
            Statement::ReturnStatement(r) => Flow::Return(match &r.argument {
                Some(e) => self.eval(e, scope, file),
                None => Value::Undefined,
            }),
            Statement::BlockStatement(block) => {
                let inner = Scope::inside(Some(scope));
                self.statements(&block.body, &inner, file)
            }
            Statement::IfStatement(i) => match self.eval(&i.test, scope, file).truthy() {
                Some(true) => self.statement(&i.consequent, scope, file),
                Some(false) => match &i.alternate {
                    Some(other) => self.statement(other, scope, file),
                    None => Flow::Next,
                },
                None => {
                    // Both ways are read, for the models that they may make.
                    let first = self.statement(&i.consequent, scope, file);
                    let second = match &i.alternate {
                        Some(other) => self.statement(other, scope, file),
                        None => Flow::Next,
                    };
                    match (first, second) {
                        (Flow::Next, Flow::Next) => Flow::Next,
                        _ => Flow::Lost,
                    }
                }
            },
            Statement::TryStatement(t) => {
                let inner = Scope::inside(Some(scope));
                self.statements(&t.block.body, &inner, file)
            }
            Statement::ForOfStatement(_)
            | Statement::ForInStatement(_)
            | Statement::ForStatement(_)
            | Statement::WhileStatement(_)
            | Statement::DoWhileStatement(_)
            | Statement::SwitchStatement(_) => {
                let place = self.place(file, statement.span().start);
                self.loose_gap(place, "what this loop or switch does cannot be read");
                Flow::Next
            }
            Statement::ImportDeclaration(import) => {
                self.import_declaration(import, scope, file);
                Flow::Next
            }
            Statement::ExportDefaultDeclaration(export) => {
                let value = match &export.declaration {
                    ast::ExportDefaultDeclarationKind::FunctionDeclaration(f) => {
                        self.function(f, scope, file)
                    }
                    ast::ExportDefaultDeclarationKind::ClassDeclaration(c) => self.class(c, file),
                    ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => {
                        return Flow::Next;
                    }
                    other => match other.as_expression() {
                        Some(e) => self.eval(e, scope, file),
                        None => Value::Undefined,
                    },
                };
                self.export(file, "default", value);
                Flow::Next
            }
            Statement::ExportDeclaration(export) => {
                for name in self.declaration(&export.declaration, scope, file) {
                    if let Some(value) = scope.find(name) {
                        self.export(file, name, value);
                    }
                }
                Flow::Next
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    // A name may be exported above the place it is declared at; it is looked up once the file is read.
                    self.late_export(
                        file,
                        specifier.local.name().as_str(),
                        specifier.exported.name().as_str(),
                    );
                }
                Flow::Next
            }
            Statement::ExportFromDeclaration(export) => {
                if export.export_kind.is_type() {
                    return Flow::Next;
                }
                let place = self.place(file, export.span.start);
                let module = self.import(file, export.source.value.as_str(), place);
                for specifier in &export.specifiers {
                    let value = self.imported(&module, specifier.local.name().as_str());
                    self.export(file, specifier.exported.name().as_str(), value);
                }
                Flow::Next
            }
            Statement::ExportAllDeclaration(export) => {
                if export.export_kind.is_type() {
                    return Flow::Next;
                }
                let place = self.place(file, export.span.start);
                let module = self.import(file, export.source.value.as_str(), place);
                match &export.exported {
                    Some(name) => self.export(file, name.name().as_str(), module),
                    None => {
                        if let Value::Object(object) = module {
                            let properties: Vec<Property<'a>> = object.borrow().properties.clone();
                            for property in properties {
                                if &*property.key != "default" {
                                    self.export(file, &property.key, property.value);
                                }
                            }
                        }
                    }
                }
                Flow::Next
            }
            Statement::TSExportAssignment(export) => {
                let value = self.eval(&export.expression, scope, file);
                self.set_exports(file, value);
                Flow::Next
            }
            Statement::ThrowStatement(_)
            | Statement::BreakStatement(_)
            | Statement::ContinueStatement(_) => Flow::Lost,
            other => {
                if let Some(declaration) = other.as_declaration() {
                    self.declaration(declaration, scope, file);
                }
                Flow::Next
            }
        }
    }

    /// Reads a declaration; gives back the names that it declares.
    pub(super) fn declaration(
        &mut self,
        declaration: &'a ast::Declaration<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Vec<&'a str> {
        match declaration {
            ast::Declaration::VariableDeclaration(variables) => {
                let mut names = Vec::new();
                for declarator in &variables.declarations {
                    let value = match &declarator.init {
                        Some(init) => self.eval(init, scope, file),
                        None => Value::Undefined,
                    };
                    if let (ast::BindingPattern::BindingIdentifier(id), Value::Schema(schema)) =
                        (&declarator.id, &value)
                    {
                        self.name_schema(*schema, id.name.as_str());
                    }
                    self.bind(&declarator.id, value, scope, file);
                    bound_names(&declarator.id, 0, &mut names);
                }
                names
            }
            ast::Declaration::FunctionDeclaration(f) => {
                f.id.iter().map(|id| id.name.as_str()).collect()
            }
            ast::Declaration::ClassDeclaration(class) => match &class.id {
                Some(id) => {
                    let value = self.class(class, file);
                    scope.set(id.name.as_str(), value);
                    vec![id.name.as_str()]
                }
                None => Vec::new(),
            },
            ast::Declaration::TSEnumDeclaration(e) => {
                let value = self.enumeration(e, scope, file);
                scope.set(e.id.name.as_str(), value);
                vec![e.id.name.as_str()]
            }
            ast::Declaration::TSImportEqualsDeclaration(import) => {
                if let ast::TSModuleReference::ExternalModuleReference(reference) =
                    &import.module_reference
                {
                    let place = self.place(file, import.span.start);
                    let value = self.import(file, reference.expression.value.as_str(), place);
                    scope.set(import.id.name.as_str(), value);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn enumeration(
        &mut self,
        declaration: &'a ast::TSEnumDeclaration<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let inner = Scope::inside(Some(scope));
        let mut out = Object::default();
        let mut next = Some(0.0);
        for member in &declaration.body.members {
            let name = match &member.id {
                ast::TSEnumMemberName::Identifier(id) => id.name.as_str(),
                ast::TSEnumMemberName::String(s) | ast::TSEnumMemberName::ComputedString(s) => {
                    s.value.as_str()
                }
                ast::TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let place = self.place(file, member.span.start);
            let value = match (&member.initializer, next) {
                (Some(e), _) => self.eval(e, &inner, file),
                (None, Some(n)) => Value::Number(n),
                (None, None) => Value::unknown("the enum's value is computed"),
            };
            next = match &value {
                Value::Number(n) => Some(n + 1.0),
                _ => None,
            };
            inner.set(name, value.clone());
            out.set(Rc::from(name), value, place);
        }
        Value::object(out)
    }

    /// Gives the names of a pattern their parts of a value.
    pub(in crate::model::reader) fn bind(
        &mut self,
        pattern: &'a ast::BindingPattern<'a>,
        value: Value<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) {
        if !self.step() {
            return;
        }
        match pattern {
            ast::BindingPattern::BindingIdentifier(id) => scope.set(id.name.as_str(), value),
            ast::BindingPattern::ObjectPattern(object) => {
                for property in &object.properties {
                    let Some(key) = self.key(&property.key, property.computed, scope, file) else {
                        continue;
                    };
                    let part = self.member(&value, &key);
                    self.bind(&property.value, part, scope, file);
                }
                if let Some(rest) = &object.rest {
                    let taken: Vec<_> = object
                        .properties
                        .iter()
                        .filter_map(|p| p.key.static_name())
                        .collect();
                    let left = match &value {
                        Value::Object(all) => {
                            let mut left = all.borrow().clone();
                            left.retain(|key| !taken.iter().any(|t| **t == *key));
                            Value::object(left)
                        }
                        _ => Value::unknown("it is the rest of something that cannot be read"),
                    };
                    self.bind(&rest.argument, left, scope, file);
                }
            }
            ast::BindingPattern::ArrayPattern(array) => {
                for (i, element) in array.elements.iter().enumerate() {
                    if let Some(element) = element {
                        let part = self.member(&value, &i.to_string());
                        self.bind(element, part, scope, file);
                    }
                }
            }
            ast::BindingPattern::AssignmentPattern(pattern) => {
                let value = match value {
                    Value::Undefined => self.eval(&pattern.right, scope, file),
                    other => other,
                };
                self.bind(&pattern.left, value, scope, file);
            }
        }
    }

    pub(super) fn assign(
        &mut self,
        target: &'a ast::AssignmentTarget<'a>,
        value: Value<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) {
        match target {
            ast::AssignmentTarget::AssignmentTargetIdentifier(id) => {
                scope.assign(id.name.as_str(), value);
            }
            other => {
                let Some(member) = other.as_member_expression() else {
                    return;
                };
                let place = self.place(file, member.span().start);
                let object = self.eval(member.object(), scope, file);
                let Some(name) = self.member_name(member, scope, file) else {
                    return;
                };
                match object {
                    Value::Native("module") if name == "exports" => self.set_exports(file, value),
                    Value::Native("exports") => self.export(file, &name, value),
                    Value::Object(object) => {
                        object
                            .borrow_mut()
                            .set(Rc::from(name.as_str()), value, place);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn bound_names<'a>(pattern: &'a ast::BindingPattern<'a>, depth: usize, out: &mut Vec<&'a str>) {
    if depth > DEEPEST {
        return;
    }
    match pattern {
        ast::BindingPattern::BindingIdentifier(id) => out.push(id.name.as_str()),
        ast::BindingPattern::ObjectPattern(object) => {
            for property in &object.properties {
                bound_names(&property.value, depth + 1, out);
            }
        }
        ast::BindingPattern::ArrayPattern(array) => {
            for element in array.elements.iter().flatten() {
                bound_names(element, depth + 1, out);
            }
        }
        ast::BindingPattern::AssignmentPattern(p) => bound_names(&p.left, depth + 1, out),
    }
}
