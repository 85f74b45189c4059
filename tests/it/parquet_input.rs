//! Parquet deliveries: every type that a column may come in, exactly; and files that are cut off.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::ArrowWriter;
use parquet::data_type::{ByteArray, ByteArrayType, Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::project::Project;

/// The bytes of a Parquet file with these columns.
fn parquet(columns: &[(&str, ArrayRef)]) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, array)| (*name, array.clone()))).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn decimals(values: &[i128], precision: u8, scale: i8) -> ArrayRef {
    Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(precision, scale).unwrap())
}

#[test]
fn amounts_come_as_decimals_of_any_scale_as_doubles_as_integers_or_as_text() {
    let project = Project::new();
    let columns: [(&str, ArrayRef); 6] = [
        ("decimal(10,2)", decimals(&[716_318, -1], 10, 2)),
        ("decimal(38,18)", decimals(&[1, -7_163_187_500_000_000_000_000], 38, 18)),
        ("decimal(38,20)", decimals(&[1200, -100], 38, 20)),
        ("double", Arc::new(Float64Array::from(vec![0.1, 7163.1875]))),
        ("integer", Arc::new(Int64Array::from(vec![i64::MAX, -3]))),
        ("text", texts(&[Some("99999999999999999999.999999999999999999"), Some("-0.10")])),
    ];
    for (place, (_, totals)) in columns.iter().enumerate() {
        let ids = [format!("{place}-a"), format!("{place}-b")];
        let ids = texts(&[Some(&ids[0]), Some(&ids[1])]);
        let name = format!("invoice/dt=2024-04-01/{}_20240401040000.parquet", place + 1);
        project.deliver(&name, parquet(&[("total", totals.clone()), ("id", ids)]));
    }
    project.normalize();
    let expected = [
        ["7163.18", "-0.01"],
        ["0.000000000000000001", "-7163.1875"],
        ["0.000000000000000012", "-0.000000000000000001"],
        ["0.1", "7163.1875"],
        ["9223372036854775807", "-3"],
        ["99999999999999999999.999999999999999999", "-0.1"],
    ];
    let rows = project.rows("select total from egress.invoice order by id");
    for (place, (name, _)) in columns.iter().enumerate() {
        assert_eq!(rows[place * 2..place * 2 + 2], expected[place], "{name}");
    }
}

#[test]
fn instants_come_in_seconds_to_nanoseconds_or_as_text_and_nulls_stay_nulls() {
    let project = Project::new();
    let second = 1_709_164_800; // 2024-02-29T00:00:00Z
    let columns: [(&str, ArrayRef); 6] = [
        ("s", Arc::new(TimestampSecondArray::from(vec![Some(second), None]))),
        ("ms", Arc::new(TimestampMillisecondArray::from(vec![Some(second * 1_000 + 7), None]).with_timezone("UTC"))),
        ("us", Arc::new(TimestampMicrosecondArray::from(vec![Some(second * 1_000_000 + 7), None]))),
        ("ns", Arc::new(TimestampNanosecondArray::from(vec![Some(second * 1_000_000_000 + 7_000), None]))),
        ("text", texts(&[Some("2024-02-29 0:00:00"), None])),
        ("null", arrow::array::new_null_array(&arrow::datatypes::DataType::Null, 2)),
    ];
    for (place, (_, instants)) in columns.iter().enumerate() {
        let ids = [format!("{place}-a"), format!("{place}-b")];
        let ids = texts(&[Some(&ids[0]), Some(&ids[1])]);
        let name = format!("invoice/dt=2024-04-01/{}_20240401040000.parquet", place + 1);
        project.deliver(&name, parquet(&[("id", ids), ("issued_at", instants.clone())]));
    }
    project.normalize();
    let rows = project.rows("select issued_at from egress.invoice where id like '%a' order by id");
    let whole = "2024-02-29T00:00:00Z";
    assert_eq!(
        rows,
        [whole, "2024-02-29T00:00:00.007Z", "2024-02-29T00:00:00.000007Z", "2024-02-29T00:00:00.000007Z", whole, ""]
    );
    let nulls = project.rows("select count(*) from egress.invoice where id like '%b' and issued_at is null");
    assert_eq!(nulls, ["6"]);
}

