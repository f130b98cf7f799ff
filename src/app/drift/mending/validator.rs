//! The questions before a model is installed as a collection's validator: how strict it is to be, and whether to do it.

use super::{Pending, WorkKind, cut};
use crate::app::drift::Drift;
use crate::app::drift::detail::{Tone, validator_difference};
use crate::app::overlay::Overlay;
use crate::app::picker::{Choice, Item, Picker};
use crate::app::scope::Scope;
use crate::model::drift::ValidatorState;
use crate::mongo::request::Request;
use crate::mongo::request::drift::{ValidationAction, ValidationLevel};

/// Differences of the validator that are shown in the question; all of them are in the detail.
const DIFFERENCES: usize = 8;

impl Drift {
    pub(super) fn choose_validator(&mut self, scope: &mut Scope<'_>, place: usize) {
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        if report.validator.model.is_none() {
            return scope.info(format!(
                "the model `{}` cannot be written as a validator",
                subject.model.name
            ));
        }
        let mut items = Vec::new();
        for level in [ValidationLevel::Strict, ValidationLevel::Moderate] {
            for action in [ValidationAction::Error, ValidationAction::Warn] {
                let held = match level {
                    ValidationLevel::Strict => "every write",
                    ValidationLevel::Moderate => "writes of documents that satisfy it now",
                };
                let then = match action {
                    ValidationAction::Error => "what breaks it is refused",
                    ValidationAction::Warn => "what breaks it is written and logged",
                };
                items.push(Item::new(
                    format!("{} {}", level.word(), action.word()),
                    format!("{held}; {then}"),
                    Choice::Validator(self.tab, level, action),
                ));
            }
        }
        scope.overlays.push(Overlay::Picker(Picker::new(
            "install the validator: level and action",
            items,
            "no such level",
        )));
    }

    /// Asks whether the model is to be installed as the validator.
    pub(in crate::app::drift) fn ask_validator(
        &mut self,
        scope: &mut Scope<'_>,
        level: ValidationLevel,
        action: ValidationAction,
    ) {
        let place = self.current().map_or(0, |r| r.subject);
        let Some((subject, report)) = self.found(place) else {
            return;
        };
        let Some(model) = report.validator.model.clone() else {
            return;
        };
        let mut lines = vec![format!(
            "the model `{}` as the validator of `{}` on profile `{}`: level {}, action {}.",
            subject.model.name,
            subject.namespace,
            self.profile,
            level.word(),
            action.word()
        )];
        let refused = report.findings.refused;
        if refused > 0 && (level, action) == (ValidationLevel::Strict, ValidationAction::Error) {
            lines.push(format!(
                "{refused} documents break the model: no update of them is taken until they are fixed."
            ));
        }
        match &report.validator.state {
            ValidatorState::Differs(differences) => {
                for difference in differences.iter().take(DIFFERENCES) {
                    for line in validator_difference(difference) {
                        lines.push(match line.tone {
                            Tone::Title => line.text,
                            _ => format!("  {}", cut(&line.text)),
                        });
                    }
                }
                let more = differences.len().saturating_sub(DIFFERENCES);
                if more > 0 {
                    lines.push(format!(
                        "and {more} more differences: the detail lists them all"
                    ));
                }
            }
            ValidatorState::Same => {
                lines.push("It says the same already; level and action are set.".to_owned());
            }
            _ => lines.push("It has none so far; the detail shows it whole.".to_owned()),
        }
        let request = Request::SetValidator {
            namespace: subject.namespace.clone(),
            validator: model,
            level,
            action,
        };
        let what = format!("set the validator of `{}`", subject.namespace);
        let pending = Pending {
            subject: place,
            kind: WorkKind::Validator,
            request,
            what,
        };
        self.ask(scope, "install the validator?", lines, pending);
    }
}
