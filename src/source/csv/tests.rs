use super::*;
use proptest::prelude::*;

/// A record as its line and fields: the bytes, and whether they stood in quotes.
type Row = (u64, Vec<(Vec<u8>, bool)>);

/// Everything a file holds behind its header, read with a chunk of this size, and the fault that ended it.
fn read(text: &[u8], chunk: usize) -> Result<(Header, Vec<Row>, Option<CsvError>), CsvError> {
    let (header, mut blocks) = Blocks::with_limits(text, chunk, LONGEST_RECORD)?;
    let mut rows = Vec::new();
    loop {
        match blocks.next_block() {
            Ok(None) => return Ok((header, rows, None)),
            Err(error) => return Ok((header, rows, Some(error))),
            Ok(Some(block)) => {
                if let Err(error) = walk(block.records(header.columns()), &mut rows) {
                    return Ok((header, rows, Some(error)));
                }
                blocks.recycle(block);
            }
        }
    }
}

fn walk(mut records: Records<'_>, rows: &mut Vec<Row>) -> Result<(), CsvError> {
    let mut scratch = Vec::new();
    while let Some(record) = records.next_record()? {
        let fields = record.fields().map(|field| {
            assert_eq!(field.bytes(&mut scratch), &*field.to_bytes());
            (field.to_bytes().into_owned(), field.is_quoted())
        });
        rows.push((record.line(), fields.collect()));
    }
    Ok(())
}

fn texts(text: &str, chunk: usize) -> Vec<Vec<String>> {
    let (_, rows, fault) = read(text.as_bytes(), chunk).unwrap();
    assert!(fault.is_none(), "{fault:?}");
    let text = |(bytes, _)| String::from_utf8(bytes).unwrap();
    rows.into_iter().map(|(_, fields)| fields.into_iter().map(text).collect()).collect()
}