/// A payment as Spark writes it: instants of 96 bits, one inside of a struct, and no Arrow schema.
fn payment_with_int96(julian_day: u32) -> Vec<u8> {
    let schema = "message spark_schema {
        optional binary id (UTF8);
        optional int96 created_at;
        optional group payment_gateway { optional int96 until; }
    }";
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut rows = file.next_row_group().unwrap();
    let mut column = rows.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("p1")], Some(&[1]), None).unwrap();
    column.close().unwrap();
    for level in [1, 2] {
        let mut instant = Int96::new();
        instant.set_data(0, 0, julian_day);
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<Int96Type>().write_batch(&[instant], Some(&[level]), None).unwrap();
        column.close().unwrap();
    }
    rows.close().unwrap();
    file.close().unwrap();
    bytes
}

#[test]
fn instants_of_96_bits_keep_their_year_also_inside_of_a_struct() {
    for (julian_day, day) in [(5_373_484, "9999-12-31"), (1_721_426, "0001-01-01"), (2_460_370, "2024-02-29")] {
        let project = Project::new();
        project.deliver("payment.parquet", payment_with_int96(julian_day));
        project.normalize();
        let rows = project.rows("select created_at, json_text(payment_gateway, 'until') from egress.payment");
        assert_eq!(rows, [format!("{day}T00:00:00Z,{day}T00:00:00Z")]);
    }
}

#[test]
fn categories_of_any_type_are_the_values_they_stand_for() {
    let category = |values: ArrayRef| {
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(values.data_type().clone()));
        cast(&values, &kind).unwrap()
    };
    let project = Project::new();
    let columns = [
        ("id", category(texts(&[Some("c1"), Some("c2")]))),
        ("name", category(texts(&[Some("USD"), None]))),
        ("updated_at", category(Arc::new(TimestampMillisecondArray::from(vec![1_712_016_000_000, 0])))),
    ];
    project.deliver("credit_type.parquet", parquet(&columns));
    project.normalize();
    let rows = project.rows("select id, name, updated_at from egress.credit_type order by id");
    assert_eq!(rows, ["c1,USD,2024-04-02T00:00:00Z", "c2,,1970-01-01T00:00:00Z"]);
}

#[test]
fn a_boolean_may_be_a_number_and_a_number_of_single_precision_no_amount() {
    let ids = || texts(&[Some("c1"), Some("c2")]);
    for truths in [
        Arc::new(Float64Array::from(vec![1.0, 0.0])) as ArrayRef,
        decimals(&[1, 0], 1, 0),
        Arc::new(Int64Array::from(vec![1, 0])),
        Arc::new(BooleanArray::from(vec![true, false])),
        texts(&[Some("1.0"), Some("f")]),
    ] {
        let project = Project::new();
        project.deliver("credit_type.parquet", parquet(&[("id", ids()), ("is_currency", truths)]));
        project.normalize();
        assert_eq!(project.rows("select is_currency from egress.credit_type order by id"), ["true", "false"]);
    }
    let singles: ArrayRef = Arc::new(Float32Array::from(vec![42_796.765, 1.0]));
    let project = Project::new();
    project.deliver("invoice.parquet", parquet(&[("id", ids()), ("total", singles.clone())]));
    project.run(&["--stage", "normalize"]).exits(3).says(&["column `total`", "single precision keeps seven digits"]);
    let whole: ArrayRef = Arc::new(Float32Array::from(vec![3.0, 0.0]));
    let project = Project::new();
    project.deliver("plan_charge.parquet", parquet(&[("id", ids()), ("start_period", whole)]));
    project.normalize();
    assert_eq!(project.rows("select start_period from egress.plan_charge order by id"), ["3", "0"]);
}

#[test]
fn a_day_may_be_an_identifier_as_that_of_a_snapshot_is() {
    let days: ArrayRef = Arc::new(Date32Array::from(vec![19_834]));
    let project = Project::new();
    let columns = [("id", texts(&[Some("c1")])), ("snapshot_id", days), ("customer_id", texts(&[Some("x")]))];
    project.deliver("contracts_contracts.parquet", parquet(&columns));
    project.normalize();
    assert_eq!(project.rows("select snapshot_id from egress.contracts_contracts"), ["2024-04-21"]);
}

