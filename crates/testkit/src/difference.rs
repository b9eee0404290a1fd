//! Showing where two texts differ.

use std::fmt::Write;

/// Equal lines shown beside those that differ.
const CONTEXT: usize = 2;

/// How many lines of a difference are shown.
const LONGEST: usize = 40;

/// The lines in which `actual` differs from `expected`, marked as in a unified diff. Empty when the
/// texts are equal.
///
/// ```
/// let shown = hotlist_testkit::difference("a\nb\nc\n", "a\nx\nc\n");
/// assert_eq!(shown, "@@ line 2 @@\n a\n-b\n+x\n c\n");
/// ```
pub fn difference(expected: &str, actual: &str) -> String {
    if expected == actual {
        return String::new();
    }
    let marked = align(&lines(expected), &lines(actual));
    let differs: Vec<usize> = (0..marked.len()).filter(|&row| marked[row].0 != ' ').collect();
    let (Some(first), Some(_)) = (differs.first(), differs.last()) else {
        return "the last line ends with a newline in one of them only\n".to_owned();
    };
    let mut text = format!("@@ line {} @@\n", first + 1);
    let near = |row: usize| differs.iter().any(|&other| row.abs_diff(other) <= CONTEXT);
    let shown: Vec<usize> = (0..marked.len()).filter(|&row| near(row)).collect();
    for pair in shown.iter().take(LONGEST).zip(shown.iter().skip(1).map(Some).chain([None])) {
        let (mark, line) = marked[*pair.0];
        let _ = writeln!(text, "{mark}{line}");
        if pair.1.is_some_and(|next| next - pair.0 > 1) {
            text.push_str("@@\n");
        }
    }
    if shown.len() > LONGEST {
        let _ = writeln!(text, "… and {} more lines", shown.len() - LONGEST);
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// The lines of both texts in one sequence: `-` for those of `old` alone, `+` for those of `new`
/// alone, a space for those of both, by a longest common subsequence of what lies between the equal
/// beginnings and ends.
fn align<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (before, after) = (&old[..start], &old[old.len() - end..]);
    let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);

    // The lengths of the longest common subsequences of the tails of both.
    let mut lengths = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            lengths[row][column] = if old[row] == new[column] {
                lengths[row + 1][column + 1] + 1
            } else {
                lengths[row + 1][column].max(lengths[row][column + 1])
            };
        }
    }
    let mut marked: Vec<(char, &str)> = before.iter().map(|&line| (' ', line)).collect();
    let (mut row, mut column) = (0, 0);
    while row < old.len() || column < new.len() {
        if row < old.len() && column < new.len() && old[row] == new[column] {
            marked.push((' ', old[row]));
            (row, column) = (row + 1, column + 1);
        } else if column == new.len()
            || (row < old.len() && lengths[row + 1][column] >= lengths[row][column + 1])
        {
            marked.push(('-', old[row]));
            row += 1;
        } else {
            marked.push(('+', new[column]));
            column += 1;
        }
    }
    marked.extend(after.iter().map(|&line| (' ', line)));
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, actual: &str, shown: &str) {
        assert_eq!(difference(expected, actual), shown);
    }

    #[test]
    fn added_removed_and_changed_lines_are_marked() {
        check("a\n", "a\n", "");
        check("a\nb\n", "a\n", "@@ line 2 @@\n a\n-b\n");
        check("a\n", "a\nb\n", "@@ line 2 @@\n a\n+b\n");
        check("a\na\n", "a\na\na\n", "@@ line 3 @@\n a\n a\n+a\n");
        check("", "x", "@@ line 1 @@\n+x\n");
        check(
            "1\na\n2\n3\n4\n5\n6\nb\n",
            "1\n2\n3\n4\n5\n6\n",
            "@@ line 2 @@\n 1\n-a\n 2\n 3\n@@\n 5\n 6\n-b\n",
        );
        check("a\n", "a", "the last line ends with a newline in one of them only\n");
    }
}
