//! Draws the tab in front: documents as a table, a tree or text.

use crate::theme::Role;
use ratatui::layout::{Position, Rect};

use super::Sheet;
use crate::app::documents::Documents;

/// Draws the tab.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Documents, area: Rect) {
    sheet.regions.main_rows = usize::from(area.height);
    sheet.regions.main_width = usize::from(area.width);
    if let Some(page) = tab.page.value() {
        for (y, document) in (area.y..area.bottom()).zip(&page.documents) {
            let text = crate::app::words::document_line(document);
            sheet.put(
                Position::new(area.x + 1, y),
                area.width - 1,
                &text,
                sheet.style(Role::Text),
            );
        }
    }
}