#[test]
fn values_that_do_not_fit_go_to_quarantine_and_are_never_rounded() {
    let project = Project::new();
    project.add_settings("quality.quarantine = \"allow\"");
    let ids = || texts(&[Some("good"), Some("bad")]);
    for (part, totals) in [
        (1, decimals(&[100, 150], 38, 20)),
        (2, decimals(&[1, 10_i128.pow(37)], 38, 4)),
        (3, Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef),
        (4, Arc::new(Float64Array::from(vec![1.0, 1e300]))),
        (5, texts(&[Some("1"), Some("1,5")])),
    ] {
        let name = format!("invoice/dt=2024-04-01/{part}_20240401040000.parquet");
        project.deliver(&name, parquet(&[("id", ids()), ("total", totals)]));
    }
    let no_key = parquet(&[("id", texts(&[Some("good"), None]))]);
    project.deliver("invoice/dt=2024-04-01/7_20240401040000.parquet", no_key);
    project.normalize();
    let rows = project.rows("select file, row_number, column_name, reason from etl.quarantine order by file");
    let said: Vec<_> = rows.iter().map(|row| row.trim_start_matches("invoice/dt=2024-04-01/")).collect();
    assert_eq!(
        said,
        [
            "1_20240401040000.parquet,2,total,expected a decimal with at most 18 fraction digits",
            "2_20240401040000.parquet,2,total,expected a decimal with at most 20 integer digits",
            "3_20240401040000.parquet,2,total,expected a decimal",
            "4_20240401040000.parquet,2,total,expected a decimal with at most 20 integer digits",
            "5_20240401040000.parquet,2,total,\"expected a decimal with a point and not a comma, such as 12.5\"",
            "7_20240401040000.parquet,2,id,\"expected an identifier, the key\"",
        ]
    );
    assert_eq!(project.rows("select id from egress.invoice"), ["good"]);
}

#[test]
fn unknown_columns_are_kept_and_absent_ones_are_null() {
    let project = Project::new();
    let colour = texts(&[Some("red"), None]);
    let count: ArrayRef = Arc::new(Int32Array::from(vec![7, 8]));
    let updated = texts(&[None, None]);
    let columns =
        [("colour", colour), ("id", texts(&[Some("a"), Some("b")])), ("count", count), ("updated_at", updated)];
    project.deliver("Some Export - customer.parquet", parquet(&columns));
    project.normalize().says(&["`colour`", "`count`"]);
    assert_eq!(
        project.rows("select id, name is null, _extra from egress.customer order by id"),
        ["a,true,\"{\"\"colour\"\":\"\"red\"\",\"\"count\"\":\"\"7\"\"}\"", "b,true,\"{\"\"count\"\":\"\"8\"\"}\""]
    );
}

#[test]
fn a_parquet_file_that_is_cut_off_or_lacks_its_key_or_has_another_type_stops_the_run() {
    let whole = parquet(&[("id", texts(&[Some("a")])), ("total", texts(&[Some("1")]))]);
    let no_key = parquet(&[("total", texts(&[Some("1")]))]);
    let flag: ArrayRef = Arc::new(arrow::array::BooleanArray::from(vec![true]));
    let other_type = parquet(&[("id", texts(&[Some("a")])), ("total", flag)]);
    assert!(flag_is_one_row(&other_type));
    for bytes in
        [&whole[..whole.len() - 1], &whole[..whole.len() / 2], &whole[..0], b"id,total\na,1\n", &no_key, &other_type]
    {
        let project = Project::new();
        project.deliver("invoice.parquet", bytes);
        project.run(&["--stage", "normalize"]).exits(3).says(&["invoice.parquet"]);
        assert!(!project.path("lake/egress").exists());
    }
}

/// A file that is a Parquet file, so that the refusal is of the type and not of the bytes.
fn flag_is_one_row(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")
}

#[test]
fn text_and_parquet_rows_of_one_key_are_one_row() {
    let project = Project::with(&[("invoice.csv", "id,status,updated_at\ni1,FINALIZED,2024-04-01 0:00:00\n")]);
    project.normalize();
    let updated: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1_712_016_000_000]));
    let columns = [("id", texts(&[Some("i1")])), ("status", texts(&[Some("VOID")])), ("updated_at", updated)];
    project.deliver("invoice/dt=2024-04-02/1_20240402040000.parquet", parquet(&columns));
    project.normalize();
    assert_eq!(project.rows("select id, status, updated_at from egress.invoice"), ["i1,VOID,2024-04-02T00:00:00Z"]);
}

#[test]
fn bytes_that_are_no_text_go_to_quarantine_and_bytes_that_are_become_text() {
    let project = Project::new();
    let names: ArrayRef = Arc::new(BinaryArray::from(vec![b"A1 Company".as_slice(), b"\xff\xfe"]));
    project.deliver("customer.parquet", parquet(&[("id", texts(&[Some("c1"), Some("c2")])), ("name", names)]));
    project.run(&["--stage", "normalize"]).exits(3).says(&["UTF-8", "`name`", "customer.parquet"]);
    project.add_settings("quality.quarantine = \"allow\"");
    project.normalize();
    assert_eq!(project.rows("select id, name from egress.customer"), ["c1,A1 Company"]);
}
