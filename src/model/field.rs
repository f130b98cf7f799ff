//! The parts of a model: schemas, fields, kinds and constraints.
//!
//! Plain data, filled by the readers. Must not know where it was read from beyond a line number.
//!
//! Invariant: patterns are compiled when a field is made, so that validating never compiles anything.

use std::fmt;
use std::sync::Arc;

use bson::Bson;

use super::Model;

/// Which schema of a model: its place in [`Model::schemas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub usize);

/// What a schema does with fields that it does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// They are dropped by the application that owns the schema: a warning.
    #[default]
    Strict,
    /// They are allowed.
    Open,
    /// The application refuses such a document: an error.
    Throw,
}

/// The options of one schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaOptions {
    /// The name of the creation time stamp, where the schema keeps one.
    pub created_at: Option<String>,
    /// The name of the update time stamp, where the schema keeps one.
    pub updated_at: Option<String>,
    /// What happens to fields that are not declared.
    pub strict: Strictness,
    /// Whether documents of this schema have an `_id` of their own.
    pub id: bool,
    /// The field of the document's version (`__v`); `None` where it is switched off.
    pub version_key: Option<String>,
    /// Whether the application leaves out empty objects when it saves.
    pub minimize: bool,
    /// The field that says which discriminator a document is.
    pub discriminator_key: String,
}

impl SchemaOptions {
    /// What holds where a schema says nothing.
    pub const DEFAULT: Self = Self {
        created_at: None,
        updated_at: None,
        strict: Strictness::Strict,
        id: true,
        version_key: None,
        minimize: true,
        discriminator_key: String::new(),
    };
}

impl Default for SchemaOptions {
    fn default() -> Self {
        Self {
            discriminator_key: "__t".to_owned(),
            version_key: Some("__v".to_owned()),
            ..Self::DEFAULT
        }
    }
}

/// A variant of a schema: documents whose discriminator key has this value follow the other schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Discriminator {
    /// Its model's name.
    pub name: String,
    /// The value of the discriminator key that chooses it.
    pub value: String,
    /// The whole schema of such documents, the base's fields included.
    pub schema: SchemaId,
}

/// One schema: the fields of a document or of a sub-document.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The fields in the order of their declaration.
    pub fields: Vec<Field>,
    /// Its options.
    pub options: SchemaOptions,
    /// Names that the application computes and does not keep: they may stand in a document and are dropped.
    pub virtuals: Vec<String>,
    /// Its variants.
    pub discriminators: Vec<Discriminator>,
    /// The line it starts at, counted from 1.
    pub line: usize,
    /// The file it stands in; `None` where that is the model's own. The lines of its fields are of this file.
    pub file: Option<Arc<str>>,
}

impl Schema {
    /// A schema that declares nothing.
    pub const EMPTY: Self = Self {
        fields: Vec::new(),
        options: SchemaOptions::DEFAULT,
        virtuals: Vec::new(),
        discriminators: Vec::new(),
        line: 0,
        file: None,
    };

    /// The field with this name, in the schema or else in one of its variants.
    #[must_use]
    pub fn find<'a>(&'a self, model: &'a Model, name: &str) -> Option<&'a Field> {
        self.fields.iter().find(|f| f.name == name).or_else(|| {
            self.discriminators.iter().find_map(|d| {
                model
                    .schema(d.schema)
                    .fields
                    .iter()
                    .find(|f| f.name == name)
            })
        })
    }
}

/// The kind of a value, in Mongoose's terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Text.
    String,
    /// Any number: int32, int64 or double.
    Number,
    /// A whole number of 32 bits.
    Int32,
    /// A double; any number is taken, since its width does not matter.
    Double,
    /// A whole number of 64 bits.
    BigInt,
    /// A decimal number of 128 bits.
    Decimal128,
    /// True or false.
    Boolean,
    /// A point in time.
    Date,
    /// An ObjectId.
    ObjectId,
    /// Binary data.
    Buffer,
    /// Binary data of subtype 4.
    Uuid,
    /// Anything at all.
    Mixed,
    /// An object of these fields, which is a part of its parent: it is checked even where it is missing.
    Nested(Vec<Field>),
    /// A sub-document with a schema of its own: it is checked only where it is there.
    Embedded(SchemaId),
    /// An array whose elements are like this.
    Array(Box<Field>),
    /// An object of any keys whose values are like this.
    Map(Box<Field>),
    /// One of several kinds, the first that fits.
    Union(Vec<Field>),
    /// Could not be read; there is a gap that says why. Anything is taken.
    Unknown,
}

/// Whether a value must be there.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Requirement {
    /// It may be missing.
    #[default]
    Optional,
    /// It must be there, with the schema's own message where it has one.
    Required(Option<String>),
    /// It must be there, but an empty text will do: the rule of a TypeScript type.
    Present,
    /// It must be there in documents of which this holds, with the schema's own message where it has one.
    When(Condition, Option<String>),
    /// A function decides: cannot be checked without running it.
    Computed,
}

