//! A list of names as a person gives one: `A1 Company`, `A*, B1 Company`, `"Acme, Inc.", B*`.
//!
//! Commas part the names, blanks around them are not part of them, and `*` stands for any letters. A name in double quotes
//! is meant letter for letter, its commas and `*` too; `""` in it is one quote.

/// The names meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<Name>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    text: String,
    is_quoted: bool,
}

impl Names {
    /// Reads a list. Every text is one; what is empty between commas is no name.
    pub fn parse(text: &str) -> Self {
        let mut names = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, behind) = quoted(rest).unwrap_or_else(|| {
                let (name, behind) = rest.split_once(',').unwrap_or((rest, ""));
                (Name { text: name.trim_end().to_owned(), is_quoted: false }, behind)
            });
            names.push(name);
            rest = behind.trim_start();
        }
        names.retain(|name| name.is_quoted || !name.text.is_empty());
        Self(names)
    }

    /// A list of these texts, each of which may be a name or a pattern, as [`Names::parse`] reads it.
    pub fn join(texts: &[String]) -> String {
        let quote = |text: &String| match text.contains([',', '"']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.clone(),
        };
        texts.iter().map(quote).collect::<Vec<_>>().join(",")
    }

    /// Whether one of them is this name, letter for letter.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|meant| meant.matches(name))
    }

    /// Each of them as a list of one.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|name| match name.is_quoted {
            true => format!("\"{}\"", name.text.replace('"', "\"\"")),
            false => name.text.clone(),
        })
    }
}

/// A name in quotes at the beginning of a list, and what stands behind its comma. None where there is no such name: a quote
/// further in is a letter like others.
fn quoted(list: &str) -> Option<(Name, &str)> {
    let inner = list.strip_prefix('"')?;
    let mut text = String::new();
    let mut rest = inner;
    loop {
        let (before, behind) = rest.split_once('"')?;
        text.push_str(before);
        match behind.strip_prefix('"') {
            Some(behind) => {
                text.push('"');
                rest = behind;
            }
            None => {
                let behind = behind.trim_start();
                let behind = if behind.is_empty() { behind } else { behind.strip_prefix(',')? };
                return Some((Name { text, is_quoted: true }, behind));
            }
        }
    }
}

impl Name {
    fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.text.split_once('*').filter(|_| !self.is_quoted) else {
            return self.text == name;
        };
        let Some(mut name) = name.strip_prefix(first) else { return false };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(inner) = name.strip_suffix(last) else { return false };
        name = inner;
        middle.split('*').all(|part| match name.split_once(part) {
            _ if part.is_empty() => true,
            Some((_, behind)) => {
                name = behind;
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(list: &str, names: &[&str]) -> Vec<bool> {
        let list = Names::parse(list);
        names.iter().map(|name| list.matches(name)).collect()
    }

    #[test]
    fn a_name_is_meant_letter_for_letter_and_a_star_is_any_letters() {
        assert_eq!(matches("A1 Company", &["A1 Company", "a1 company", "A1 Company 2"]), [true, false, false]);
        assert_eq!(matches("*", &["", "A1 Company"]), [true, true]);
        assert_eq!(matches("A*", &["A", "A1 Company", "B1 Company"]), [true, true, false]);
        assert_eq!(matches("*Company", &["A1 Company", "Company Ltd"]), [true, false]);
        assert_eq!(matches("A*m*y", &["A1 Company", "Amy", "Ay"]), [true, true, false]);
        // What begins and ends the name must not be the same letters.
        assert_eq!(matches("aba*aba", &["ababa", "abaaba"]), [false, true]);
        assert_eq!(matches("Wer ist das?", &["Wer ist das?"]), [true]);
    }

    #[test]
    fn commas_part_names_but_not_in_quotes() {
        assert_eq!(matches(" A1 , B1", &["A1", "B1", "A1 , B1"]), [true, true, false]);
        assert_eq!(matches("\"Acme, Inc.\", B*", &["Acme, Inc.", "Acme", "Inc.", "B1"]), [true, false, false, true]);
        assert_eq!(matches("\"5\"\" Disks\",\"*\"", &["5\" Disks", "*", "x"]), [true, true, false]);
        assert_eq!(matches("5\" Disks", &["5\" Disks"]), [true]);
        assert_eq!(matches(",,", &["", ","]), [false, false]);
    }

    #[test]
    fn a_list_that_was_joined_reads_as_its_names() {
        let texts = ["A1 Company", "Acme, Inc.", "the \"best\"", "B*"].map(str::to_owned);
        let list = Names::join(&texts);
        assert_eq!(list, "A1 Company,\"Acme, Inc.\",\"the \"\"best\"\"\",B*");
        assert_eq!(matches(&list, &["A1 Company", "Acme, Inc.", "the \"best\"", "B1"]), [true; 4]);
    }

    #[test]
    fn each_name_of_a_list_is_a_list_of_one() {
        let list = Names::parse("A1, B*, \"Acme, Inc.\"");
        assert_eq!(list.texts().collect::<Vec<_>>(), ["A1", "B*", "\"Acme, Inc.\""]);
    }
}
