//! "Did you mean": the nearest of the words that were possible.

/// The nearest of `words` to `found`, if it is near enough to be meant.
pub fn suggest<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > MAX_LENGTH {
        return None;
    }
    words
        .into_iter()
        .filter(|word| word.len() <= MAX_LENGTH)
        .map(|word| (distance(found, word), word))
        .filter(|(distance, word)| {
            let shorter = found.chars().count().min(word.chars().count());
            *distance <= (shorter / 3).clamp(1, 3) && *distance < shorter
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, one) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let mut best = (at(&above, column) + usize::from(one != other))
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(one);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

/// Longer words are not compared.
const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_meant() {
        let words = ["tlv", "text", "senml-json", "client", "server"];
        assert_eq!(suggest("tvl", words), Some("tlv"));
        assert_eq!(suggest("senml_json", words), Some("senml-json"));
        assert_eq!(suggest("sevrer", words), Some("server"));
        assert_eq!(suggest("zzz", words), None);
        assert_eq!(suggest("", words), None);
        assert_eq!(suggest(&"x".repeat(1000), words), None);
    }
}
