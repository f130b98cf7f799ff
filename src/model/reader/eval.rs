//! Expressions and statements of a model file, read as values.
//!
//! Nothing is run: literals, constants, object and array building, and functions that only put such things together are
//! understood; everything else becomes [`Value::Unknown`]. Invariant: every walk is bounded in depth and in steps.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{self, Expression, Statement};
use oxc_span::GetSpan;
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator};

use super::Reader;
use super::value::{Body, Function, Object, Place, Property, Value};

const DEEPEST: usize = 150;
const MOST_STEPS: usize = 2_000_000;
const LONGEST_TEXT: usize = 64 * 1024;

/// The names that are known at one place of a file.
pub(super) struct Scope<'a> {
    pub(super) names: RefCell<HashMap<&'a str, Value<'a>>>,
    pub(super) parent: Option<Rc<Scope<'a>>>,
}

impl<'a> Scope<'a> {
    pub(super) fn inside(parent: Option<&Rc<Self>>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            parent: parent.cloned(),
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<Value<'a>> {
        if let Some(value) = self.names.borrow().get(name) {
            return Some(value.clone());
        }
        let mut at = self.parent.clone();
        while let Some(scope) = at {
            if let Some(value) = scope.names.borrow().get(name) {
                return Some(value.clone());
            }
            at = scope.parent.clone();
        }
        None
    }

    pub(super) fn set(&self, name: &'a str, value: Value<'a>) {
        self.names.borrow_mut().insert(name, value);
    }

    /// Gives a name that is declared further out another value.
    fn assign(&self, name: &'a str, value: Value<'a>) {
        if self.names.borrow().contains_key(name) {
            return self.set(name, value);
        }
        let mut at = self.parent.clone();
        while let Some(scope) = at {
            if scope.names.borrow().contains_key(name) {
                return scope.set(name, value);
            }
            at = scope.parent.clone();
        }
        self.set(name, value);
    }
}

/// What running through statements came to.
pub(super) enum Flow<'a> {
    Next,
    Return(Value<'a>),
    /// Control flow that is not understood.
    Lost,
}

