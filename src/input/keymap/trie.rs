//! A tree of keys with commands at its leaves.
//!
//! Invariant: no leaf has anything below it, so a sequence is never both complete and begun. Depth is bounded by
//! [`KeySequence::LONGEST`].

use std::collections::BTreeMap;

use crate::app::command::Command;
use crate::input::key::{Key, KeySequence};

/// What stands at the end of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// The keys mean this command.
    Bound(Command),
    /// The keys mean nothing here, though a lower layer may bind them.
    Unbound,
}

/// One place in the tree.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// A whole sequence.
    Leaf(Leaf),
    /// The beginning of sequences.
    Branch(Trie),
}

/// The tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Trie(pub(super) BTreeMap<Key, Node>);

impl Trie {
    /// Lays one sequence over what is there: a leaf replaces everything below it, and a longer sequence replaces the
    /// leaf that it begins with. Taking away what is not there changes nothing.
    pub(super) fn insert(&mut self, keys: &[Key], leaf: Leaf) {
        let Some((first, rest)) = keys.split_first() else {
            return;
        };
        if rest.is_empty() {
            self.0.insert(*first, Node::Leaf(leaf));
            return;
        }
        if leaf == Leaf::Unbound && matches!(self.0.get(first), Some(Node::Leaf(_))) {
            return;
        }
        let node = self
            .0
            .entry(*first)
            .and_modify(|node| {
                if matches!(node, Node::Leaf(_)) {
                    *node = Node::Branch(Self::default());
                }
            })
            .or_insert_with(|| Node::Branch(Self::default()));
        if let Node::Branch(below) = node {
            below.insert(rest, leaf);
        }
    }

    /// Lays every sequence of `above` over this tree.
    pub(super) fn merge(&mut self, above: &Self) {
        for (keys, leaf) in above.leaves() {
            self.insert(&keys, leaf);
        }
    }

    /// What stands at `keys`.
    pub(super) fn at(&self, keys: &[Key]) -> Option<&Node> {
        let (last, before) = keys.split_last()?;
        let mut trie = self;
        for key in before {
            match trie.0.get(key)? {
                Node::Branch(below) => trie = below,
                Node::Leaf(_) => return None,
            }
        }
        trie.0.get(last)
    }

    /// Every sequence with its leaf.
    pub(super) fn leaves(&self) -> Vec<(Vec<Key>, Leaf)> {
        let mut out = Vec::new();
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, before: &mut Vec<Key>, out: &mut Vec<(Vec<Key>, Leaf)>) {
        debug_assert!(before.len() < KeySequence::LONGEST);
        for (key, node) in &self.0 {
            before.push(*key);
            match node {
                Node::Leaf(leaf) => out.push((before.clone(), *leaf)),
                Node::Branch(below) => below.collect(before, out),
            }
            before.pop();
        }
    }

    /// Takes away what means nothing, and the branches that are empty then.
    pub(super) fn prune(&mut self) {
        self.0.retain(|_, node| match node {
            Node::Leaf(leaf) => *leaf != Leaf::Unbound,
            Node::Branch(below) => {
                below.prune();
                !below.0.is_empty()
            }
        });
    }
}
