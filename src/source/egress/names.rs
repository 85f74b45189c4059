//! What the name of a file or folder says: which table, and how its bytes are to be read.
//!
//! A name is taken apart into words. It is a table's where its words are the table's, and otherwise only numbers and what browsers
//! and writers add (`invoice (1)`, `part-00000`, `INVOICE_0_0_0.snappy`); a title may stand before it, set off by a dash between
//! blanks (`March export - invoice`). Anything else is not guessed at.

use crate::catalog::{self, Origin, TABLES, Table};
use crate::source::delivery::Format;
use crate::suggest::nearest;

/// What browsers, spreadsheets and writers add to a name.
const ADDED: [&str; 24] = [
    "part", "copy", "of", "export", "exported", "chunk", "shard", "split", "page", "file", "data", "dump", "unload",
    "table", "snappy", "gzip", "gz", "zstd", "zst", "lz4", "brotli", "csv", "parquet", "tid",
];

/// What the ending of a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A format that is read.
    Data(Format),
    /// Text that is CSV where it is a table's: what separates its columns shows when it is opened.
    Text,
    /// An archive, or a compression that is not read: data, whatever it is called.
    Packed,
    /// A format that holds data but is not read.
    Unread(&'static str),
    /// Parquet, or Parquet in a compression that is not read: programs call both so, and the first bytes tell.
    Parquet,
    /// What browsers and programs that copy call a file that is not whole yet.
    Arriving,
    /// What editors call the older file that they keep.
    Older,
    /// Nothing: whoever needs to know looks at the first bytes.
    None,
    /// What is beside data: checksums, notes.
    Beside,
}

/// The tables that a name fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    One(&'static str),
    Several(Vec<&'static str>),
    None,
}

/// The ending of a file's name and what stands before it.
pub(super) fn ending(file: &str) -> (Ending, &str) {
    const ENDINGS: &[(&str, Ending)] = &[
        (".csv", Ending::Data(Format::Csv)),
        (".csv.gz", Ending::Data(Format::CsvGzip)),
        (".csv.gzip", Ending::Data(Format::CsvGzip)),
        (".csv.zst", Ending::Data(Format::CsvZstd)),
        (".csv.zstd", Ending::Data(Format::CsvZstd)),
        (".parquet", Ending::Data(Format::Parquet)),
        (".pq", Ending::Data(Format::Parquet)),
        (".parq", Ending::Data(Format::Parquet)),
        (".parquet.gz", Ending::Parquet),
        (".parquet.gzip", Ending::Parquet),
        (".parquet.zst", Ending::Parquet),
        (".parquet.zstd", Ending::Parquet),
        (".parquet.snappy", Ending::Parquet),
        (".parquet.lz4", Ending::Parquet),
        (".parquet.brotli", Ending::Parquet),
        (".json.gz", Ending::Unread("JSON")),
        (".jsonl.gz", Ending::Unread("JSON")),
        (".tar.gz", Ending::Packed),
        (".gz", Ending::Data(Format::CsvGzip)),
        (".zst", Ending::Data(Format::CsvZstd)),
        (".zstd", Ending::Data(Format::CsvZstd)),
        (".tsv", Ending::Text),
        (".tab", Ending::Text),
        (".psv", Ending::Text),
        (".txt", Ending::Text),
        (".dat", Ending::Text),
        (".zip", Ending::Packed),
        (".tar", Ending::Packed),
        (".tgz", Ending::Packed),
        (".7z", Ending::Packed),
        (".rar", Ending::Packed),
        (".bz2", Ending::Packed),
        (".xz", Ending::Packed),
        (".lz4", Ending::Packed),
        (".br", Ending::Packed),
        (".snappy", Ending::Packed),
        (".deflate", Ending::Packed),
        (".gpg", Ending::Unread("an encrypted file")),
        (".pgp", Ending::Unread("an encrypted file")),
        (".aes", Ending::Unread("an encrypted file")),
        (".enc", Ending::Unread("an encrypted file")),
        (".age", Ending::Unread("an encrypted file")),
        (".crdownload", Ending::Arriving),
        (".download", Ending::Arriving),
        (".part", Ending::Arriving),
        (".partial", Ending::Arriving),
        (".filepart", Ending::Arriving),
        (".inprogress", Ending::Arriving),
        (".tmp", Ending::Arriving),
        ("~", Ending::Older),
        (".bak", Ending::Older),
        (".old", Ending::Older),
        (".orig", Ending::Older),
        (".swp", Ending::Older),
        (".json", Ending::Unread("JSON")),
        (".jsonl", Ending::Unread("JSON")),
        (".ndjson", Ending::Unread("JSON")),
        (".avro", Ending::Unread("Avro")),
        (".orc", Ending::Unread("ORC")),
        (".arrow", Ending::Unread("Arrow")),
        (".feather", Ending::Unread("Feather")),
        (".xlsx", Ending::Unread("a workbook")),
        (".xls", Ending::Unread("a workbook")),
        (".ods", Ending::Unread("a workbook")),
        (".xml", Ending::Unread("XML")),
        (".sql", Ending::Unread("SQL")),
        (".db", Ending::Unread("a database")),
        (".sqlite", Ending::Unread("a database")),
        (".duckdb", Ending::Unread("a database")),
        (".crc", Ending::Beside),
        (".md5", Ending::Beside),
        (".sha1", Ending::Beside),
        (".sha256", Ending::Beside),
        (".sig", Ending::Beside),
        (".asc", Ending::Beside),
    ];
    let lower = file.to_ascii_lowercase();
    // A number behind the ending is a program's that found the name taken: `invoice.csv.1`, `invoice.csv (1)`.
    let (file, lower) = match lower.trim_end_matches(|letter: char| letter.is_ascii_digit() || " .()".contains(letter))
    {
        named if is_number_behind(&lower[named.len()..]) => (&file[..named.len()], named),
        _ => (file, lower.as_str()),
    };
    let longest = ENDINGS.iter().filter(|(ending, _)| lower.ends_with(ending)).max_by_key(|(ending, _)| ending.len());
    longest.map_or((Ending::None, file), |(text, ending)| (*ending, &file[..file.len() - text.len()]))
}

