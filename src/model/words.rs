//! What a built-in query reads, told by its words. Parsing them all takes longer than most commands do, and longer by far than
//! looking for the names behind `from` and `join`. The tests hold this to what the parser says; a project's own SQL is parsed.

use std::collections::BTreeSet;

use memchr::memchr;

/// The tables that a query names, as [`super::references::references`] tells them. It joins by `join`, not by a comma, calls no
/// table function, quotes no name, and has no CTE of the name of a table that it reads.
pub fn tables(sql: &str) -> BTreeSet<(Option<String>, String)> {
    let (mut tables, mut own) = (BTreeSet::new(), BTreeSet::new());
    let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let mut words = Words(sql).peekable();
    let (mut before, mut last) = ("", "");
    while let Some(word) = words.next() {
        let is_name = word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if is_name && (is(last, "join") || (is(last, "from") && !is(before, "distinct"))) {
            let name = match words.next_if_eq(&".") {
                Some(_) => (Some(word.to_lowercase()), words.next().unwrap_or_default().to_lowercase()),
                None => (None, word.to_lowercase()),
            };
            tables.insert(name);
        }
        if word == "(" && is(last, "as") {
            own.insert(before.to_lowercase());
        }
        (before, last) = (last, word);
    }
    tables.retain(|(schema, name)| schema.is_some() || !own.contains(name));
    tables
}

/// Words and signs, without comments and texts.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.0.trim_start();
            let end = |from: usize, byte: u8| memchr(byte, rest.as_bytes().get(from..)?).map(|place| from + place + 1);
            let passed = match rest.as_bytes().first()? {
                b'-' if rest.starts_with("--") => end(2, b'\n').unwrap_or(rest.len()),
                // Two quotes in a text are two texts here.
                b'\'' => end(1, b'\'').unwrap_or(rest.len()),
                _ => {
                    let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                    let length = rest.bytes().position(|byte| !is_of_word(&byte)).unwrap_or(rest.len());
                    let first = rest.chars().next().map_or(0, char::len_utf8);
                    let (word, rest) = rest.split_at(length.max(first));
                    self.0 = rest;
                    return Some(word);
                }
            };
            self.0 = rest.get(passed..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::references::references;

    #[test]
    fn a_query_reads_by_its_words_what_it_reads_by_its_grammar() {
        for sql in [
            "select 'from x' as a from stg_a inner join current.invoice as i on i.id = stg_a.id -- from y\n",
            "with a as (select * from b), c as (select * from a) select * from c where x is distinct from y",
            "select * from (select * from Inner_One) as z left join (select 1.5 as n from b where n = 'it''s') as q on true",
        ] {
            assert_eq!(tables(sql), references(sql).unwrap().tables, "{sql}");
        }
    }
}