fn fault(text: &str, chunk: usize) -> String {
    match read(text.as_bytes(), chunk) {
        Ok((_, _, fault)) => fault.map(|fault| fault.to_string()).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_header_is_the_first_record_without_byte_order_mark() {
    for text in ["\u{feff}id,\"a \"\"b\"\"\nc\"\r\n1,2\r\n", "id,\"a \"\"b\"\"\nc\"\n1,2"] {
        for chunk in [1, 3, 64, 4096] {
            let (header, rows, _) = read(text.as_bytes(), chunk).unwrap();
            assert_eq!(header.names(), ["id", "a \"b\"\nc"]);
            assert_eq!(header.position("id"), Some(0));
            assert_eq!(header.position("ID"), None);
            assert_eq!(rows, [(3, vec![(b"1".to_vec(), false), (b"2".to_vec(), false)])]);
        }
    }
}

#[test]
fn a_file_without_a_usable_header_says_what_is_wrong_with_it() {
    for (text, message) in [
        (&b""[..], "empty file, expected a header"),
        (b"\xEF\xBB\xBF", "empty file, expected a header"),
        (b"\n1,2\n", "line 1: no column has a name, expected a header"),
        (b",, ,\n", "line 1: no column has a name, expected a header"),
        (b"a,b,a\n", "line 1: two columns are named \"a\""),
        (b"a,b, a \n", "line 1: two columns are named \"a\""),
        (b"a,\xFF\n", "line 1: expected a header in UTF-8"),
        (b"a,b\"c\n1,2\n", "line 1: quote inside an unquoted field"),
        (b"\xEF\xBB\xBF\"a", "quote opened in line 1 is never closed"),
        (b"a,\"b\n1,2\n", "quote opened in line 1 is never closed"),
    ] {
        for chunk in [1, 64] {
            assert_eq!(read(text, chunk).unwrap_err().to_string(), message);
        }
    }
    assert!(read(b"a", 64).is_ok());
}

#[test]
fn another_format_than_csv_with_commas_in_utf_8_is_told_by_name() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (text, message) in [
        (wide("\u{feff}id\tname\r\n1\t\"a\n"), "the text is UTF-16, expected UTF-8"),
        (wide("id,name\n"), "the text is UTF-16, expected UTF-8"),
        (b"id;name\n1;a\n".to_vec(), "line 1: columns are separated by semicolons, expected commas"),
        (b"\"id\";\"name\"\n".to_vec(), "line 1: columns are separated by semicolons, expected commas"),
        (b"id\tname\n".to_vec(), "line 1: columns are separated by tabs, expected commas"),
        (b"id|name\n".to_vec(), "line 1: columns are separated by bars, expected commas"),
        (b"sep=;\nid;name\n".to_vec(), "line 1: `sep=` is a word to a spreadsheet, expected the header"),
        (b"\xEF\xBB\xBFSEP=,\nid,name\n".to_vec(), "line 1: `sep=` is a word to a spreadsheet, expected the header"),
        (b"PK\x03\x04\"".to_vec(), "this is a zip archive or a workbook, expected CSV"),
        (b"PAR1\n".to_vec(), "this is Parquet, expected CSV"),
        (b" {\"id\": 1}\n".to_vec(), "this is JSON, expected CSV"),
        (b"<!doctype html>\n".to_vec(), "this is HTML or XML, expected CSV"),
    ] {
        for chunk in [1, 64, 4096] {
            assert_eq!(read(&text, chunk).unwrap_err().to_string(), message, "{text:?}");
        }
    }
}

#[test]
fn blanks_around_a_name_are_not_part_of_it_and_a_column_may_have_none() {
    let (header, rows, _) = read(b",id ,\"total \",\n0,a,1,\n", 64).unwrap();
    assert_eq!(header.names(), ["", "id", "total", ""]);
    assert_eq!(rows[0].1.len(), 4);
}

#[test]
fn a_quote_behind_a_backslash_is_named_as_what_it_is() {
    for text in ["a,b\n1,\"{\\\"x\\\": 1}\"\n", "a,b\n1,{\\\"x\\\": 1}\n"] {
        let message = "line 2: a quote is escaped by a backslash, expected it doubled: \"\"";
        assert_eq!(fault(text, 64), message, "{text:?}");
    }
}

#[test]
fn line_ends_commas_and_quotes_inside_quotes_are_data() {
    let text = "id,text\n1,\"a,\r\nb\"\r\n2,\"say \"\"hi\"\"\"\n3,\"\"\r\n4,\"\"\"\"\n5,\n6,a\rb\n";
    let rows = [["1", "a,\r\nb"], ["2", "say \"hi\""], ["3", ""], ["4", "\""], ["5", ""], ["6", "a\rb"]];
    for chunk in [1, 2, 7, 64, 4096] {
        assert_eq!(texts(text, chunk), rows);
    }
}

#[test]
fn a_quoted_empty_field_is_told_from_an_empty_one() {
    let (_, rows, _) = read(b"a,b\n\"\",\n", 64).unwrap();
    assert_eq!(rows, [(2, vec![(vec![], true), (vec![], false)])]);
}

#[test]
fn the_last_record_may_lack_its_line_end_or_the_half_of_it() {
    for end in ["", "\r", "\n", "\r\n", "\n\n\r\n"] {
        for last in ["b", "\"b\""] {
            assert_eq!(texts(&format!("x,y\na,{last}{end}"), 5), [["a", "b"]], "{end:?}");
        }
    }
    assert_eq!(texts("x,y\na,", 5), [["a", ""]]);
}

#[test]
fn empty_lines_are_records_only_where_there_is_one_column() {
    assert_eq!(texts("a,b\n\n\r\n1,2\n\r\n", 64), [["1", "2"]]);
    assert_eq!(texts("a\n\n1\n\r\n", 64), [[""], ["1"], [""]]);
    assert_eq!(texts("a,b\n\"\"\n", 64), [[""]]);
}

#[test]
fn a_ragged_record_is_given_out_as_it_is() {
    let (header, mut blocks) = Blocks::new(&b"a,b\n1\n1,2\n1,\"2\",3\r\n"[..]).unwrap();
    let block = blocks.next_block().unwrap().unwrap();
    let mut records = block.records(header.columns());
    let mut seen = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        seen.push((record.line(), record.len(), record.is_ragged(), record.bytes()));
    }
    let expected: [(u64, usize, bool, &[u8]); 3] =
        [(2, 1, true, b"1"), (3, 2, false, b"1,2"), (4, 3, true, b"1,\"2\",3")];
    assert_eq!(seen, expected);
}

