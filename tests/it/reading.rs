//! What stands in a CSV file is what stands in the lake, or the file or row is refused by name.

use std::io::Write;

use crate::project::Project;

const INVOICES: &str = "select id, status, total, plan_name, start_timestamp from egress.invoice order by id";

#[test]
fn columns_are_found_by_name_unknown_ones_are_kept_and_said_once_and_absent_ones_are_null() {
    let project = Project::with(&[
        ("invoice/dt=2024-03-01/1_20240301040000.csv", "total,colour,id,shape,updated_at\n7163.1875,red,i1,,\n"),
        ("invoice/dt=2024-03-02/1_20240302040000.csv", "id,status,total,colour\ni2,VOID,-0.50,\"\"\n"),
        ("invoice/dt=2024-03-03/1_20240303040000.csv", "id,total\ni3,\n"),
    ]);
    let run = project.normalize();
    assert_eq!(run.stderr.matches("`colour`").count(), 1, "{}", run.stderr);
    assert_eq!(run.stderr.matches("`shape`").count(), 1, "{}", run.stderr);
    let rows = project.rows("select id, status, total, _extra from egress.invoice order by id");
    assert_eq!(rows, ["i1,,7163.1875,\"{\"\"colour\"\":\"\"red\"\"}\"", "i2,VOID,-0.5,", "i3,,,"]);
}

#[test]
fn byte_order_mark_line_ends_and_a_missing_last_newline_do_not_change_the_rows() {
    let plain = "id,status,total,plan_name,start_timestamp\n\
                 i1,FINALIZED,1.5,\"one, two\nthree\",2024-02-29 0:00:00\n\
                 i2,VOID,2,\"says \"\"so\"\"\",2024-03-13 00:57:44.673000 UTC\n";
    let outside_quotes = plain.replace('\n', "\r\n").replace("two\r\n", "two\n");
    let mut rows = Vec::new();
    for (name, text) in [
        ("plain", plain.to_owned()),
        ("byte order mark", format!("\u{feff}{plain}")),
        ("crlf", outside_quotes.clone()),
        ("no last newline", plain.trim_end().to_owned()),
        ("everything", format!("\u{feff}{}", outside_quotes.trim_end())),
    ] {
        let project = Project::with(&[("invoice.csv", &text)]);
        project.normalize();
        rows.push((name, project.sql(INVOICES)));
    }
    let expected = "id,status,total,plan_name,start_timestamp\n\
                    i1,FINALIZED,1.5,\"one, two\nthree\",2024-02-29T00:00:00Z\n\
                    i2,VOID,2,\"says \"\"so\"\"\",2024-03-13T00:57:44.673Z\n";
    for (name, rows) in rows {
        assert_eq!(rows, expected, "{name}");
    }
}

#[test]
fn every_notation_of_the_export_is_read() {
    let project = Project::with(&[
        (
            "events.csv",
            "transaction_id,timestamp,properties\n\
             t1,2024-02-29 0:00:00,\"{image_size=256×256, num_images=3}\"\n\
             t2,2024-03-13 00:57:44.673000 UTC,\"{\"\"num_images\"\": \"\"4\"\", \"\"note\"\": \"\"a, b=c\"\"}\"\n\
             t3,2024-03-13T02:57:44+02:00,{}\n\
             t4,2024-03-13T00:57:44.000001Z,\n",
        ),
        ("customer.csv", "id,ingest_aliases\nc1,\"[\"\"a\"\",\"\"b, c\"\"]\"\nc2,[]\n"),
    ]);
    project.normalize();
    let instants = project.rows("select \"timestamp\" from egress.events order by transaction_id");
    let expected =
        ["2024-02-29T00:00:00Z", "2024-03-13T00:57:44.673Z", "2024-03-13T00:57:44Z", "2024-03-13T00:57:44.000001Z"];
    assert_eq!(instants, expected);
    let members = project.rows(
        "select json_text(properties, 'image_size'), json_text(properties, 'num_images'), json_text(properties, 'note')
         from egress.events order by transaction_id",
    );
    assert_eq!(members, ["256×256,3,", ",4,\"a, b=c\"", ",,", ",,"]);
    let aliases = project.rows("select ingest_aliases from egress.customer order by id");
    assert_eq!(aliases, ["\"[\"\"a\"\",\"\"b, c\"\"]\"", "[]"]);
}

