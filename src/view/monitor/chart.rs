//! Figures as runs of block characters: gauges, sparklines, bars.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "parts of a few columns"
)]

/// The eighths of a column from bottom to top.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Values as a line of `width` columns, the newest at the right. `span` values fill the whole width; where there are
/// fewer, the left stays empty. A column shows the largest of its values, so that a short peak is seen; zero is the
/// lowest step and anything above it a higher one. Columns of which nothing is known are empty. `most` is the full height.
#[must_use]
pub fn spark(values: &[Option<u32>], span: usize, width: usize, most: u32) -> String {
    if width == 0 || span == 0 {
        return String::new();
    }
    let values = &values[values.len().saturating_sub(span)..];
    let missing = span - values.len();
    let mut line = String::with_capacity(width * 3);
    for column in 0..width {
        let from = column * span / width;
        let to = ((column + 1) * span / width).max(from + 1);
        let from = from.saturating_sub(missing);
        let to = to.saturating_sub(missing).min(values.len());
        line.push(
            match values.get(from..to).and_then(|v| v.iter().flatten().max()) {
                None => ' ',
                Some(0) => STEPS[0],
                Some(value) => {
                    let part = f64::from(*value) / f64::from(most.max(1));
                    STEPS[((part * 7.0).ceil() as usize).clamp(1, 7)]
                }
            },
        );
    }
    line
}

/// How many of `width` columns each of `parts` takes of `whole`, in this order. What is not zero is seen where there is
/// room at all.
#[must_use]
pub fn shares(parts: &[usize], whole: usize, width: usize) -> Vec<usize> {
    let whole = whole.max(parts.iter().sum()).max(1);
    let mut left = width;
    let mut sum = 0;
    let mut used = 0;
    parts
        .iter()
        .map(|part| {
            sum += part;
            let until = (sum * width)
                .div_ceil(whole)
                .max(used + usize::from(*part > 0));
            let columns = until.saturating_sub(used).min(left);
            let columns = if *part == 0 { 0 } else { columns };
            used += columns;
            left -= columns;
            columns
        })
        .collect()
}

/// A bar of `width` columns of which `part` of `most` are filled, at least a thin one for anything.
#[must_use]
pub fn bar(part: u64, most: u64, width: usize) -> String {
    if part == 0 || width == 0 {
        return String::new();
    }
    let eighths = ((part as f64 / most.max(1) as f64) * width as f64 * 8.0).ceil() as usize;
    let eighths = eighths.clamp(1, width * 8);
    let mut line = "█".repeat(eighths / 8);
    const PARTS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    if let Some(rest) = (eighths % 8).checked_sub(1) {
        line.push(PARTS[rest]);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_shows_peaks_and_leaves_the_past_before_the_start_empty() {
        let known = |values: &[u32]| values.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(spark(&known(&[0, 4, 8]), 3, 3, 8), "▁▅█");
        assert_eq!(spark(&known(&[8]), 4, 4, 8), "   █");
        assert_eq!(spark(&known(&[0, 9, 0, 0]), 4, 2, 9), "█▁");
        assert_eq!(
            spark(&known(&[1]), 1, 1, 1_000),
            "▂",
            "little is not nothing"
        );
        assert_eq!(spark(&known(&[1, 2]), 600, 0, 9), "");
    }

    #[test]
    fn a_sparkline_has_a_gap_where_nothing_is_known() {
        let values = [Some(8), None, None, Some(4), Some(0), None];
        assert_eq!(spark(&values, 6, 6, 8), "█  ▅▁ ");
        assert_eq!(spark(&values, 6, 3, 8), "█▅▁", "half of a column is known");
        assert_eq!(spark(&[None, None], 4, 4, 8), "    ");
    }

    #[test]
    fn every_part_that_is_not_zero_has_a_column() {
        assert_eq!(shares(&[1, 0, 1], 100, 10), [1, 0, 1]);
        assert_eq!(shares(&[10, 0, 0], 10, 10), [10, 0, 0]);
        assert_eq!(shares(&[5, 5], 10, 10), [5, 5]);
        assert_eq!(shares(&[3, 3], 0, 1), [1, 0]);
        assert_eq!(shares(&[], 0, 0), [] as [usize; 0]);
    }

    #[test]
    fn a_bar_is_never_wider_than_its_place() {
        assert_eq!(bar(0, 10, 5), "");
        assert_eq!(bar(10, 10, 5), "█████");
        assert_eq!(bar(99, 10, 5), "█████");
        assert_eq!(bar(1, 1_000, 5), "▏");
    }
}
