//! When the text that is being typed goes to disk.
//!
//! Invariant: what was typed is asked to be kept within a second, and whenever the editor is left.

use std::sync::Arc;

use bson::RawDocumentBuf;

use crate::app::effect::Effect;
use crate::app::scope::{Moment, Scope};
use crate::config::state::{Draft, DraftId, DraftKind};

/// After so many milliseconds without a key the text is kept.
const PAUSE: u64 = 150;
/// After so many milliseconds of typing it is kept as well.
const LONGEST: u64 = 500;
/// A draft carries the document it started from: large ones are kept less often.
const LARGE: usize = 1 << 20;

/// The draft of one editor.
#[derive(Debug)]
pub struct Keeping {
    /// Its name.
    pub id: DraftId,
    /// When the edit began.
    pub created: Moment,
    /// Whether it is on disk, in some version.
    pub kept: bool,
    /// Since when there is something that is not on disk, and when it last changed.
    pending: Option<(Moment, Moment)>,
}

impl Keeping {
    /// A draft that is not on disk so far.
    #[must_use]
    pub fn new(scope: &mut Scope<'_>) -> Self {
        Self {
            id: scope.ids.draft(scope.now),
            created: scope.now,
            kept: false,
            pending: None,
        }
    }

    /// A draft that was found on disk.
    #[must_use]
    pub fn resumed(draft: &Draft) -> Self {
        Self {
            id: draft.id.clone(),
            created: Moment(draft.created),
            kept: true,
            pending: None,
        }
    }

    /// The text changed.
    pub fn changed(&mut self, now: Moment) {
        let since = self.pending.map_or(now, |(since, _)| since);
        self.pending = Some((since, now));
    }

    /// Whether something waits to be kept.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether it is time to keep what waits.
    #[must_use]
    pub fn is_due(&self, now: Moment, base: Option<&Arc<RawDocumentBuf>>) -> bool {
        let slow = base.map_or(1, |b| if b.as_bytes().len() > LARGE { 8 } else { 1 });
        self.pending.is_some_and(|(since, last)| {
            now.0.saturating_sub(last.0) >= PAUSE * slow
                || now.0.saturating_sub(since.0) >= LONGEST * slow
        })
    }

    /// Keeps the draft.
    pub fn keep(&mut self, scope: &mut Scope<'_>, draft: Draft) {
        self.kept = true;
        self.pending = None;
        scope.effects.push(Effect::SaveDraft(draft));
    }

    /// Removes the draft: it was written, thrown away, or says nothing.
    pub fn remove(&mut self, scope: &mut Scope<'_>) {
        self.pending = None;
        if std::mem::take(&mut self.kept) {
            scope.effects.push(Effect::RemoveDraft(self.id.clone()));
        }
    }
}

/// Whether a draft is of the document `id` on this profile and collection.
#[must_use]
pub fn is_of(draft: &Draft, profile: &str, namespace: &str, id: &bson::RawBson) -> bool {
    let base = || RawDocumentBuf::from_bytes(draft.base.clone()?).ok();
    draft.profile == profile
        && draft.namespace == namespace
        && draft.kind == DraftKind::Edit
        && base().is_some_and(|b| super::review::id_of(&b) == *id)
}