/// What a function of the schema asks of its document, where it is simple enough to be understood without running it.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Always, or never.
    Constant(bool),
    /// The value at this path of the (sub-)document is one of these.
    OneOf(Vec<String>, Vec<Bson>),
    /// There is a value at this path that counts as true in JavaScript.
    Truthy(Vec<String>),
    /// The other does not hold.
    Not(Box<Condition>),
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
}

/// The index that a field's own options ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldIndex {
    /// `1`, `"text"`, `"2dsphere"`, ….
    pub direction: Bson,
    /// Options of the index as the server takes them.
    pub options: bson::Document,
}

/// One value of an enumeration.
pub type Choice = Bson;

/// A bound of a number, a date or a length, with the schema's own message where it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit<T> {
    /// The bound; it is allowed itself.
    pub value: T,
    /// The schema's own message, with its placeholders as written.
    pub message: Option<String>,
}

/// A regular expression of the schema, compiled with the rules of ECMAScript.
#[derive(Clone)]
pub struct Pattern {
    /// The expression as written, without slashes.
    pub source: String,
    /// Its flags.
    pub flags: String,
    /// The schema's own message.
    pub message: Option<String>,
    pub(super) compiled: Arc<regress::Regex>,
}

impl Pattern {
    /// Compiles an expression; an error says what is wrong with it.
    ///
    /// # Errors
    /// Where the expression is not one of ECMAScript's.
    pub fn new(source: &str, flags: &str, message: Option<String>) -> Result<Self, String> {
        let compiled = regress::Regex::with_flags(source, flags).map_err(|e| e.text.clone())?;
        Ok(Self {
            source: source.to_owned(),
            flags: flags.to_owned(),
            message,
            compiled: Arc::new(compiled),
        })
    }

    /// Whether it is found somewhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.find(text).is_some()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

/// What a value is when nobody gives one.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum DefaultValue {
    /// Nothing.
    #[default]
    None,
    /// This value.
    Value(Bson),
    /// The time when the document is made.
    Now,
    /// A new ObjectId.
    NewId,
    /// A new UUID.
    NewUuid,
    /// A function decides: cannot be known without running it.
    Computed,
}

/// What an ObjectId, or another value, refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// The `_id` of a document of the model with this name.
    Model(String),
    /// As above, but the model's name is the value of this path (dot notation, from the document's top).
    Path(String),
    /// A function decides.
    Computed,
}

/// One declared value: a field of a document, the element of an array, or the value of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name; empty for the element of an array and the value of a map.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: Requirement,
    /// The values it may have; empty where any will do.
    pub choices: Vec<Choice>,
    /// The schema's own message for a value that is not among the choices.
    pub choices_message: Option<String>,
    /// The least number or the first date.
    pub min: Option<Limit<Bson>>,
    /// The greatest number or the last date.
    pub max: Option<Limit<Bson>>,
    /// The least length of text, in UTF-16 units.
    pub min_length: Option<Limit<u64>>,
    /// The greatest length of text, in UTF-16 units.
    pub max_length: Option<Limit<u64>>,
    /// An expression that text must match.
    pub pattern: Option<Pattern>,
    /// Its value where nobody gives one.
    pub default: DefaultValue,
    /// What it refers to.
    pub reference: Option<Reference>,
    /// Whether it may not change once the document is saved.
    pub immutable: bool,
    /// Whether a value may occur in one document only. Needs an index of its own to hold.
    pub unique: bool,
    /// The index that its own options ask for.
    pub index: Option<FieldIndex>,
    /// Whether the application turns text to lower case.
    pub lowercase: bool,
    /// Whether the application turns text to upper case.
    pub uppercase: bool,
    /// Whether the application cuts white space from both ends of text.
    pub trim: bool,
    /// Whether the application converts a value of another kind (`false` where the schema says `cast: false`).
    pub cast: bool,
    /// Whether the application leaves it out of reads unless asked (`select: false`).
    pub hidden: bool,
    /// Another name that the application uses for it.
    pub alias: Option<String>,
    /// Constraints that are functions, by the names of their options: they cannot be checked here.
    pub unchecked: Vec<String>,
    /// Whether the reader added it (`_id`, time stamps, the version and discriminator keys), rather than the schema's author.
    pub implied: bool,
    /// The line it is declared at in its schema's file, counted from 1; 0 where none is known.
    pub line: usize,
    /// The rule that its own default breaks, with the words for it; found out once, when the model is made.
    pub(super) default_breaks: Option<(String, String)>,
}

impl Field {
    /// A field of this kind with no constraint.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: Kind, line: usize) -> Self {
        Self {
            name: name.into(),
            kind,
            required: Requirement::Optional,
            choices: Vec::new(),
            choices_message: None,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            pattern: None,
            default: DefaultValue::None,
            reference: None,
            immutable: false,
            unique: false,
            index: None,
            lowercase: false,
            uppercase: false,
            trim: false,
            cast: true,
            hidden: false,
            alias: None,
            unchecked: Vec::new(),
            implied: false,
            line,
            default_breaks: None,
        }
    }

    /// Whether it must be there, as far as that can be known without running code.
    #[must_use]
    pub fn is_required(&self) -> bool {
        matches!(
            self.required,
            Requirement::Required(_) | Requirement::Present
        )
    }
}
