//! What a person does that is no command: typed text, a paste, the mouse.

use super::super::effect::Effect;
use super::super::msg::{Mouse, MouseKind};
use super::super::overlay::Overlay;
use super::super::regions::Hit;
use super::super::{App, Command, Focus};
use super::scope;

impl App {
    pub(super) fn typed(&mut self, input: tui_textarea::Input, effects: &mut Vec<Effect>) {
        self.notices.dismiss();
        if let Some(Overlay::Export(_)) = self.overlays.last() {
            return self.export_typed(input, effects);
        }
        let rows = self.regions.overlay_rows;
        if let (Some(Overlay::Form(_)), tui_textarea::Key::F(5)) = (self.overlays.last(), input.key)
        {
            return self.command(Command::Accept, effects);
        }
        if let Some(overlay) = self.overlays.last_mut() {
            overlay.typed(input, rows);
            return;
        }
        match self.focus {
            Focus::Tree => {
                let mut scope = scope!(self, (*effects));
                self.tree.filter_typed(&mut scope, |f| f.input(input));
            }
            Focus::Main => {
                if let Some(tab) = self.tabs.get_mut(self.active) {
                    let mut scope = scope!(self, (*effects));
                    tab.typed(&mut scope, input);
                }
            }
        }
    }

    pub(super) fn pasted(&mut self, text: &str, effects: &mut Vec<Effect>) {
        if let Some(overlay) = self.overlays.last_mut() {
            overlay.pasted(text);
            return;
        }
        match self.focus {
            Focus::Tree if self.tree.filtering => {
                let mut scope = scope!(self, (*effects));
                self.tree.filter_typed(&mut scope, |f| f.paste(text));
            }
            Focus::Main if self.tab().is_some_and(|t| t.context().takes_text()) => {
                if let Some(tab) = self.tabs.get_mut(self.active) {
                    let mut scope = scope!(self, (*effects));
                    tab.pasted(&mut scope, text);
                }
            }
            _ => {
                let mut scope = scope!(self, (*effects));
                scope.warn("pasted text was not taken: nothing is being edited");
            }
        }
    }

    pub(super) fn mouse(&mut self, mouse: Mouse, effects: &mut Vec<Effect>) {
        let Some(hit) = self.regions.at(mouse.column, mouse.row) else {
            return;
        };
        let wheel = matches!(mouse.kind, MouseKind::WheelUp | MouseKind::WheelDown);
        if let Some(overlay) = self.overlays.last_mut() {
            match (mouse.kind, hit) {
                (MouseKind::WheelUp, _) => self.command(Command::CursorUp, effects),
                (MouseKind::WheelDown, _) => self.command(Command::CursorDown, effects),
                (_, Hit::Item(place)) if overlay.picker().is_some() => {
                    if let Some(picker) = overlay.picker() {
                        let again = picker.cursor == place;
                        picker.cursor = place.min(picker.shown.len().saturating_sub(1));
                        if again || mouse.kind == MouseKind::DoublePress {
                            self.command(Command::Accept, effects);
                        }
                    }
                }
                (_, Hit::Item(place)) => {
                    let cursor = match overlay {
                        Overlay::Referrers(list) => Some(&mut list.cursor),
                        Overlay::Deletion(deletion) => Some(&mut deletion.cursor),
                        Overlay::Form(form) => {
                            form.cursor = place.min(form.lines.len().saturating_sub(1));
                            None
                        }
                        Overlay::Status(status) => Some(&mut status.cursor),
                        _ => None,
                    };
                    if let Some(cursor) = cursor {
                        let again = std::mem::replace(cursor, place) == place;
                        if again || mouse.kind == MouseKind::DoublePress {
                            self.command(Command::Accept, effects);
                        }
                    }
                }
                (_, Hit::Answer(yes)) => {
                    self.command(
                        if yes {
                            Command::ConfirmYes
                        } else {
                            Command::ConfirmNo
                        },
                        effects,
                    );
                }
                (_, Hit::Hint(command)) => self.command(command, effects),
                _ => {}
            }
            return;
        }
        match hit {
            Hit::Hint(command) if !wheel => self.command(command, effects),
            Hit::Tab(id) if !wheel => {
                if let Some(place) = self.place_of(id) {
                    self.turn_to(place);
                }
            }
            Hit::TreeRow(_) | Hit::Tree if wheel => {
                self.tree
                    .wheel(mouse.kind == MouseKind::WheelDown, self.regions.tree_rows);
            }
            Hit::TreeRow(place) => {
                self.focus = Focus::Tree;
                let again = self.tree.click(place);
                if again || mouse.kind == MouseKind::DoublePress {
                    self.command(Command::Open, effects);
                }
            }
            Hit::Tree => self.focus = Focus::Tree,
            hit => {
                self.focus = Focus::Main;
                if let Some(tab) = self.tabs.get_mut(self.active) {
                    let mut scope = scope!(self, (*effects));
                    if wheel {
                        tab.wheel(&mut scope, mouse.kind == MouseKind::WheelDown);
                    } else {
                        tab.hit(&mut scope, hit, mouse.kind == MouseKind::DoublePress);
                    }
                } else if let Hit::Row(place) = hit {
                    let again = self.profile_cursor == place;
                    self.profile_cursor = place.min(self.profiles.all.len().saturating_sub(1));
                    if again || mouse.kind == MouseKind::DoublePress {
                        self.command(Command::Open, effects);
                    }
                }
            }
        }
    }
}