impl<'a> Reader<'a, '_> {
    pub(super) fn place(&self, file: usize, offset: u32) -> Place {
        Place {
            file,
            line: self.files.get(file).map_or(0, |f| f.line(offset as usize)),
        }
    }

    fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < MOST_STEPS && self.depth < DEEPEST
    }

    /// The value of an expression, as far as it can be known.
    pub(super) fn eval(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        if !self.step() {
            return Value::unknown("it is nested too deep");
        }
        self.depth += 1;
        let value = self.eval_inner(expression, scope, file);
        self.depth -= 1;
        value
    }

    fn eval_inner(
        &mut self,
        expression: &'a Expression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        match expression {
            Expression::BooleanLiteral(b) => Value::Bool(b.value),
            Expression::NullLiteral(_) => Value::Null,
            Expression::NumericLiteral(n) => Value::Number(n.value),
            Expression::BigIntLiteral(n) => n.value.as_str().parse().map_or_else(
                |_| Value::unknown("the integer is too large"),
                Value::BigInt,
            ),
            Expression::RegExpLiteral(r) => Value::Regex(
                Rc::from(r.regex.pattern.text.as_str()),
                Rc::from(r.regex.flags.to_string().as_str()),
            ),
            Expression::StringLiteral(s) => Value::text(s.value.as_str()),
            Expression::TemplateLiteral(t) => self.template(t, scope, file),
            Expression::Identifier(id) => self.name(id.name.as_str(), scope),
            Expression::ArrayExpression(array) => {
                let mut out = Vec::new();
                for element in &array.elements {
                    match element {
                        ast::ArrayExpressionElement::SpreadElement(spread) => {
                            match self.eval(&spread.argument, scope, file) {
                                Value::Array(inner) => {
                                    self.steps += inner.borrow().len();
                                    if self.steps > MOST_STEPS {
                                        return Value::unknown("it is too large");
                                    }
                                    out.extend(inner.borrow().iter().cloned());
                                }
                                _ => {
                                    return Value::unknown(
                                        "it spreads something that cannot be read",
                                    );
                                }
                            }
                        }
                        ast::ArrayExpressionElement::Elision(_) => out.push(Value::Undefined),
                        other => match other.as_expression() {
                            Some(e) => {
                                let value = self.eval(e, scope, file);
                                out.push(value);
                            }
                            None => out.push(Value::Undefined),
                        },
                    }
                }
                Value::array(out)
            }
            Expression::ObjectExpression(object) => self.object(object, scope, file),
            Expression::ArrowFunctionExpression(arrow) => Value::Function(Rc::new(Function {
                params: &arrow.params,
                body: match &arrow.body {
                    ast::ArrowFunctionBody::FunctionBody(body) => {
                        Body::Statements(&body.statements)
                    }
                    other => match other.as_expression() {
                        Some(e) => Body::Expression(e),
                        None => Body::Statements(&[]),
                    },
                },
                scope: Rc::clone(scope),
                file,
                is_async: arrow.r#async,
            })),
            Expression::FunctionExpression(function) => self.function(function, scope, file),
            Expression::ParenthesizedExpression(p) => self.eval(&p.expression, scope, file),
            Expression::TSAsExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSSatisfiesExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSTypeAssertion(e) => self.eval(&e.expression, scope, file),
            Expression::TSNonNullExpression(e) => self.eval(&e.expression, scope, file),
            Expression::TSInstantiationExpression(e) => self.eval(&e.expression, scope, file),
            Expression::AwaitExpression(e) => self.eval(&e.argument, scope, file),
            Expression::SequenceExpression(s) => {
                let mut last = Value::Undefined;
                for e in &s.expressions {
                    last = self.eval(e, scope, file);
                }
                last
            }
            Expression::ConditionalExpression(c) => {
                match self.eval(&c.test, scope, file).truthy() {
                    Some(true) => self.eval(&c.consequent, scope, file),
                    Some(false) => self.eval(&c.alternate, scope, file),
                    None => {
                        let first = self.eval(&c.consequent, scope, file);
                        let second = self.eval(&c.alternate, scope, file);
                        match (first, second) {
                            (model @ Value::Model(_), _) | (_, model @ Value::Model(_)) => model,
                            _ => Value::unknown("it depends on a condition"),
                        }
                    }
                }
            }
            Expression::LogicalExpression(l) => {
                let left = self.eval(&l.left, scope, file);
                let keep = match l.operator {
                    LogicalOperator::Or => left.truthy(),
                    LogicalOperator::And => left.truthy().map(|t| !t),
                    LogicalOperator::Coalesce => match left {
                        Value::Unknown(_) => None,
                        _ => Some(!left.is_nullish()),
                    },
                };
                match keep {
                    Some(true) => left,
                    Some(false) => self.eval(&l.right, scope, file),
                    None => {
                        let right = self.eval(&l.right, scope, file);
                        match right {
                            Value::Model(_) => right,
                            _ => left,
                        }
                    }
                }
            }
            Expression::UnaryExpression(u) => {
                let value = self.eval(&u.argument, scope, file);
                match (u.operator, value) {
                    (UnaryOperator::UnaryNegation, Value::Number(n)) => Value::Number(-n),
                    (UnaryOperator::UnaryNegation, Value::BigInt(n)) => Value::BigInt(-n),
                    (UnaryOperator::UnaryPlus, Value::Number(n)) => Value::Number(n),
                    (UnaryOperator::LogicalNot, value) => match value.truthy() {
                        Some(b) => Value::Bool(!b),
                        None => value,
                    },
                    (UnaryOperator::Void, _) => Value::Undefined,
                    _ => Value::unknown("it is computed"),
                }
            }
            Expression::BinaryExpression(b) => {
                let left = self.eval(&b.left, scope, file);
                let right = self.eval(&b.right, scope, file);
                binary(b.operator, &left, &right)
            }
            Expression::AssignmentExpression(a) => {
                let value = self.eval(&a.right, scope, file);
                let value = if a.operator == AssignmentOperator::Assign {
                    value
                } else {
                    Value::unknown("it is computed")
                };
                self.assign(&a.left, value.clone(), scope, file);
                value
            }
            Expression::CallExpression(call) => self.call_expression(call, scope, file),
            Expression::NewExpression(new) => {
                let callee = self.eval(&new.callee, scope, file);
                let arguments = self.arguments(&new.arguments, scope, file);
                let place = self.place(file, new.span.start);
                self.construct(callee, arguments, place)
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ast::ChainElement::CallExpression(call) => self.call_expression(call, scope, file),
                ast::ChainElement::TSNonNullExpression(e) => self.eval(&e.expression, scope, file),
                other => match other.as_member_expression() {
                    Some(member) => self.member_expression(member, scope, file),
                    None => Value::unknown("it is computed"),
                },
            },
            Expression::ClassExpression(class) => self.class(class, file),
            Expression::ThisExpression(_) => scope
                .find("this")
                .unwrap_or(Value::unknown("it depends on `this`")),
            Expression::ImportExpression(_) => Value::unknown("it is imported when the code runs"),
            other => match other.as_member_expression() {
                Some(member) => self.member_expression(member, scope, file),
                None => Value::unknown("it is computed"),
            },
        }
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if let Some(value) = scope.find(name) {
            return value;
        }
        let native = match name {
            "undefined" => return Value::Undefined,
            "NaN" => return Value::Number(f64::NAN),
            "Infinity" => return Value::Number(f64::INFINITY),
            "String" => "String",
            "Number" => "Number",
            "Boolean" => "Boolean",
            "Date" => "Date",
            "Buffer" => "Buffer",
            "Map" => "Map",
            "Array" => "Array",
            "Object" => "Object",
            "BigInt" => "BigInt",
            "RegExp" => "RegExp",
            "Set" => "Set",
            "Math" => "Math",
            "crypto" => "crypto",
            "require" => "require",
            _ => {
                return Value::unknown(format!(
                    "`{}` is not known here",
                    crate::model::describe::cut(name)
                ));
            }
        };
        Value::Native(native)
    }

    fn template(
        &mut self,
        template: &'a ast::TemplateLiteral<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let mut out = String::new();
        for (i, quasi) in template.quasis.iter().enumerate() {
            out.push_str(quasi.value.cooked.as_ref().map_or("", |c| c.as_str()));
            if let Some(e) = template.expressions.get(i) {
                match text_of(&self.eval(e, scope, file)) {
                    Some(text) => out.push_str(&text),
                    None => return Value::unknown("the text is put together when the code runs"),
                }
            }
        }
        Value::text(&out)
    }

    fn object(
        &mut self,
        object: &'a ast::ObjectExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let mut out = Object::default();
        for property in &object.properties {
            match property {
                ast::ObjectPropertyKind::ObjectProperty(p) => {
                    let place = self.place(file, p.span.start);
                    let Some(key) = self.key(&p.key, p.computed, scope, file) else {
                        out.incomplete = Some((Rc::from("a name is computed"), place));
                        continue;
                    };
                    let value = if p.kind == ast::PropertyKind::Init {
                        self.eval(&p.value, scope, file)
                    } else {
                        Value::unknown("it is a getter or a setter")
                    };
                    out.set(key, value, place);
                }
                ast::ObjectPropertyKind::SpreadProperty(spread) => {
                    let place = self.place(file, spread.span.start);
                    match self.eval(&spread.argument, scope, file) {
                        Value::Object(inner) => {
                            let inner = inner.borrow();
                            self.steps += inner.properties.len();
                            for property in &inner.properties {
                                out.set(
                                    Rc::clone(&property.key),
                                    property.value.clone(),
                                    property.place,
                                );
                            }
                            if inner.incomplete.is_some() {
                                out.incomplete.clone_from(&inner.incomplete);
                            }
                        }
                        Value::Undefined | Value::Null | Value::Bool(_) => {}
                        Value::Unknown(why) => {
                            out.incomplete = Some((
                                Rc::from(format!("what is spread in here cannot be read: {why}")),
                                place,
                            ));
                        }
                        _ => {
                            out.incomplete =
                                Some((Rc::from("what is spread in here cannot be read"), place))
                        }
                    }
                }
            }
        }
        Value::object(out)
    }

    fn key(
        &mut self,
        key: &'a ast::PropertyKey<'a>,
        computed: bool,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Option<Rc<str>> {
        if computed {
            let value = self.eval(key.as_expression()?, scope, file);
            return text_of(&value).map(|t| Rc::from(t.as_str()));
        }
        key.static_name().map(|name| Rc::from(&*name))
    }

    pub(super) fn function(
        &mut self,
        function: &'a ast::Function<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        Value::Function(Rc::new(Function {
            params: &function.params,
            body: match &function.body {
                Some(body) => Body::Statements(&body.statements),
                None => Body::Statements(&[]),
            },
            scope: Rc::clone(scope),
            file,
            is_async: function.r#async || function.generator,
        }))
    }

    fn class(&mut self, class: &'a ast::Class<'a>, file: usize) -> Value<'a> {
        let mut getters = Object::default();
        for element in &class.body.body {
            if let ast::ClassElement::MethodDefinition(method) = element
                && !method.r#static
                && matches!(
                    method.kind,
                    ast::MethodDefinitionKind::Get | ast::MethodDefinitionKind::Set
                )
                && let Some(name) = method.key.static_name()
            {
                let place = self.place(file, method.span.start);
                getters.set(Rc::from(&*name), Value::Bool(true), place);
            }
        }
        Value::Method(Box::new(Value::object(getters)), Rc::from("class"))
    }

    pub(super) fn arguments(
        &mut self,
        arguments: &'a [ast::Argument<'a>],
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Vec<Value<'a>> {
        let mut out = Vec::new();
        for argument in arguments {
            match argument {
                ast::Argument::SpreadElement(spread) => {
                    match self.eval(&spread.argument, scope, file) {
                        Value::Array(inner) => out.extend(inner.borrow().iter().cloned()),
                        _ => out.push(Value::unknown("it spreads something that cannot be read")),
                    }
                }
                other => match other.as_expression() {
                    Some(e) => {
                        let value = self.eval(e, scope, file);
                        out.push(value);
                    }
                    None => out.push(Value::Undefined),
                },
            }
        }
        out
    }

    fn member_expression(
        &mut self,
        member: &'a ast::MemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let object = self.eval(member.object(), scope, file);
        match self.member_name(member, scope, file) {
            Some(name) => self.member(&object, &name),
            None => Value::unknown("a computed name cannot be read"),
        }
    }

    fn member_name(
        &mut self,
        member: &'a ast::MemberExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Option<String> {
        match member {
            ast::MemberExpression::StaticMemberExpression(m) => Some(m.property.name.to_string()),
            ast::MemberExpression::ComputedMemberExpression(m) => {
                let value = self.eval(&m.expression, scope, file);
                text_of(&value)
            }
            ast::MemberExpression::PrivateFieldExpression(_) => None,
        }
    }

    fn call_expression(
        &mut self,
        call: &'a ast::CallExpression<'a>,
        scope: &Rc<Scope<'a>>,
        file: usize,
    ) -> Value<'a> {
        let place = self.place(file, call.span.start);
        if let Some(specifier) = call.common_js_require() {
            return self.import(file, specifier.value.as_str(), place);
        }
        let callee = match call.callee.get_inner_expression().get_member_expr() {
            Some(member) => {
                let object = self.eval(member.object(), scope, file);
                match self.member_name(member, scope, file) {
                    Some(name) => {
                        let arguments = self.arguments(&call.arguments, scope, file);
                        return self.method(object, &name, arguments, place);
                    }
                    None => Value::unknown("a computed name cannot be read"),
                }
            }
            None => self.eval(&call.callee, scope, file),
        };
        let arguments = self.arguments(&call.arguments, scope, file);
        self.call(callee, arguments, place)
    }

    /// What a function of the file gives back, where it only puts known things together.
    pub(super) fn understand(
        &mut self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Value<'a> {
        if function.is_async || !self.step() {
            return Value::unknown("it is the result of a function");
        }
        let scope = Scope::inside(Some(&function.scope));
        scope.set("this", Value::unknown("it depends on `this`"));
        let mut arguments = arguments.into_iter();
        for param in &function.params.items {
            let mut value = arguments.next().unwrap_or(Value::Undefined);
            if let (Value::Undefined, Some(init)) = (&value, &param.initializer) {
                value = self.eval(init, &scope, function.file);
            }
            self.bind(&param.pattern, value, &scope, function.file);
        }
        match function.body {
            Body::Expression(e) => self.eval(e, &scope, function.file),
            Body::Statements(statements) => {
                self.depth += 1;
                let flow = self.statements(statements, &scope, function.file);
                self.depth -= 1;
                match flow {
                    Flow::Return(value) => value,
                    Flow::Next => Value::Undefined,
                    Flow::Lost => Value::unknown("it is the result of a function"),
                }
            }
        }
    }

    pub(super) fn statements(
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

    fn statement(
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

    fn statement_inner(
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
    fn declaration(
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

    fn enumeration(
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
    pub(super) fn bind(
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

    fn assign(
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

/// The text that a known value becomes inside other text.
pub(super) fn text_of(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Text(t) => t.to_string(),
        Value::Number(n) => js_number(*n),
        Value::BigInt(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null => "null".to_owned(),
        Value::Undefined => "undefined".to_owned(),
        _ => return None,
    })
}

/// A number as JavaScript writes it, for the numbers that names and messages are made of.
pub(super) fn js_number(n: f64) -> String {
    if n == 0.0 {
        "0".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        n.to_string()
    }
}

fn binary<'a>(operator: BinaryOperator, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => match operator {
            BinaryOperator::Addition => Value::Number(a + b),
            BinaryOperator::Subtraction => Value::Number(a - b),
            BinaryOperator::Multiplication => Value::Number(a * b),
            BinaryOperator::Division => Value::Number(a / b),
            BinaryOperator::Remainder => Value::Number(a % b),
            BinaryOperator::Exponential => Value::Number(a.powf(*b)),
            BinaryOperator::LessThan => Value::Bool(a < b),
            BinaryOperator::GreaterThan => Value::Bool(a > b),
            BinaryOperator::LessEqualThan => Value::Bool(a <= b),
            BinaryOperator::GreaterEqualThan => Value::Bool(a >= b),
            #[expect(clippy::float_cmp, reason = "JavaScript compares so")]
            BinaryOperator::StrictEquality | BinaryOperator::Equality => Value::Bool(a == b),
            #[expect(clippy::float_cmp, reason = "JavaScript compares so")]
            BinaryOperator::StrictInequality | BinaryOperator::Inequality => Value::Bool(a != b),
            _ => Value::unknown("it is computed"),
        },
        (Value::BigInt(a), Value::BigInt(b)) => match operator {
            BinaryOperator::Addition => a.checked_add(*b),
            BinaryOperator::Subtraction => a.checked_sub(*b),
            BinaryOperator::Multiplication => a.checked_mul(*b),
            _ => None,
        }
        .map_or_else(|| Value::unknown("it is computed"), Value::BigInt),
        _ => match (operator, text_of(left), text_of(right)) {
            (BinaryOperator::Addition, Some(a), Some(b))
                if a.len() + b.len() < LONGEST_TEXT
                    && (matches!(left, Value::Text(_)) || matches!(right, Value::Text(_))) =>
            {
                Value::text(&(a + &b))
            }
            (BinaryOperator::StrictEquality | BinaryOperator::Equality, Some(a), Some(b)) => {
                Value::Bool(a == b)
            }
            (BinaryOperator::StrictInequality | BinaryOperator::Inequality, Some(a), Some(b)) => {
                Value::Bool(a != b)
            }
            (_, None, _) if matches!(left, Value::Unknown(_)) => left.clone(),
            (_, _, None) if matches!(right, Value::Unknown(_)) => right.clone(),
            _ => Value::unknown("it is computed"),
        },
    }
}