#[test]
fn a_quote_out_of_place_is_an_error_with_its_line() {
    for (text, message) in [
        ("a,b\n1,2\n3,x\"y\"\n", "line 3: quote inside an unquoted field"),
        ("a,b\n1,\"x\n\"y\n", "line 3: text behind the closing quote of a field opened in line 2"),
        ("a,b\n1,\"x\" \n", "line 2: text behind the closing quote of a field opened in line 2"),
        ("a,b\n1,\"x\"\ry\n", "line 2: text behind the closing quote of a field opened in line 2"),
        ("a,b\n1, \"x\"\n", "line 2: quote inside an unquoted field"),
        ("a,b\n1,2\n\"x\n\",\"y,3\n4,5\n", "quote opened in line 4 is never closed"),
        ("a,b\n1,\"x\n2,\"y\"\n", "line 3: text behind the closing quote of a field opened in line 2"),
    ] {
        for chunk in [1, 3, 64, 4096] {
            assert_eq!(fault(text, chunk), message, "{text:?}");
        }
    }
}

#[test]
fn a_record_longer_than_the_limit_is_an_error() {
    let text = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(300));
    let (_, mut blocks) = Blocks::with_limits(text.as_bytes(), 16, 256).unwrap();
    let error = loop {
        match blocks.next_block() {
            Ok(block) => assert!(block.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.to_string(), "quote opened in line 3 is never closed");

    let text = format!("a,b\n1,2\n3,{}", "x".repeat(300));
    let (_, mut blocks) = Blocks::with_limits(text.as_bytes(), 16, 256).unwrap();
    assert!(blocks.next_block().unwrap().is_some());
    let error = blocks.next_block().unwrap_err().to_string();
    assert!(blocks.next_block().unwrap().is_none());
    assert_eq!(error, "line 3: record of more than 256 bytes, perhaps a quote that is never closed");
}

#[test]
fn blocks_do_not_depend_on_how_much_one_read_returns() {
    /// Returns one to three bytes at a time.
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let size = (1 + self.0.len() % 3).min(buffer.len());
            self.0.read(&mut buffer[..size])
        }
    }
    let text = format!("a,b\n{}", "1,\"x\ny\"\n22,z\n".repeat(50));
    let blocks = |reader: &mut dyn Read| {
        let (_, mut blocks) = Blocks::with_limits(reader, 40, 4096).unwrap();
        let mut seen = Vec::new();
        while let Some(block) = blocks.next_block().unwrap() {
            assert!(block.is_utf8());
            seen.push((block.ordinal(), block.first_line(), block.bytes().to_vec()));
        }
        seen
    };
    let seen = blocks(&mut text.as_bytes());
    assert_eq!(seen, blocks(&mut Slow(text.as_bytes())));
    assert!(seen.len() > 10 && seen.iter().enumerate().all(|(at, block)| at == block.0));
}

#[test]
fn nothing_follows_a_read_that_failed() {
    /// Fails once, after some bytes.
    struct Failing<'a>(&'a [u8], bool);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.len() < 20 && std::mem::take(&mut self.1) {
                return Err(std::io::Error::other("disk on fire"));
            }
            let size = buffer.len().min(5);
            self.0.read(&mut buffer[..size])
        }
    }
    let text = format!("a,b\n{}", "1,\"x\ny\"\n".repeat(6));
    let (_, mut blocks) = Blocks::with_limits(Failing(text.as_bytes(), true), 16, 256).unwrap();
    let mut messages = Vec::new();
    for _ in 0..20 {
        match blocks.next_block() {
            Ok(block) => messages.push(if block.is_some() { "block" } else { "end" }.to_owned()),
            Err(error) => messages.push(error.to_string()),
        }
    }
    messages.dedup();
    assert_eq!(messages, ["block", "cannot read: disk on fire", "end"]);
}

/// The rules once more, one byte at a time.
fn slow(text: &[u8], columns: usize) -> (Vec<Row>, Option<String>) {
    let (mut rows, mut fields, mut field) = (Vec::new(), Vec::new(), Vec::new());
    let (mut line, mut record_line, mut opened) = (1, 1, 1);
    let (mut at, mut start) = (0, 0);
    let (mut quoted, mut closed) = (false, false);
    loop {
        let rest = &text[at..];
        let line_end = match rest {
            [b'\n', ..] => Some(1),
            [b'\r', b'\n', ..] => Some(2),
            [b'\r'] | [] => Some(rest.len()),
            _ => None,
        };
        if quoted && !closed {
            match rest {
                [] => return (rows, Some(format!("quote opened in line {opened} is never closed"))),
                [b'"', b'"', ..] => {
                    field.push(b'"');
                    at += 2;
                }
                [b'"', ..] => {
                    closed = true;
                    at += 1;
                }
                [byte, ..] => {
                    line += u64::from(*byte == b'\n');
                    field.push(*byte);
                    at += 1;
                }
            }
        } else if let Some(size) = line_end {
            if at == text.len() && start == at {
                return (rows, None);
            }
            fields.push((std::mem::take(&mut field), quoted));
            if columns > 1 && fields.len() == 1 && at == start {
                fields.clear();
            } else {
                rows.push((record_line, std::mem::take(&mut fields)));
            }
            (quoted, closed) = (false, false);
            at += size;
            line += 1;
            (start, record_line) = (at, line);
            if at == text.len() {
                return (rows, None);
            }
        } else if rest[0] == b',' {
            fields.push((std::mem::take(&mut field), quoted));
            (quoted, closed) = (false, false);
            at += 1;
        } else if closed {
            return (
                rows,
                Some(format!("line {line}: text behind the closing quote of a field opened in line {opened}")),
            );
        } else if rest[0] == b'"' {
            if at > 0 && !matches!(text[at - 1], b',' | b'\n') {
                return (rows, Some(format!("line {line}: quote inside an unquoted field")));
            }
            (quoted, opened) = (true, line);
            at += 1;
        } else {
            field.push(rest[0]);
            at += 1;
        }
    }
}

