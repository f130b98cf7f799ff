//! Keymaps: what keys mean in each context.
//!
//! A preset is laid down first, the person's file over it, and for each context its own table over the keys of `global`
//! that hold there. Errors of a file are all found before anything changes. Invariant: what the hints, the help and the
//! palette say of a key is read from the same tree that resolves it.

mod file;
mod trie;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use self::trie::{Leaf, Node, Trie};
use super::key::{Key, KeySequence};
use crate::app::command::Command;
use crate::app::context::Context;
use crate::value::Diagnostic;

/// A keymap that is part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    /// The keys that people know from other consoles.
    #[default]
    Default,
    /// Closer to vim.
    Vim,
    /// Closer to Emacs.
    Emacs,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Default, Self::Vim, Self::Emacs];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Vim => "vim",
            Self::Emacs => "emacs",
        }
    }

    fn source(self) -> Source<'static> {
        let (name, text) = match self {
            Self::Default => (
                "keymaps/default.toml",
                include_str!("../../keymaps/default.toml"),
            ),
            Self::Vim => ("keymaps/vim.toml", include_str!("../../keymaps/vim.toml")),
            Self::Emacs => (
                "keymaps/emacs.toml",
                include_str!("../../keymaps/emacs.toml"),
            ),
        };
        Source { name, text }
    }
}

/// No preset has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a keymap; it is one of `default`, `vim`, `emacs`")]
pub struct UnknownPreset(String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, UnknownPreset> {
        Self::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| UnknownPreset(name.to_owned()))
    }
}

/// A keymap file: its name for messages, and its text.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The name that messages begin with, such as the file's path.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Every problem of one keymap file. Its text shows each with a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeymapErrors {
    /// The file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The problems, in the order of the text; at least one.
    pub problems: Vec<Diagnostic>,
}

impl fmt::Display for KeymapErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.render(&self.name, &self.text))?;
        }
        Ok(())
    }
}

impl std::error::Error for KeymapErrors {}

/// What a key means after the keys before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// The command that is meant.
    Matched(Command),
    /// A sequence has begun; more keys are awaited.
    Pending,
    /// Nothing is bound: where the context is typed into, the key is typing.
    Unbound,
    /// The sequence that had begun leads nowhere with this key; both are dropped.
    Cancelled,
}

/// What a further key of a sequence leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// To this command.
    Command(Command),
    /// To more keys.
    More,
}

/// Keys and what they mean, for the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The keys.
    pub keys: KeySequence,
    /// The command.
    pub command: Command,
}

/// The meaning of every key in every context.
#[derive(Debug, Clone)]
pub struct Keymaps {
    contexts: BTreeMap<Context, Compiled>,
}

#[derive(Debug, Clone, Default)]
struct Compiled {
    trie: Trie,
    /// Best key first for each command.
    bindings: Vec<Binding>,
}

impl Keymaps {
    /// The preset with the person's file laid over it.
    ///
    /// # Errors
    /// Every problem of the file.
    pub fn load(preset: Preset, user: Option<Source<'_>>) -> Result<Self, KeymapErrors> {
        let mut tables: BTreeMap<Context, Trie> = BTreeMap::new();
        for source in [Some(preset.source()), user].into_iter().flatten() {
            let bindings = file::read(source.text).map_err(|problems| KeymapErrors {
                name: source.name.to_owned(),
                text: source.text.to_owned(),
                problems,
            })?;
            // What is taken away comes first, so that it takes away only what was there before.
            let (unbound, bound): (Vec<_>, Vec<_>) = bindings
                .into_iter()
                .partition(|(_, _, leaf)| *leaf == Leaf::Unbound);
            for (context, sequence, leaf) in unbound.into_iter().chain(bound) {
                tables
                    .entry(context)
                    .or_default()
                    .insert(sequence.keys(), leaf);
            }
        }
        let global = tables.remove(&Context::Global).unwrap_or_default();
        let contexts = Context::ALL
            .into_iter()
            .map(|context| {
                let own = tables.remove(&context).unwrap_or_default();
                (context, compile(context, &global, &own))
            })
            .collect();
        Ok(Self { contexts })
    }

