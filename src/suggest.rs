//! The name somebody probably meant, for "did you mean" hints.

/// The candidate closest to `typed`, when it is close enough to be a slip: one edit in three letters, at least two for
/// names of four letters or more. The case of letters is no difference. Of equally close ones the first wins.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    let limit = if length < 4 { 1 } else { (length / 3).max(2) };
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that `typed` is but for one slip, whatever its length: for names that may well be others on purpose.
pub fn slip<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    candidates.into_iter().find(|candidate| strsim::damerau_levenshtein(&typed, &candidate.to_lowercase()) <= 1)
}

/// `a`, `a or b`, `a, b or c`.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: [&str; 5] = ["extract", "normalize", "transform", "load", "all"];

    #[test]
    fn a_slip_finds_the_name_it_was_meant_to_be() {
        assert_eq!(nearest("trasnform", STAGES), Some("transform"));
        assert_eq!(nearest("LOAD", STAGES), Some("load"));
        assert_eq!(nearest("lod", STAGES), Some("load"));
    }

    #[test]
    fn another_word_finds_nothing() {
        assert_eq!(nearest("publish", STAGES), None);
        assert_eq!(nearest("", STAGES), None);
    }

    #[test]
    fn one_slip_is_one_letter_more_less_other_or_moved() {
        for typed in ["loads", "laod", "lod", "lord", "Load"] {
            assert_eq!(slip(typed, STAGES), Some("load"), "{typed}");
        }
        assert_eq!(slip("floats", STAGES), None);
    }

    #[test]
    fn choices_read_as_a_sentence() {
        assert_eq!(one_of(["a"]), "a");
        assert_eq!(one_of(["a", "b"]), "a or b");
        assert_eq!(one_of(["a", "b", "c"]), "a, b or c");
    }
}