/// Whether it is a number and what sets it off from the ending before it.
fn is_number_behind(text: &str) -> bool {
    let digits = text.trim_matches([' ', '.', '(', ')']);
    text.starts_with([' ', '.']) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The table that a folder bears the name of: its words and no others.
pub(super) fn of_folder(folder: &str) -> Option<&'static str> {
    let words = words(folder);
    if words == ["books"] {
        return Some(catalog::books().name);
    }
    exported().find(|table| table.split('_').eq(words.iter().map(String::as_str)))
}

/// The table that a file's name, without its ending, says.
pub(super) fn of_file(stem: &str) -> Fit {
    if let Some((title, name)) = stem.rsplit_once(" - ").or_else(|| stem.rsplit_once(" – "))
        && let Some(table) = plainly(name)
    {
        return match plainly(title) {
            Some(other) if other != table => Fit::Several(vec![other, table]),
            _ => Fit::One(table),
        };
    }
    plainly(stem).map_or(Fit::None, Fit::One)
}

/// The table that somebody may have meant by a name.
pub(super) fn meant(stem: &str) -> Option<&'static str> {
    let words: Vec<_> = words(stem).into_iter().filter(|word| !is_added(word)).collect();
    nearest(&words.join("_"), exported())
}

/// The table whose words are those of the name, but for numbers and what writers add before and behind them.
fn plainly(name: &str) -> Option<&'static str> {
    let words = words(name);
    let fits = |table: &&'static str| {
        let of_table: Vec<&str> = table.split('_').collect();
        (0..words.len()).any(|at| {
            let (before, rest) = words.split_at(at);
            rest.len() >= of_table.len()
                && rest.iter().zip(&of_table).all(|(word, of_table)| word == of_table)
                && before.iter().chain(&rest[of_table.len()..]).all(|word| is_added(word))
        })
    };
    exported().find(fits)
}

fn exported() -> impl Iterator<Item = &'static str> + Clone {
    TABLES.iter().filter(|table| matches!(table.origin, Origin::Egress)).map(|table: &&Table| table.name)
}

/// The words of a name in small letters: what stands between signs, cut where a capital begins a word and before a number.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in without_uuids(name).split(|letter: char| !letter.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let mut word = String::new();
        let mut last: Option<char> = None;
        for letter in run.chars() {
            let is_cut = last.is_some_and(|last| {
                (last.is_lowercase() && letter.is_uppercase())
                    || (last.is_alphabetic()
                        && letter.is_ascii_digit()
                        && exported().any(|table| ends_in(table, &word)))
            });
            if is_cut {
                words.push(std::mem::take(&mut word));
            }
            word.extend(letter.to_lowercase());
            last = Some(letter);
        }
        words.push(word);
    }
    words
}

/// The name with a number in the place of each UUID, whose parts may be words by chance.
fn without_uuids(name: &str) -> String {
    let is_uuid = |text: &str| {
        text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => matches!(byte, b'-' | b'_'),
            _ => byte.is_ascii_hexdigit(),
        })
    };
    let mut rest = name;
    let mut plain = String::new();
    while let Some(letter) = rest.chars().next() {
        let uuid = rest.get(..36).filter(|text| is_uuid(text));
        plain.push(if uuid.is_some() { '0' } else { letter });
        rest = &rest[uuid.map_or(letter.len_utf8(), str::len)..];
    }
    plain
}