#[test]
fn empty_text_is_null_whatever_a_writer_puts_around_it() {
    let project = Project::with(&[(
        "customer.csv",
        "id,name,salesforce_account_id,archived_at\nc1,,,\nc2,\"\",\"\",\"\"\nc3,\\N,\\N,\\N\n\"c4\",\"\\N\",,\n",
    )]);
    project.normalize();
    let rows = project.rows("select id, name, salesforce_account_id, archived_at from egress.customer order by id");
    assert_eq!(rows, ["c1,,,", "c2,,,", "c3,,,", "c4,\\N,,"]);
}

#[test]
fn a_word_in_the_place_of_null_is_refused_by_name_and_no_identifier() {
    for word in ["NULL", "nan", "None", "<NA>", "NaT", "#N/A", "(null)", "\\N"] {
        for (column, table) in
            [("plan_id", "invoice"), ("total", "invoice"), ("issued_at", "invoice"), ("properties", "events")]
        {
            let key = if table == "events" { "transaction_id" } else { "id" };
            let project = Project::with(&[(&format!("{table}.csv"), &format!("{key},{column}\nx,\"{word}\"\n"))]);
            let words = format!("column `{column}`, value {word:?}: found a word in the place of null");
            project.run(&["--stage", "normalize"]).exits(3).says(&[&words]);
        }
        let project = Project::with(&[("customer.csv", &format!("id,name\nc1,\"{word}\"\n"))]);
        project.normalize();
        assert_eq!(project.rows("select name from egress.customer"), [word], "a name may be any word");
    }
}

#[test]
fn what_programs_make_of_numbers_is_refused_by_name() {
    let turned = "turned the identifier into a number";
    let six = "a spreadsheet shows a long number by six digits";
    for (table, line, words) in [
        ("events", "transaction_id\n1.23457E+11\n", turned),
        ("events", "transaction_id\n\"1,23457E+11\"\n", turned),
        ("events", "transaction_id\n1.2345678901234567e+17\n", turned),
        ("events", "transaction_id\n1.2345678901234567E17\n", turned),
        ("events", "transaction_id\n2e+20\n", turned),
        ("invoice", "id,customer_id\ni1,42.0\n", turned),
        ("invoice", "id,customer_id\ni1,b'c1'\n", "Python shows bytes"),
        ("invoice", "id,customer_id\ni1,'c1'\n", "without blanks or quotes around it"),
        ("invoice", "id,customer_id\ni1,\"\"\"c1\"\"\"\n", "without blanks or quotes around it"),
        ("invoice", "id,customer_id\ni1,c\u{200b}1\n", "blanks that nobody sees"),
        ("invoice", "id,customer_id\ni1,c1\u{a0}\n", "blanks that nobody sees"),
        ("invoice", "id,total\ni1,1.23457E+11\n", six),
        ("invoice", "id,total\ni1,-1.23457E-05\n", six),
        ("invoice", "id,total\ni1, 12.5\n", "without blanks around it"),
        ("invoice", "id,total\ni1,(12.50)\n", "a hyphen before it where it is below zero"),
    ] {
        let project = Project::with(&[(&format!("{table}.csv"), line)]);
        project.run(&["--stage", "normalize"]).exits(3).says(&[words]);
    }
    let project = Project::with(&[
        ("events.csv", "transaction_id,timestamp\n42.0,2024-03-01\n12e45678,2024-03-01\n4e+,2024-03-01\n"),
        ("invoice.csv", "id,total\n1,1.2345E+11\n2,1.234567E+3\n3,1.23457e-05\n"),
    ]);
    project.normalize();
    assert_eq!(
        project.rows("select total from egress.invoice order by id"),
        ["123450000000", "1234.567", "0.0000123457"]
    );
    assert_eq!(project.rows("select count(*) from egress.events"), ["3"]);
}

