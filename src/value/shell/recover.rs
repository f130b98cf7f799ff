//! Going on after a problem: over strings, comments and whole brackets to the next `,` or closing bracket.

use super::parse::Parser;

impl Parser<'_, '_> {
    /// Skips what is left of a broken element; stops before `,`, before a closing bracket of the container, or at the end.
    pub(super) fn skip_to_separator(&mut self) {
        let mut open = 0_usize;
        while let Some(b) = self.peek() {
            match b {
                b',' if open == 0 => return,
                b'}' | b']' | b')' => {
                    if open == 0 && b != b')' {
                        return;
                    }
                    open = open.saturating_sub(1);
                }
                b'{' | b'[' | b'(' => open += 1,
                b'\'' | b'"' | b'`' => {
                    self.skip_string(b);
                    continue;
                }
                b'/' => {
                    let before = self.at;
                    self.comment();
                    if self.at > before {
                        continue;
                    }
                }
                _ => {}
            }
            self.at += 1;
            // Never in the middle of a character: all the bytes looked for above are ASCII, which no other byte of a
            // character can be, but a problem's span must lie on a boundary.
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        }
    }

    fn skip_string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(b) = self.peek() {
            self.at += 1;
            if b == b'\\' {
                self.at += self.text[self.at..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            } else if b == quote || (b == b'\n' && quote != b'`') {
                return;
            }
        }
    }
}