#[derive(Debug, Clone)]
struct Written {
    text: String,
    quoted: bool,
}

/// Tables of at least two columns, each field and line end written in one of the ways that are allowed.
fn table() -> impl Strategy<Value = (String, Vec<Vec<String>>)> {
    let field = ("[a-z,\"\r\né ]{0,9}|[a-z0-9]{0,90}", any::<bool>())
        .prop_map(|(text, quoted)| Written { quoted: quoted || text.contains([',', '"', '\r', '\n']), text });
    let row = move |columns| (prop::collection::vec(field.clone(), columns), any::<bool>());
    (2_usize..6).prop_flat_map(move |columns| (prop::collection::vec(row(columns), 0..20), any::<bool>())).prop_map(
        |(rows, last_end)| {
            let columns = rows.first().map_or(2, |row| row.0.len());
            let names: Vec<String> = (0..columns).map(|at| format!("column_{at}")).collect();
            let mut text = names.join(",") + "\n";
            let count = rows.len();
            for (at, (fields, long)) in rows.iter().enumerate() {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|field| {
                        if field.quoted {
                            format!("\"{}\"", field.text.replace('"', "\"\""))
                        } else {
                            field.text.clone()
                        }
                    })
                    .collect();
                text += &fields.join(",");
                if last_end || at + 1 < count {
                    text += if *long { "\r\n" } else { "\n" };
                }
            }
            (text, rows.into_iter().map(|(fields, _)| fields.into_iter().map(|field| field.text).collect()).collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn rows_are_those_written_and_those_of_the_csv_crate((text, rows) in table(), chunk in 1_usize..64) {
        prop_assert_eq!(&texts(&text, CHUNK), &rows);
        prop_assert_eq!(&texts(&text, chunk), &rows);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let theirs: Vec<Vec<String>> =
            reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(theirs, rows);
    }

    #[test]
    fn any_text_has_the_records_and_the_fault_that_byte_by_byte_reading_finds(
        text in "([\",\n\r]|a|[a-z]{20}|\"\"|,\"|\",|\"\n|\"\r\n|\n\"){0,60}", columns in 1_usize..3,
    ) {
        let mut rows = Vec::new();
        let fault = walk(Records::new(text.as_bytes(), columns, 1), &mut rows).err().map(|fault| fault.to_string());
        prop_assert_eq!((rows, fault), slow(text.as_bytes(), columns), "{:?}", text);
    }

    #[test]
    fn cutting_changes_neither_records_nor_lines_nor_the_fault(
        text in "([\",\n\r]|a|[a-z]{20}|\"\"|,\"|\",|\"\n|\"\r\n|\n\"){0,60}", chunk in 1_usize..64,
    ) {
        let text = format!("id,text\n{text}");
        let (rows, expected) = slow(text.as_bytes(), 2);
        prop_assert_eq!(fault(&text, CHUNK), expected.clone().unwrap_or_default(), "{:?}", text);
        prop_assert_eq!(fault(&text, chunk), expected.unwrap_or_default(), "{:?}", text);
        if let Ok((_, cut, _)) = read(text.as_bytes(), chunk) {
            // The slow reading has the header too.
            prop_assert_eq!(&cut[..], &rows[1..=cut.len()]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), chunk in 1_usize..64) {
        let _ = read(&bytes, chunk);
        let _ = read(&[b"a,b\n", &bytes[..]].concat(), chunk);
    }
}