#[test]
fn ids_are_one_in_capitals_and_in_braces() {
    let project = Project::with(&[
        ("customer.csv", "id,ingest_aliases\n{6C4E0438-1281-5BF3-B24A-E15CA34F0F94},[]\n"),
        ("invoice.csv", "id,customer_id\n{x},6C4E0438-1281-5BF3-B24A-E15CA34F0F94\n"),
    ]);
    project.normalize();
    let rows = project.rows("select invoice.id from egress.invoice join egress.customer on customer_id = customer.id");
    assert_eq!(rows, ["{x}"]);
    // What events name is kept as it was sent, and stands for the customer all the same.
    let references = "select customer_reference from int_customer_references order by 1";
    let id = "6c4e0438-1281-5bf3-b24a-e15ca34f0f94";
    assert_eq!(project.rows(references), [id.to_uppercase(), id.to_owned()]);
}

#[test]
fn a_file_whose_structure_is_in_doubt_stops_the_run_and_is_named_with_its_line() {
    let project = Project::new();
    for (text, parts) in [
        ("", &["empty file"][..]),
        ("\u{feff}", &["empty file"]),
        ("total,status\n1,VOID\n", &["key column `id`"]),
        ("id,total,total\n1,2,3\n", &["line 1", "total"]),
        ("id,,total\n1,2,3\n", &["row 1", "column 2 has a value and no name"]),
        ("id,status\n1,\"VOID\n2,x\n", &["line 2", "never closed"]),
        ("id,status\n1,a\n2,VO\"ID\n", &["line 3", "quote"]),
        ("id,status\n1,a\n\n2,\"VO\"ID\n", &["line 4", "quote"]),
    ] {
        project.deliver("invoice.csv", text);
        let run = project.run(&["--stage", "normalize"]).exits(3).says(&["invoice.csv"]).says(parts);
        assert!(run.stderr.contains("hint:"), "{text:?}: {}", run.stderr);
    }
    assert!(project.rows("select * from egress.invoice").is_empty(), "nothing of these files may be in the lake");
}

#[test]
fn a_cut_off_compressed_file_stops_the_run() {
    let text = "id,total\n".to_owned() + &(0..5000).map(|row| format!("i{row},{row}.5\n")).collect::<String>();
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    let gzip = writer.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for (name, bytes) in [("invoice.csv.gz", &gzip), ("invoice.csv.zst", &zstd)] {
        for kept in [bytes.len() / 2, bytes.len() - 3, 3, 0] {
            let project = Project::new();
            project.deliver(name, &bytes[..kept]);
            project.run(&["--stage", "normalize"]).exits(3).says(&[name]);
        }
        let project = Project::new();
        project.deliver(name, bytes);
        project.normalize();
        assert_eq!(project.sql("select count(*) as rows from egress.invoice"), "rows\n5000\n", "{name}");
    }
}

#[test]
fn members_of_a_gzip_file_are_one_file() {
    let mut bytes = Vec::new();
    for part in ["id,name\nc1,on", "e\nc2,two\n"] {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(part.as_bytes()).unwrap();
        bytes.extend(writer.finish().unwrap());
    }
    let project = Project::new();
    project.deliver("customer.csv.gz", bytes);
    project.normalize();
    assert_eq!(project.rows("select id, name from egress.customer order by id"), ["c1,one", "c2,two"]);
}

#[test]
fn lines_that_end_in_a_bare_carriage_return_are_refused() {
    let project = Project::with(&[("customer.csv", "id,name\rc1,A1 Company\r")]);
    project.run(&["--stage", "normalize"]).exits(3).says(&["customer.csv"]);
}