fn ends_in(table: &str, word: &str) -> bool {
    table.rsplit('_').next() == Some(word)
}

/// Whether a word only numbers a file, or is one that writers add: `1`, `20240403t040000z`, `c000`, `9f86d081`, `part`.
fn is_added(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_number = word.starts_with(|first: char| first.is_ascii_digit()) && 2 * digits >= word.len();
    let is_numbered = word.len() > 1 && digits + 1 == word.len();
    let is_hash = word.len() >= 4 && digits > 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number || is_numbered || is_hash || ADDED.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(name: &str) -> Option<&'static str> {
        match of_file(ending(name).1) {
            Fit::One(table) => Some(table),
            _ => None,
        }
    }

    #[test]
    fn a_name_is_a_table_s_whatever_numbers_case_and_writers_add() {
        for (name, table) in [
            ("invoice.csv", "invoice"),
            ("INVOICE.CSV", "invoice"),
            ("invoice (1).csv", "invoice"),
            ("invoice - Copy (2).csv", "invoice"),
            ("Copy of invoice.csv", "invoice"),
            ("invoice-000000000000.csv.gz", "invoice"),
            ("invoice_0_0_0.snappy.parquet", "invoice"),
            ("invoice2.csv", "invoice"),
            ("invoice_2024-04-03.csv", "invoice"),
            ("20240403T040000Z_invoice.parquet", "invoice"),
            ("2 - invoice.csv", "invoice"),
            ("events.part-0001.csv", "events"),
            ("events_part_00001_of_00010.csv.zst", "events"),
            ("line_item-3f2a9c1b-77aa-4e0e-9a51-0c1d2e3f4a5b.c000.snappy.parquet", "line_item"),
            ("line_item_deadbeef-cafe-4bad-face-decadedecade.parquet", "line_item"),
            ("draft-invoice.csv", "draft_invoice"),
            ("DraftInvoice.csv", "draft_invoice"),
            ("sub-line_item.csv", "sub_line_item"),
            ("sub line item.csv", "sub_line_item"),
            ("Some Export - sub_line_item.csv", "sub_line_item"),
            ("invoice.csv.1", "invoice"),
            ("invoice.csv (1)", "invoice"),
            ("invoice_0000_part_00", "invoice"),
            ("invoice.parquet.gzip", "invoice"),
            ("Metronome Sample Egress Data - billable_metric.csv", "billable_metric"),
            ("March export - line_item.csv.gz", "line_item"),
            ("March export - line_item (1).csv", "line_item"),
        ] {
            assert_eq!(table_of(name), Some(table), "{name}");
        }
    }

    #[test]
    fn another_word_makes_another_name() {
        for name in [
            "proforma_invoice.csv",
            "proforma-invoice.csv",
            "acme_invoice.csv",
            "invoice_old.csv",
            "invoices.csv",
            "subinvoice.csv",
            "invoice lines.csv",
            "customers.csv",
            "1.csv",
            "part-00000.csv",
        ] {
            assert_eq!(of_file(ending(name).1), Fit::None, "{name}");
        }
        assert_eq!(of_file("invoice - line_item"), Fit::Several(vec!["invoice", "line_item"]));
        assert_eq!(
            (meant("invoices"), meant("customers (1)"), meant("notes")),
            (Some("invoice"), Some("customer"), None)
        );
    }

    #[test]
    fn a_folder_bears_a_table_s_name_or_not() {
        assert_eq!(of_folder("INVOICE"), Some("invoice"));
        assert_eq!(of_folder("draft-invoice"), Some("draft_invoice"));
        assert_eq!(of_folder("invoices"), None);
        assert_eq!(of_folder("invoice 2"), None);
    }

    #[test]
    fn the_longest_ending_counts() {
        assert_eq!(ending("a.csv.gz"), (Ending::Data(Format::CsvGzip), "a"));
        assert_eq!(ending("a.gz.parquet"), (Ending::Data(Format::Parquet), "a.gz"));
        assert_eq!(ending("a.parquet.gz"), (Ending::Parquet, "a"));
        assert_eq!(ending("a.csv.gz.1"), (Ending::Data(Format::CsvGzip), "a"));
        assert_eq!(ending("a.csv.part"), (Ending::Arriving, "a.csv"));
        assert_eq!(ending("a.csv~"), (Ending::Older, "a.csv"));
        assert_eq!(ending("0000_part_00"), (Ending::None, "0000_part_00"));
    }
}