    /// What `key` means in `context` after the keys `pending`.
    #[must_use]
    pub fn resolve(&self, context: Context, pending: &[Key], key: Key) -> Resolved {
        let mut keys = pending.to_vec();
        keys.push(key);
        let node = self.contexts.get(&context).and_then(|c| c.trie.at(&keys));
        match node {
            Some(Node::Leaf(Leaf::Bound(command))) => Resolved::Matched(*command),
            Some(Node::Branch(_)) => Resolved::Pending,
            _ if pending.is_empty() => Resolved::Unbound,
            _ => Resolved::Cancelled,
        }
    }

    /// Every sequence that means `command` in `context`, the one to show first.
    pub fn keys(
        &self,
        context: Context,
        command: Command,
    ) -> impl Iterator<Item = &KeySequence> + use<'_> {
        self.bindings(context)
            .iter()
            .filter(move |binding| binding.command == command)
            .map(|binding| &binding.keys)
    }

    /// The sequence to show for `command` in `context`; `None` where only the palette has it.
    #[must_use]
    pub fn hint(&self, context: Context, command: Command) -> Option<&KeySequence> {
        self.keys(context, command).next()
    }

    /// Everything that is bound in `context`, inherited keys too, in the order of the command table.
    #[must_use]
    pub fn bindings(&self, context: Context) -> &[Binding] {
        self.contexts
            .get(&context)
            .map_or(&[], |compiled| &compiled.bindings)
    }

    /// What may follow the keys `pending` in `context`, for the hints while a sequence is typed.
    #[must_use]
    pub fn continuations(&self, context: Context, pending: &[Key]) -> Vec<(Key, Continuation)> {
        let Some(compiled) = self.contexts.get(&context) else {
            return Vec::new();
        };
        let below = if pending.is_empty() {
            Some(&compiled.trie)
        } else {
            match compiled.trie.at(pending) {
                Some(Node::Branch(below)) => Some(below),
                _ => None,
            }
        };
        below
            .into_iter()
            .flat_map(|trie| &trie.0)
            .filter_map(|(key, node)| match node {
                Node::Leaf(Leaf::Bound(command)) => Some((*key, Continuation::Command(*command))),
                Node::Leaf(Leaf::Unbound) => None,
                Node::Branch(_) => Some((*key, Continuation::More)),
            })
            .collect()
    }
}

/// Whether a binding of `global` holds in `context`. Panes take what applies to them. Whatever is typed into, or lies
/// over the panes and asks for an answer, takes chords, and plain keys only for commands that name it.
fn inherits(context: Context, keys: &[Key], command: Command) -> bool {
    let Some(first) = keys.first() else {
        return false;
    };
    let named = command.entry().contexts.contains(&context);
    match context {
        Context::Global => true,
        Context::Profiles
        | Context::Tree
        | Context::Table
        | Context::Outline
        | Context::Text
        | Context::Chart
        | Context::Models
        | Context::Check
        | Context::Monitor
        | Context::Stages
        | Context::Details => command.applies(context),
        Context::Dialog | Context::Diff | Context::Conflict | Context::Help => {
            named || (first.is_chord() && command.applies(context))
        }
        Context::Editor | Context::Query | Context::Input | Context::List => {
            (named && first.typed().is_none()) || (first.is_chord() && command.applies(context))
        }
    }
}

fn compile(context: Context, global: &Trie, own: &Trie) -> Compiled {
    let mut trie = Trie::default();
    for (keys, leaf) in global.leaves() {
        if let Leaf::Bound(command) = leaf
            && inherits(context, &keys, command)
        {
            trie.insert(&keys, leaf);
        }
    }
    trie.merge(own);
    trie.prune();
    let mut bindings: Vec<Binding> = trie
        .leaves()
        .into_iter()
        .filter_map(|(keys, leaf)| match leaf {
            Leaf::Bound(command) => KeySequence::new(keys).map(|keys| Binding { keys, command }),
            Leaf::Unbound => None,
        })
        .collect();
    // Alt chords last: some terminals do not send them.
    bindings.sort_by_cached_key(|binding| {
        let keys = binding.keys.keys();
        let text = binding.keys.to_string();
        (
            binding.command,
            keys.iter().any(|key| key.alt()),
            keys.len(),
            text.chars().count(),
            text,
        )
    });
    Compiled { trie, bindings }
}

#[cfg(test)]
mod tests;
